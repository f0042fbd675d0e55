"""A ballot, its lease, its slot, the clock and the pay are one act; a repeat is the same act."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from annotation.errors import AlreadyAnswered, KeyReused
from annotation.models import Ballot, BallotNote, CurrentBallot, Lease, Skip
from annotation.ranking import FIELDS, InvalidRanking
from annotation.selectors import ballots_for_dataset
from annotation.services.leases import sweep_leases
from annotation.services.submitting import SubmitResult, skip_item, submit_ballot
from byhand.errors import Invalid, NotFound
from tests.annotation.world import World, make_open, only_item, take
from wages.models import Interval, Posting, WorkerClock
from wages.services.clock import start_work, stop

pytestmark = pytest.mark.django_db


def submit(world: World, lease: Lease, **options: Any) -> SubmitResult:
    parts = {name: options.pop(name) for name in FIELDS & options.keys()}
    values: dict[str, Any] = {
        "worker": world.worker, "lease_id": lease.pk, "key": "key-number-1",
        "at": lease.taken_at + timedelta(seconds=90),
        "answer": {"groups": [[2], [0, 3]], "unacceptable": [1]} | parts,
    }  # fmt: skip
    return submit_ballot(**{**values, **options})


def state(world: World) -> tuple[Any, ...]:
    """Return everything that a refused act must leave as it is."""
    clock = WorkerClock.objects.get(worker=world.worker)
    item = only_item(world)
    return (
        Ballot.objects.count(), Skip.objects.count(), CurrentBallot.objects.count(), Interval.objects.count(),
        Posting.objects.count(), item.ballots_count, item.live_leases, clock.since, clock.category, clock.work_id,
        list(Lease.objects.values_list("state", "ended_at")),
    )  # fmt: skip


def test_a_ballot_counts_and_its_time_is_paid_in_the_same_act() -> None:
    world = make_open()
    lease = take(world)
    result = submit(world, lease, note="  The second answer is rude. ")
    ballot = Ballot.objects.get()
    assert (result.status, result.ballot.pk) == ("counted", ballot.pk)
    assert (ballot.groups, ballot.unacceptable, ballot.surplus) == ([[2], [0, 3]], [1], False)
    assert ballot.shown_order == lease.shown_order
    assert BallotNote.objects.get().text == "The second answer is rude."
    assert (only_item(world).ballots_count, only_item(world).live_leases) == (1, 0)
    assert CurrentBallot.objects.get().ballot_id == ballot.pk
    assert Lease.objects.get().state == "submitted"
    paid = Interval.objects.get(work_kind="rank", work_id=str(lease.pk))
    assert (paid.ms, paid.earned_micro, paid.category) == (
        90_000,
        555_000,
        "task",
    )  # 1.5 min at 22.20 an hour
    assert WorkerClock.objects.get().category == "waiting"


def test_the_same_key_and_answer_replay_the_first_result() -> None:
    world = make_open()
    lease = take(world)
    first = submit(world, lease)
    before = state(world)
    again = submit(world, lease, groups=[[2], [3, 0]], at=lease.taken_at + timedelta(minutes=5))
    assert (again.status, again.ballot.pk) == ("replayed", first.ballot.pk)
    assert state(world) == before


def test_the_same_key_with_another_answer_is_refused() -> None:
    world = make_open()
    lease = take(world)
    submit(world, lease)
    before = state(world)
    with pytest.raises(KeyReused):
        submit(world, lease, groups=[[0], [2, 3]])
    assert state(world) == before


def test_another_key_for_an_answered_item_is_refused() -> None:
    world = make_open()
    lease = take(world)
    submit(world, lease)
    before = state(world)
    with pytest.raises(AlreadyAnswered):
        submit(world, lease, key="key-number-2")
    with pytest.raises(AlreadyAnswered):
        skip_item(worker=world.worker, lease_id=lease.pk, reason="other", key="key-number-3")
    assert state(world) == before


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"groups": [[2], [0]]}, InvalidRanking),
        ({"groups": []}, InvalidRanking),
        ({"groups": [[2], [0, 3], [1]]}, InvalidRanking),
        ({"key": "short"}, Invalid),
        ({"key": "key with \n break"}, Invalid),
        ({"note": "x" * 4001}, Invalid),
        ({"note": "nul \x00"}, Invalid),
    ],
)
def test_what_is_no_answer_changes_nothing(options: dict[str, Any], error: type[Invalid]) -> None:
    world = make_open()
    lease = take(world)
    before = state(world)
    with pytest.raises(error):
        submit(world, lease, **options)
    assert state(world) == before


def test_nobody_answers_for_somebody_else() -> None:
    world = make_open(annotators=2)
    lease = take(world)
    before = state(world)
    with pytest.raises(NotFound):
        submit(world, lease, worker=world.annotators[1])
    assert state(world) == before


def test_a_late_ballot_counts_while_the_item_is_not_full() -> None:
    world = make_open()
    lease = take(world)
    stop(worker=world.worker, at=lease.taken_at + timedelta(minutes=4))
    sweep_leases(at=lease.expires_at)
    result = submit(world, lease, at=lease.expires_at + timedelta(minutes=1))
    assert (result.status, only_item(world).ballots_count, only_item(world).live_leases) == ("counted", 1, 0)
    assert Interval.objects.get(work_id=str(lease.pk)).ms == 240_000


def test_a_ballot_past_the_overlap_is_surplus_and_its_time_is_paid() -> None:
    world = make_open(annotators=2)
    late, quick = world.annotators
    lease = take(world, late)
    sweep_leases(at=lease.taken_at + timedelta(hours=1))
    other = take(world, quick)
    submit_ballot(
        worker=quick,
        lease_id=other.pk,
        answer={"groups": [[0], [1], [2], [3]], "unacceptable": []},
        key="key-number-9",
    )
    result = submit(world, lease)
    assert (result.status, result.ballot.surplus) == ("surplus", True)
    assert only_item(world).ballots_count == 1
    assert CurrentBallot.objects.count() == 1
    assert Interval.objects.get(work_id=str(lease.pk)).earned_micro == 555_000
    assert [row.surplus for row in ballots_for_dataset(world.project.pk)] == [False, True]


def test_two_ballots_of_one_person_for_one_item_count_once_and_the_last_stands() -> None:
    world = make_open(overlap=2)
    first = take(world)
    stop(worker=world.worker)
    sweep_leases(at=first.expires_at)
    second = take(world)
    submit(world, first, at=second.taken_at + timedelta(seconds=5))
    result = submit(world, second, key="key-number-2", groups=[[0, 1, 2, 3]], unacceptable=[], at=None)
    assert result.status == "counted"
    assert (only_item(world).ballots_count, only_item(world).live_leases) == (1, 0)
    assert CurrentBallot.objects.get().ballot_id == result.ballot.pk
    assert [row.ballot_id for row in ballots_for_dataset(world.project.pk)] == [result.ballot.pk]


def test_a_skip_frees_the_slot_and_its_time_is_paid() -> None:
    world = make_open(annotators=2)
    lease = take(world)
    at = lease.taken_at + timedelta(seconds=90)
    skip = skip_item(worker=world.worker, lease_id=lease.pk, reason="language", key="key-number-1", at=at)
    before = state(world)
    again = skip_item(worker=world.worker, lease_id=lease.pk, reason="language", key="key-number-1")
    assert (skip.pk, skip.reason) == (again.pk, "language")
    assert state(world) == before
    assert (only_item(world).live_leases, only_item(world).ballots_count) == (0, 0)
    assert Interval.objects.get(work_id=str(lease.pk)).earned_micro == 555_000
    assert take(world, world.annotators[1]).item_id == lease.item_id


def test_a_skip_needs_a_known_reason() -> None:
    world = make_open()
    lease = take(world)
    before = state(world)
    with pytest.raises(Invalid):
        skip_item(worker=world.worker, lease_id=lease.pk, reason="boring", key="key-number-1")
    assert state(world) == before


def test_submitting_leaves_time_that_belongs_to_other_work_alone() -> None:
    world = make_open()
    lease = take(world)
    stop(worker=world.worker, at=lease.taken_at + timedelta(seconds=30))
    start_work(
        worker=world.worker, project_id=world.project.pk, tab="", at=lease.taken_at + timedelta(seconds=60)
    )
    submit(world, lease, at=lease.taken_at + timedelta(seconds=90))
    clock = WorkerClock.objects.get()
    assert (clock.category, clock.since) == ("waiting", lease.taken_at + timedelta(seconds=60))
    assert Interval.objects.get(work_id=str(lease.pk)).ms == 30_000


def test_a_dataset_row_carries_the_texts_and_the_answer() -> None:
    world = make_open(texts=["a", "b", "c", "d"])
    lease = take(world)
    submit(world, lease)
    (row,) = ballots_for_dataset(world.project.pk)
    assert (row.completions, row.groups, row.unacceptable) == (("a", "b", "c", "d"), ((2,), (0, 3)), (1,))
    assert (row.worker_id, row.lease_id, row.surplus) == (world.worker.pk, lease.pk, False)
    assert row.prompt == "Prompt number 1: what is the capital of place 1?"
