"""Freezing a project: stored under its digest, once, with every ballot's lease behind it."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, connections, transaction

from annotation.models import Item
from byhand.errors import NotAllowed
from rewardmodel.errors import NotHere, NothingToFreeze
from rewardmodel.models import DatasetBallot, PreferenceDataset
from rewardmodel.services import freeze_dataset
from tests.rewardmodel.conftest import World, make_user, make_world


def test_it_works(world: World) -> None:
    ballots = world.ranked(20)
    dataset = freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    folder = Path(settings.DATASET_ROOT) / dataset.digest
    manifest = (folder / "manifest.json").read_bytes()
    assert hashlib.sha256(manifest).hexdigest() == dataset.digest
    assert json.loads(manifest) == dataset.manifest
    rows = [
        json.loads(line)
        for split in ("train", "validation", "test")
        for line in (folder / f"{split}.jsonl").open()
    ]
    assert len(rows) == 20
    assert set(dataset.ballots.values_list("lease_id", flat=True)) == {ballot.lease_id for ballot in ballots}
    assert str(world.annotator.pk) not in {row["annotator"] for row in rows}


def test_freezing_again_is_the_same_dataset(world: World) -> None:
    world.ranked(5)
    first = freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    again = freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    assert again.pk == first.pk
    assert PreferenceDataset.objects.count() == 1
    assert DatasetBallot.objects.count() == 5


def test_one_more_ballot_is_another_dataset(world: World) -> None:
    world.ranked(5)
    first = freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    world.ballot(world.item(world.prompt("one more")), [[0], [1, 2, 3]])
    second = freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    assert second.digest != first.digest
    assert second.ballots.count() == 6


def test_surplus_is_left_out_and_counted(world: World) -> None:
    ballots = world.ranked(3)
    world.ballot(ballots[0].item, [[3], [2], [1], [0]], worker=make_user("other"), surplus=True)
    dataset = freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    assert dataset.manifest["excluded"] == {"surplus": 1}
    assert dataset.ballots.count() == 3


def test_repeats_gold_and_qualification_are_left_out_and_counted(world: World) -> None:
    ballots = world.ranked(5)
    Item.objects.filter(pk=ballots[0].item_id).update(role="gold")
    Item.objects.filter(pk=ballots[1].item_id).update(role="qualification")
    world.ballot(ballots[2].item, [[3], [2], [1], [0]], repeat=True)
    dataset = freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    assert dataset.manifest["excluded"] == {"gold": 1, "qualification": 1, "repeat": 1}
    frozen = set(dataset.ballots.values_list("ballot_id", flat=True))
    assert frozen == {ballot.pk for ballot in ballots[2:]}


def test_a_partial_order_is_frozen_as_it_was_given(world: World) -> None:
    world.ballot(world.item(world.prompt("partly")), [[2]], unranked=[3, 1], unacceptable=[0])
    dataset = freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    folder = Path(settings.DATASET_ROOT) / dataset.digest
    (row,) = [json.loads(line) for path in folder.glob("*.jsonl") for line in path.open()]
    assert (row["groups"], row["unranked"], row["unacceptable"]) == ([[2]], [1, 3], [0])
    assert dataset.manifest["format"] == 2
    assert dataset.manifest["counts"]["comparisons"] == 5


def test_nothing_to_freeze_is_refused(world: World) -> None:
    with pytest.raises(NothingToFreeze):
        freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    assert not PreferenceDataset.objects.exists()
    assert not Path(settings.DATASET_ROOT).exists()


def test_a_steward_and_a_stranger_can_t_freeze(world: World) -> None:
    world.ranked(3)
    for actor in (world.steward, world.annotator, make_world().engineer):
        with pytest.raises(NotAllowed):
            freeze_dataset(actor=actor, project_id=world.project.pk)
    assert not PreferenceDataset.objects.exists()


def test_an_unknown_project_is_refused(world: World) -> None:
    with pytest.raises(NotHere):
        freeze_dataset(actor=world.engineer, project_id=world.organisation.pk)


def test_a_dataset_of_a_simulated_project_carries_the_mark(simulated_world: World) -> None:
    simulated_world.ranked(3)
    actor, project = simulated_world.engineer, simulated_world.project
    assert freeze_dataset(actor=actor, project_id=project.pk).simulated


def test_the_database_refuses_a_dataset_without_its_projects_mark(simulated_world: World) -> None:
    with pytest.raises(IntegrityError, match="dataset_project_simulated"), transaction.atomic():
        PreferenceDataset.objects.create(
            organisation=simulated_world.organisation, project=simulated_world.project, digest="a" * 64, manifest={},
            simulated=False,
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert not PreferenceDataset.objects.exists()


def test_a_frozen_row_can_t_be_changed(world: World) -> None:
    world.ranked(3)
    dataset = freeze_dataset(actor=world.engineer, project_id=world.project.pk)
    with (
        pytest.raises(Exception, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE rewardmodel_preferencedataset SET digest = repeat('b', 64)")
    dataset.refresh_from_db()
    assert dataset.digest != "b" * 64


def test_five_freezes_at_once_are_one_dataset(own_database: str, django_db_blocker: object) -> None:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        world = make_world()
        world.ranked(5)
        found, start = [], threading.Barrier(5)

        def freeze() -> None:
            start.wait()
            found.append(freeze_dataset(actor=world.engineer, project_id=world.project.pk).pk)
            connections.close_all()

        threads = [threading.Thread(target=freeze) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 5
        assert len(set(found)) == 1
        assert DatasetBallot.objects.count() == 5
