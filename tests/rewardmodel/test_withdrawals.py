"""Withdrawn rankings leave later datasets at once, and frozen ones by a successor. Pay and the manifest stay."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connections, transaction
from django.test import Client

from annotation.errors import BallotWithdrawn
from annotation.models import Ballot, Participation, Withdrawal, WithdrawnBallot
from annotation.services import withdrawing
from annotation.services.replacing import replace_ballot
from annotation.services.withdrawing import withdraw_ballots
from byhand.accounts.models import User
from byhand.audit.models import AuditEvent
from byhand.errors import NotFound
from byhand.jobs.models import Job
from rewardmodel import selectors, splits
from rewardmodel.errors import NothingToFreeze, StageFailed
from rewardmodel.manifests import verified_dataset
from rewardmodel.models import DatasetRetirement, PreferenceDataset
from rewardmodel.services import datasets as datasets_service
from rewardmodel.services import freeze_dataset
from rewardmodel.services.withdrawals import follow_withdrawals
from tests.rewardmodel.conftest import World, make_user, make_world
from wages.models import Interval, Posting


def two_people(world: World) -> User:
    """Twelve rankings of the annotator, and one of each of the same items by somebody else."""
    for ballot in world.ranked(12):
        world.ballot(ballot.item, [[3], [2], [1], [0]], worker=other(world))
    return other(world)


def other(world: World) -> User:
    found = User.objects.filter(email__startswith="withdrawer").first()
    if found is not None:
        return found
    user = make_user("withdrawer")
    Participation.objects.get_or_create(
        project=world.project, user=user, simulated=world.project.simulated,
        defaults={"pseudonym": "p", "joined_at": world.project.created_at},
    )  # fmt: skip
    return user


def folder(dataset: PreferenceDataset) -> Path:
    return Path(settings.DATASET_ROOT) / dataset.digest


def test_later_datasets_have_none_of_it_and_count_it(world: World) -> None:
    worker = two_people(world)
    assert withdraw_ballots(worker=worker, project_id=world.project.pk) == 12
    dataset = freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    assert dataset.manifest["counts"]["rankings"] == 12
    assert dataset.manifest["excluded"] == {"withdrawn": 12}
    assert not dataset.ballots.filter(ballot__worker=worker).exists()


def test_a_frozen_dataset_gets_a_successor_and_loses_its_files_but_not_its_manifest(world: World) -> None:
    worker = two_people(world)
    old = freeze_dataset(actor=world.engineer, project_id=world.project.pk, seed=7)
    money = (Interval.objects.count(), Posting.objects.count())
    withdraw_ballots(worker=worker, project_id=world.project.pk)
    assert follow_withdrawals(world.project.pk) == {"retired": 1}
    successor = DatasetRetirement.objects.get(dataset=old).successor
    assert successor is not None
    assert successor.manifest["seed"] == 7
    assert successor.manifest["excluded"] == {"withdrawn": 12}
    assert successor.ballots.count() == 12
    assert not successor.ballots.filter(ballot__worker=worker).exists()
    assert [path.name for path in folder(old).iterdir()] == ["manifest.json"]
    assert json.loads((folder(old) / "manifest.json").read_bytes()) == old.manifest
    assert verified_dataset(successor) == folder(successor)
    with pytest.raises(StageFailed, match="use its successor"):
        verified_dataset(old)
    assert money == (Interval.objects.count(), Posting.objects.count())
    assert selectors.find_dataset(world.organisation, world.project.slug) == successor

    assert follow_withdrawals(world.project.pk) == {"retired": 0}
    assert PreferenceDataset.objects.count() == 2


def test_one_ranking_alone_and_then_the_rest(world: World) -> None:
    worker = two_people(world)
    old = freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    lease = Ballot.objects.filter(worker=worker).first().lease_id  # type: ignore[union-attr]
    assert withdraw_ballots(worker=worker, project_id=world.project.pk, lease_id=lease) == 1
    assert withdraw_ballots(worker=worker, project_id=world.project.pk, lease_id=lease) == 0
    follow_withdrawals(world.project.pk)
    first = DatasetRetirement.objects.get(dataset=old).successor
    assert first is not None
    assert first.ballots.count() == 23
    assert withdraw_ballots(worker=worker, project_id=world.project.pk) == 11
    follow_withdrawals(world.project.pk)
    second = DatasetRetirement.objects.get(dataset=first).successor
    assert second is not None
    assert second.ballots.count() == 12
    assert second.manifest["excluded"] == {"withdrawn": 12}
    assert [(row.rankings, row.retired) for row in selectors.withdrawn_of([old, first, second])] == [
        (12, True),
        (11, True),
    ]


def test_where_nothing_is_left_there_is_no_successor(world: World) -> None:
    world.ranked(3)
    Participation.objects.get_or_create(
        project=world.project, user=world.annotator, simulated=world.project.simulated,
        defaults={"pseudonym": "q", "joined_at": world.project.created_at},
    )  # fmt: skip
    old = freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    withdraw_ballots(worker=world.annotator, project_id=world.project.pk)
    follow_withdrawals(world.project.pk)
    assert DatasetRetirement.objects.get(dataset=old).successor is None
    with pytest.raises(NothingToFreeze):
        freeze_dataset(actor=world.engineer, project_id=world.project.pk)


def test_somebody_elses_rankings_are_not_mine_to_withdraw(world: World) -> None:
    worker = two_people(world)
    theirs = Ballot.objects.exclude(worker=worker).first()
    assert theirs is not None
    with pytest.raises(NotFound):
        withdraw_ballots(worker=worker, project_id=world.project.pk, lease_id=theirs.lease_id)
    with pytest.raises(NotFound):
        withdraw_ballots(worker=make_user("stranger"), project_id=world.project.pk)
    assert (Withdrawal.objects.count(), WithdrawnBallot.objects.count()) == (0, 0)
    assert Job.objects.count() == 0


def test_engineers_see_how_many_and_never_who(world: World) -> None:
    worker = two_people(world)
    old = freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    withdraw_ballots(worker=worker, project_id=world.project.pk)
    job = Job.objects.get(kind=withdrawing.JOB)
    assert (job.organisation_id, job.created_by_id) == (None, None)
    follow_withdrawals(world.project.pk)
    client = Client()
    client.force_login(world.engineer)
    page = client.get(f"/datasets/{old.pk}/").content.decode()
    assert "12 rankings of" in page
    assert "weights have learned is not taken out" in page
    assert worker.email not in page
    assert client.get(f"/jobs/{job.pk}/").status_code == 404
    retired = AuditEvent.objects.get(action="dataset.retire")
    assert retired.actor_id is None


def test_a_withdrawal_is_never_changed_or_undone(world: World) -> None:
    worker = two_people(world)
    withdraw_ballots(worker=worker, project_id=world.project.pk)
    for change in (
        lambda: WithdrawnBallot.objects.all().delete(),
        lambda: Withdrawal.objects.update(whole_project=False),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert WithdrawnBallot.objects.count() == 12


def test_a_withdrawn_ranking_is_not_replaced(world: World) -> None:
    worker = two_people(world)
    ballot = Ballot.objects.filter(worker=worker).first()
    assert ballot is not None
    withdraw_ballots(worker=worker, project_id=world.project.pk)
    with pytest.raises((BallotWithdrawn, NotFound)):
        replace_ballot(
            worker=worker, lease_id=ballot.lease_id, key="another key",
            answer={"groups": [[0], [1], [2], [3]], "unacceptable": []},
        )  # fmt: skip
    assert Ballot.objects.filter(worker=worker).count() == 12


def test_a_withdrawal_in_the_middle_of_a_freeze_is_out_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The freeze has read its ballots; before it writes its row, one person takes theirs back."""
    worker = two_people(world)
    frozen_in_vain: list[splits.Frozen] = []
    whole = datasets_service._record

    def overtaken(*args: object) -> object:
        if not frozen_in_vain:
            frozen_in_vain.append(args[2])  # type: ignore[arg-type]
            withdraw_ballots(worker=worker, project_id=world.project.pk)
        return whole(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(datasets_service, "_record", overtaken)
    dataset = freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    assert len(frozen_in_vain[0].placed) == 24
    assert dataset.ballots.count() == 12
    assert not (Path(settings.DATASET_ROOT) / frozen_in_vain[0].digest).exists()
    assert PreferenceDataset.objects.count() == 1


def test_freezes_and_withdrawals_at_once_leave_no_dataset_with_a_withdrawn_ranking(own_database: str) -> None:
    world = make_world()
    worker = two_people(world)
    start = threading.Barrier(3)

    def run(act: object) -> None:
        start.wait()
        try:
            act()  # type: ignore[operator]
        finally:
            connections.close_all()

    acts = [
        lambda: freeze_dataset(actor=world.engineer, project_id=world.project.pk, seed=1),
        lambda: freeze_dataset(actor=world.engineer, project_id=world.project.pk, seed=2),
        lambda: withdraw_ballots(worker=worker, project_id=world.project.pk),
    ]
    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    follow_withdrawals(world.project.pk)
    for dataset in PreferenceDataset.objects.filter(retirement=None):
        assert not dataset.ballots.filter(ballot__withdrawn__isnull=False).exists()
    assert PreferenceDataset.objects.filter(retirement=None).count() >= 2
