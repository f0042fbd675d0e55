"""Reviewers' decisions and the quality file in frozen datasets, and the work behind them in labor reports."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from annotation.models import Adjudication, AnnotatorQuality, Ballot, Participation, QualitySnapshot, Review
from byhand.errors import Invalid
from rewardmodel.models import ModelVersion, PreferenceDataset
from rewardmodel.services import freeze_dataset, report_subject
from rewardmodel.services.registry import register_model
from tests.rewardmodel.conftest import World, make_user

ORDER = [[0], [1], [2], [3]]


@pytest.fixture
def reviewer(world: World) -> Any:
    user = make_user("reviewer")
    Participation.objects.create(
        project=world.project, user=user, simulated=False, pseudonym="reviewer", joined_at=timezone.now()
    )
    return user


def decide(
    world: World, reviewer: Any, ballots: list[Ballot], groups: list[list[int]] | None, **fields: Any
) -> Review:
    """Let a reviewer decide the item of these ballots."""
    now, ids = timezone.now(), [str(ballot.pk) for ballot in ballots]
    review = Review.objects.create(
        project=world.project, item=ballots[0].item, reviewer=reviewer, shown_ballots=ids, state="decided",
        taken_at=now, expires_at=now, ended_at=now,
    )  # fmt: skip
    answer = None if groups is None else {"groups": groups, "unranked": [], "unacceptable": []}
    Adjudication.objects.create(
        item=ballots[0].item, review=review, reviewer=reviewer, answer=answer, ballots=ids, key=uuid.uuid4().hex,
        decision="ranking" if groups else "unrankable", decision_hash="0" * 64, created_at=now, **fields,
    )  # fmt: skip
    return review


def freeze(world: World, **options: Any) -> PreferenceDataset:
    return freeze_dataset(actor=world.engineer, project_id=world.project.pk, **options)


def rows(dataset: PreferenceDataset) -> list[dict[str, Any]]:
    folder = Path(settings.DATASET_ROOT) / dataset.digest
    names = ("train.jsonl", "validation.jsonl", "test.jsonl")
    return [json.loads(line) for name in names for line in (folder / name).open()]


def twice(world: World) -> list[Ballot]:
    """Return two ballots on one item, beside three items with one each."""
    first, *_rest = world.ranked(4)
    other = world.ballot(first.item, [[3], [2], [1], [0]], worker=make_user("second"))
    return [first, other]


def test_by_default_a_decision_accompanies_the_rankings_and_is_counted(world: World, reviewer: Any) -> None:
    decide(world, reviewer, twice(world), [[2], [0, 1, 3]])
    dataset = freeze(world)
    assert len(rows(dataset)) == 5
    assert all("adjudication" not in row for row in rows(dataset))
    assert dataset.manifest["adjudication"] == {"option": "accompany", "decided_items": 1}
    assert dataset.manifest["excluded"] == {}


def test_replace_puts_one_marked_row_in_place_of_the_rankings(world: World, reviewer: Any) -> None:
    ballots = twice(world)
    decide(world, reviewer, ballots, [[2], [0, 1, 3]])
    dataset = freeze(world, adjudication="replace")
    (row,) = [row for row in rows(dataset) if "adjudication" in row]
    assert (row["adjudication"], row["groups"]) == ("ranking", [[2], [0, 1, 3]])
    assert [r for r in rows(dataset) if r["prompt_id"] == row["prompt_id"]] == [row]
    assert dataset.manifest["excluded"] == {"adjudicated": 2}
    assert dataset.manifest["counts"]["rankings"] == 4
    assert dataset.manifest["adjudication"] == {"option": "replace", "decided_items": 1}
    assert {ballot.pk for ballot in ballots} <= set(dataset.ballots.values_list("ballot_id", flat=True))


@pytest.mark.parametrize("adjudication", ["accompany", "replace"])
def test_an_item_that_is_not_rankable_is_left_out_and_counted(
    world: World, reviewer: Any, adjudication: str
) -> None:
    ballots = twice(world)
    decide(world, reviewer, ballots, None)
    dataset = freeze(world, adjudication=adjudication)
    assert dataset.manifest["excluded"] == {"not_rankable": 2}
    assert dataset.ballots.count() == len(rows(dataset)) == 3
    assert dataset.manifest["adjudication"]["decided_items"] == 0


def test_a_ranking_that_came_after_the_decision_stays(world: World, reviewer: Any) -> None:
    ballots = twice(world)
    decide(world, reviewer, ballots[:1], [[2], [0, 1, 3]])
    dataset = freeze(world, adjudication="replace")
    assert dataset.manifest["excluded"] == {"adjudicated": 1}
    assert len(rows(dataset)) == 5


def test_a_decision_that_prefers_nothing_makes_no_row(world: World, reviewer: Any) -> None:
    decide(world, reviewer, twice(world), [[0, 1, 2, 3]])
    dataset = freeze(world, adjudication="replace")
    assert dataset.manifest["excluded"] == {"adjudicated": 2, "decision_without_preference": 1}
    assert dataset.ballots.count() == len(rows(dataset)) == 3


def test_another_word_than_the_two_is_refused_and_nothing_frozen(world: World) -> None:
    world.ranked(2)
    with pytest.raises(Invalid):
        freeze(world, adjudication="leave_out")
    assert not PreferenceDataset.objects.exists()


def model_of(world: World, dataset: PreferenceDataset, folder: Path) -> ModelVersion:
    return register_model(
        actor=world.engineer, organisation=world.organisation, folder=folder, name="m", kind="reward", dataset=dataset
    )  # fmt: skip


@pytest.mark.parametrize("adjudication", ["accompany", "replace"])
def test_the_review_and_the_rankings_it_decided_are_work_behind_the_dataset(
    world: World, reviewer: Any, folder: Path, adjudication: str
) -> None:
    ballots = twice(world)
    review = decide(world, reviewer, ballots, [[2], [0, 1, 3]])
    dataset = freeze(world, adjudication=adjudication)
    subject = report_subject(model_of(world, dataset, folder))
    assert f"review:{review.pk}" in subject.direct_work
    assert {f"rank:{ballot.lease_id}" for ballot in Ballot.objects.all()} < subject.direct_work
    assert len(subject.direct_work) == 6
    assert subject.counts["rankings"] == 5
    assert subject.counts["decisions of reviewers"] == 1


def test_reviews_of_left_out_items_and_of_later_days_are_not_direct_work(
    world: World, reviewer: Any, folder: Path
) -> None:
    ballots = twice(world)
    decide(world, reviewer, ballots, None)
    dataset = freeze(world)
    later = dataset.ballots.first()
    assert later is not None
    decide(world, reviewer, [later.ballot], ORDER)
    subject = report_subject(model_of(world, dataset, folder))
    assert not {work for work in subject.direct_work if work.startswith("review:")}


def figures(world: World) -> QualitySnapshot:
    snapshot = QualitySnapshot.objects.create(
        project=world.project, job_id=uuid.uuid4(), method="quality/1", as_of=timezone.now(), items=4, ballots=5,
        figures={}, created_at=timezone.now() - timedelta(minutes=1),
    )  # fmt: skip
    people = Participation.objects.filter(project=world.project).order_by("user")
    for number, part in enumerate(people):
        AnnotatorQuality.objects.create(
            snapshot=snapshot, pseudonym=part.pseudonym, ballots=4, weight=number / 10, low=-0.5, high=0.9
        )
    return snapshot


def test_the_quality_file_stands_beside_the_rows_under_their_names_alone(world: World, reviewer: Any) -> None:
    twice(world)
    figures(world)
    dataset = freeze(world)
    data = (Path(settings.DATASET_ROOT) / dataset.digest / "quality.json").read_bytes()
    entry = dataset.manifest["files"]["quality.json"]
    assert entry == {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    body = json.loads(data)
    assert (body["method"], body["note"][:11], body["ballots"]) == ("quality/1", "Advice only", 5)
    assert [row["annotator"] for row in body["annotators"]] == sorted(
        {row["annotator"] for row in rows(dataset)}
    )
    assert set(body["annotators"][0]) == {"annotator", "weight", "low", "high"}
    pseudonyms = Participation.objects.values_list("pseudonym", flat=True)
    assert not [name for name in pseudonyms if name.encode() in data]
    assert freeze(world).pk == dataset.pk


def test_without_figures_there_is_no_quality_file(world: World) -> None:
    world.ranked(3)
    dataset = freeze(world)
    assert set(dataset.manifest["files"]) == {"train.jsonl", "validation.jsonl", "test.jsonl"}
    assert not (Path(settings.DATASET_ROOT) / dataset.digest / "quality.json").exists()
