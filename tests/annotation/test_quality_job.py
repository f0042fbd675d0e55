"""The job that measures a project: what it stores, that it is stored once, and that nothing else moves."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from annotation.models import AnnotatorQuality, Ballot, Item, ItemQuality, Lease, QualitySnapshot
from annotation.quality.project import METHOD
from annotation.selectors import rated
from annotation.selectors.quality import item_qualities, newest_snapshot, running_job, weights_of
from annotation.services.quality import compute_quality, refresh_quality, request_quality
from byhand.errors import NotAllowed
from byhand.jobs import services as jobs
from byhand.jobs.errors import Cancelled, Fenced
from byhand.jobs.models import Job
from byhand.jobs.worker import JobContext
from tests.annotation.rankings import disagreeing, groups, measure, order, rank_all
from tests.annotation.world import World, make_open, person

pytestmark = pytest.mark.django_db
LATER = timezone.now() + timedelta(days=1)


@pytest.fixture
def world() -> World:
    return make_open(k=4, overlap=2, items=6, annotators=2)


def agree(world: World) -> None:
    rank_all(world, lambda lease, worker: order(0, 1, 2, 3))


def test_it_works(world: World) -> None:
    agree(world)
    job = measure(world)
    snapshot = QualitySnapshot.objects.get()
    assert job.result == {"snapshot": str(snapshot.pk), "items": 6, "ballots": 12}
    assert (snapshot.method, snapshot.items, snapshot.ballots) == (METHOD, 6, 12)
    assert snapshot.figures["agreement"]["tau_b"] == {"value": 1.0, "low": None, "high": None, "n": 6}
    assert snapshot.figures["agreement"]["alpha_ordinal"]["value"] == 1.0
    assert snapshot.figures["counts"] == {
        "items": 6, "items_compared": 6, "ballots": 12, "people": 2, "cycles": 0
    }  # fmt: skip


def test_every_item_has_its_figures_and_agreeing_ones_wait_for_nobody(world: World) -> None:
    agree(world)
    measure(world)
    rows = list(
        ItemQuality.objects.values_list("ballots", "tau", "entropy", "cycle", "needs_review", "reasons")
    )
    assert rows == [(2, 1.0, 0.0, False, False, [])] * 6


def test_items_on_which_people_disagree_are_to_be_reviewed_with_the_reason(world: World) -> None:
    disagreeing(world)
    measure(world)
    rows = list(item_qualities(world.project).values_list("tau", "needs_review", "reasons"))
    assert rows == [(-1.0, True, ["low_agreement"])] * 6
    assert QualitySnapshot.objects.get().figures["review"] == {"items": 6, "reasons": {"low_agreement": 6}}


def test_ballots_after_the_moment_are_not_in_the_figures(world: World) -> None:
    agree(world)
    job = request_quality(actor=world.engineer, project=world.project)
    jobs.claim(job_id=job.pk, worker="test")
    compute_quality(JobContext(Job.objects.get(pk=job.pk)), as_of=timezone.now() - timedelta(hours=1))
    assert QualitySnapshot.objects.get().ballots == 0
    assert ItemQuality.objects.count() == 0


def test_a_project_without_ballots_has_figures_that_say_nothing(world: World) -> None:
    measure(world)
    figures = QualitySnapshot.objects.get().figures
    assert figures["agreement"]["tau_b"] == {"value": None, "low": None, "high": None, "n": 0}
    assert figures["reliability"] is None
    assert figures["bias"]["position"]["trend"]["p"] is None


def test_asking_twice_is_one_job(world: World) -> None:
    first = request_quality(actor=world.engineer, project=world.project)
    again = request_quality(actor=world.engineer, project=world.project)
    assert (again.pk, Job.objects.count()) == (first.pk, 1)
    assert running_job(world.project) == first


def test_only_an_engineer_of_the_organisation_may_ask(world: World) -> None:
    for stranger in (world.worker, world.steward, person("stranger")):
        with pytest.raises(NotAllowed):
            request_quality(actor=stranger, project=world.project)
    assert Job.objects.count() == 0


def test_a_second_attempt_of_the_same_job_returns_the_first_snapshot(world: World) -> None:
    agree(world)
    job = request_quality(actor=world.engineer, project=world.project)
    jobs.claim(job_id=job.pk, worker="test")
    context = JobContext(Job.objects.get(pk=job.pk))
    assert compute_quality(context, as_of=LATER) == compute_quality(context)
    assert (QualitySnapshot.objects.count(), AnnotatorQuality.objects.count()) == (1, 2)


def test_a_worker_that_lost_its_job_writes_nothing(world: World) -> None:
    agree(world)
    job = request_quality(actor=world.engineer, project=world.project)
    jobs.claim(job_id=job.pk, worker="test")
    context = JobContext(Job.objects.get(pk=job.pk))
    context.fence -= 1
    with pytest.raises(Fenced):
        compute_quality(context, as_of=LATER)
    assert (ItemQuality.objects.count(), QualitySnapshot.objects.count()) == (0, 0)


def test_a_cancelled_job_stops_between_pages_and_stores_no_snapshot(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    agree(world)
    monkeypatch.setattr(rated, "PAGE", 2)
    job = request_quality(actor=world.engineer, project=world.project)
    jobs.claim(job_id=job.pk, worker="test")
    context = JobContext(Job.objects.get(pk=job.pk))
    pages = rated.rated_items

    def cancel_after_one(*args: Any) -> Any:
        for page in pages(*args):
            yield page
            context._cancelled.set()

    monkeypatch.setattr("annotation.services.quality.rated_items", cancel_after_one)
    with pytest.raises(Cancelled):
        compute_quality(context, as_of=LATER)
    assert (ItemQuality.objects.count(), QualitySnapshot.objects.count()) == (2, 0)


def test_pages_change_no_figure(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    disagreeing(world)
    measure(world)
    monkeypatch.setattr(rated, "PAGE", 1)
    measure(world)
    first, second = QualitySnapshot.objects.order_by("as_of")
    assert first.figures == second.figures


def test_a_page_takes_two_statements_however_many_ballots_it_has(world: World) -> None:
    agree(world)
    with CaptureQueriesContext(connection) as queries:
        pages = list(rated.rated_items(world.project.pk, LATER))
    assert [len(page) for page in pages] == [6]
    assert len(queries) == 3  # the last one finds no more items


def test_a_snapshot_never_changes(world: World) -> None:
    measure(world)
    for statement in (
        "UPDATE annotation_qualitysnapshot SET items = 1",
        "DELETE FROM annotation_qualitysnapshot",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert QualitySnapshot.objects.count() == 1


def test_weights_are_under_pseudonyms_and_lead_to_no_user(world: World) -> None:
    agree(world)
    measure(world)
    snapshot = newest_snapshot(world.project)
    assert snapshot is not None
    rows = list(weights_of(snapshot.pk))
    names = set(world.project.participations.values_list("pseudonym", flat=True))
    assert {row["pseudonym"] for row in rows} == names
    assert [(row["ballots"], row["weight"]) for row in rows] == [(6, 1.0), (6, 1.0)]
    assert [field.name for field in AnnotatorQuality._meta.get_fields() if field.is_relation] == ["snapshot"]


def test_figures_over_people_need_five_of_them(world: World) -> None:
    agree(world)
    measure(world)
    figures = QualitySnapshot.objects.get().figures
    assert (figures["reliability"], figures["plausibility"], figures["bias"]["speed"]) == (None, None, None)


def test_five_people_are_a_distribution() -> None:
    world = make_open(k=3, overlap=5, items=6, annotators=5)
    rank_all(world, lambda lease, worker: order(0, 1, 2))
    measure(world)
    figures = QualitySnapshot.objects.get().figures
    assert figures["reliability"]["people"] == 5
    assert sum(bin_["count"] for bin_ in figures["reliability"]["histogram"]) == 5
    assert figures["plausibility"]["people"] == 5
    assert figures["bias"]["speed"]["bands"][3] == {"from": 60, "to": 120, "ballots": 30, "agreement": 1.0}


def test_the_beat_asks_where_there_is_something_new_and_only_there(world: World) -> None:
    assert refresh_quality() == 0
    agree(world)
    assert refresh_quality() == 1
    measure(world)
    assert refresh_quality() == 0


def test_repeats_are_compared_with_the_first_answer(world: World) -> None:
    """The row of a hidden repeat, as the assignment writes it."""
    agree(world)
    item, worker = Item.objects.order_by("pk")[0], world.worker
    first = Ballot.objects.get(item=item, worker=worker)
    _repeat(world, first, [[3], [2], [1], [0]])
    measure(world)
    figures = QualitySnapshot.objects.get().figures
    assert figures["self"]["tau_b"]["value"] == -1.0
    assert figures["self"]["same"]["value"] == 0.0
    assert figures["self"]["ballots"] == 1
    assert figures["counts"]["ballots"] == 12


def _repeat(world: World, first: Ballot, answer: list[list[int]]) -> None:
    lease = Lease.objects.create(
        project=world.project, item=first.item, worker=first.worker, shown_order=[0, 1, 2, 3], repeat=True,
        state="submitted", taken_at=first.created_at, expires_at=first.created_at, ended_at=first.created_at,
    )  # fmt: skip
    Ballot.objects.create(
        lease=lease, item=first.item, worker=first.worker, groups=answer, unacceptable=[],
        shown_order=[0, 1, 2, 3], key=uuid.uuid4().hex, answer_hash="0" * 64, created_at=first.created_at,
    )  # fmt: skip


def test_ties_and_unacceptables_are_measured(world: World) -> None:
    rank_all(world, lambda lease, worker: groups([0, 1], [2], unacceptable=[3]))
    measure(world)
    figures = QualitySnapshot.objects.get().figures
    assert figures["agreement"]["tau_b"]["value"] == 1.0
    assert figures["bias"]["position"]["earlier_higher"]["n"] == 12 * 5
