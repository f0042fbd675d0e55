"""Duplicates are counted from the rows, and one that got in would be seen."""

from __future__ import annotations

import uuid

import pytest
from django.utils import timezone

from annotation.models import Ballot, Lease
from annotation.services.submitting import submit_ballot
from byhand.accounts.models import User
from byhand.bench.harness import Benchmark, measure
from byhand.bench.world import ballots, duplicates
from tests.annotation.world import World, make_open, take

pytestmark = pytest.mark.django_db
ALL = [[0], [1], [2], [3]]
ANSWER = {"groups": ALL, "unacceptable": []}


@pytest.fixture
def world() -> World:
    made = make_open(items=2, annotators=2)
    for n in range(2):
        lease = take(made)
        submit_ballot(worker=made.worker, lease_id=lease.pk, answer=ANSWER, key=f"key-number-{n}")
    return made


def _slip_in(world: World, worker: User, *, surplus: bool = False) -> None:
    """Write a ballot past the services, as a broken one would."""
    first, now = Ballot.objects.order_by("created_at").first(), timezone.now()
    assert first is not None
    lease = Lease.objects.create(
        project=world.project, item_id=first.item_id, worker=worker, shown_order=first.shown_order,
        state="submitted", taken_at=now, expires_at=now, ended_at=now,
    )  # fmt: skip
    Ballot.objects.create(
        lease=lease, item_id=first.item_id, worker=worker, groups=ALL, unacceptable=[], key=uuid.uuid4().hex,
        shown_order=first.shown_order, answer_hash=first.answer_hash, surplus=surplus, created_at=now,
    )  # fmt: skip


def test_ballots_that_the_services_took_are_no_duplicates(world: World) -> None:
    assert (ballots(world.project.pk), duplicates(world.project.pk)) == (2, 0)


def test_a_second_ballot_of_one_person_for_one_item_is_seen(world: World) -> None:
    _slip_in(world, world.worker, surplus=True)
    assert (ballots(world.project.pk), duplicates(world.project.pk)) == (3, 1)


def test_a_counted_ballot_beyond_the_overlap_is_seen(world: World) -> None:
    _slip_in(world, world.annotators[1])
    assert (ballots(world.project.pk), duplicates(world.project.pk)) == (3, 1)


def test_a_surplus_ballot_of_another_person_is_no_duplicate(world: World) -> None:
    _slip_in(world, world.annotators[1], surplus=True)
    assert (ballots(world.project.pk), duplicates(world.project.pk)) == (3, 0)


def test_one_duplicate_in_one_repeat_is_not_lost_in_the_median() -> None:
    def run(repeat: int) -> dict[str, int]:
        return {"duplicates": int(repeat == 1), "ms": repeat}

    named = measure(Benchmark("x", "about", run, worst=frozenset({"duplicates"})), repeats=3)
    assert (named["duplicates"], named["ms"]) == (1, 1)
    assert measure(Benchmark("x", "about", run), repeats=3)["duplicates"] == 0
