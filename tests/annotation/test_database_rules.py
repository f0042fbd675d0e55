"""What the database refuses by itself, whatever the code above it does."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from annotation.models import (
    Acceptance,
    Ballot,
    Completion,
    Document,
    Item,
    Lease,
    Participation,
    Project,
    PromptImport,
    Skip,
)
from annotation.services.submitting import skip_item, submit_ballot
from tests.annotation.world import World, make_draft, make_open, only_item, person, take

pytestmark = pytest.mark.django_db


@pytest.fixture
def worked(db: None) -> World:
    world = make_open(items=2)
    lease = take(world)
    answer = {"groups": [[0], [1], [2], [3]], "unacceptable": []}
    submit_ballot(worker=world.worker, lease_id=lease.pk, answer=answer, key="key-one-1")
    second = take(world)
    skip_item(worker=world.worker, lease_id=second.pk, reason="other", key="key-two-2")
    return world


@pytest.mark.parametrize("model", [Document, Acceptance, PromptImport, Completion, Ballot, Skip])
def test_records_of_what_happened_cant_be_changed_or_deleted(worked: World, model: Any) -> None:
    table, before = model._meta.db_table, list(model.objects.values())
    assert before
    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):  # noqa: S608
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert list(model.objects.values()) == before


def test_an_item_never_counts_more_ballots_than_its_overlap(worked: World) -> None:
    with pytest.raises(IntegrityError, match="item_overlap_holds"), transaction.atomic():
        Item.objects.update(ballots_count=2)


def test_one_person_holds_an_item_once(worked: World) -> None:
    world = worked
    lease = Lease.objects.first()
    assert lease is not None
    values = {
        "project": world.project, "item_id": lease.item_id, "worker": world.worker, "shown_order": [0, 1, 2, 3],
        "taken_at": timezone.now(), "expires_at": timezone.now(),
    }  # fmt: skip
    Lease.objects.create(**values)
    with pytest.raises(IntegrityError, match="lease_live_once"), transaction.atomic():
        Lease.objects.create(**values)


@pytest.mark.parametrize(
    ("groups", "unacceptable"),
    [
        ([[0], [1], [2]], []),
        ([[0], [1], [2], [3]], [3]),
        ([[0, 1, 2, 3], []], []),
        ([[0], [1], [2], [4]], []),
        ([], []),
    ],
)
def test_a_ballot_that_is_no_ranking_is_refused(worked: World, groups: Any, unacceptable: Any) -> None:
    ballot = Ballot.objects.get()
    lease = Lease.objects.exclude(pk=ballot.lease_id).get()
    with pytest.raises(IntegrityError, match="ballot_names_each_completion_once"), transaction.atomic():
        Ballot.objects.create(
            lease=lease, item_id=lease.item_id, worker=worked.worker, groups=groups, unacceptable=unacceptable,
            shown_order=[0, 1, 2, 3], key="key-three-3", answer_hash="0" * 64, created_at=timezone.now(),
        )  # fmt: skip


def test_a_key_is_used_once_by_a_person(worked: World) -> None:
    ballot = Ballot.objects.get()
    lease = Lease.objects.exclude(pk=ballot.lease_id).get()
    with pytest.raises(IntegrityError, match="ballot_key_once"), transaction.atomic():
        Ballot.objects.create(
            lease=lease, item_id=lease.item_id, worker=worked.worker, groups=[[0, 1, 2, 3]], unacceptable=[],
            shown_order=[0, 1, 2, 3], key=ballot.key, answer_hash="0" * 64, created_at=timezone.now(),
        )  # fmt: skip


@pytest.mark.parametrize("field", ["simulated", "k"])
def test_simulated_and_k_of_a_project_never_change(field: str) -> None:
    project = make_draft().project
    with pytest.raises(DatabaseError, match="never change"), transaction.atomic():
        Project.objects.filter(pk=project.pk).update(**{field: 3 if field == "k" else False})


@pytest.mark.parametrize(("claimed", "real"), [(True, True), (False, True), (False, False), (True, False)])
def test_real_and_simulated_people_never_share_a_project(claimed: bool, real: bool) -> None:
    """`real` person in a simulated project or the reverse, whichever mark the row claims."""
    project = make_draft(simulated=real).project
    user = person("stranger", simulated=not real)
    with pytest.raises(IntegrityError, match="simulated"), transaction.atomic():
        Participation.objects.create(
            project=project, user=user, simulated=claimed, pseudonym="p", joined_at=timezone.now()
        )
    assert Participation.objects.count() == 0


def test_only_participants_hold_leases() -> None:
    world = make_open()
    with pytest.raises(IntegrityError, match="lease_of_participant"), transaction.atomic():
        Lease.objects.create(
            id=uuid.uuid4(), project=world.project, item=only_item(world), worker=world.engineer,
            shown_order=[0, 1, 2, 3], taken_at=timezone.now(), expires_at=timezone.now(),
        )  # fmt: skip
    assert Lease.objects.count() == 0


@pytest.mark.parametrize("k", [1, 10])
def test_a_ranking_has_two_to_nine_completions(k: int) -> None:
    world = make_draft()
    with pytest.raises(IntegrityError, match="project_k_2_to_9"), transaction.atomic():
        Project.objects.create(
            organisation=world.organisation,
            title="x",
            slug="x",
            simulated=True,
            k=k,
            overlap=1,
            created_by=world.engineer,
        )
