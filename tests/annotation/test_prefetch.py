"""One item in advance: it costs nothing until a page shows it, and the clock moves straight to it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from annotation.errors import ClockStopped, LeaseEnded
from annotation.models import Item, Lease, LeaseState
from annotation.services.leases import sweep_leases
from annotation.services.submitting import submit_ballot
from annotation.services.taking import reserve_next, show_item, take_next
from byhand.errors import NotFound
from tests.annotation.world import World, make_open, take
from wages.models import Interval, WorkerClock
from wages.services.clock import stop

pytestmark = pytest.mark.django_db
ANSWER = {"groups": [[0], [1], [2], [3]]}


def reserve(world: World) -> Lease:
    lease = reserve_next(worker=world.worker, project=world.project)
    assert lease is not None
    return lease


def test_a_reserved_item_is_another_one_and_starts_nothing() -> None:
    world = make_open(items=3)
    shown = take(world)
    before = WorkerClock.objects.values().get()
    ahead = reserve(world)
    assert ahead.item_id != shown.item_id
    assert WorkerClock.objects.values().get() == before
    assert Interval.objects.filter(work_id=str(ahead.pk)).count() == 0
    assert Item.objects.get(pk=ahead.item_id).live_leases == 1


def test_reserving_again_returns_the_same_item() -> None:
    world = make_open(items=4)
    take(world)
    assert reserve(world).pk == reserve(world).pk
    assert Lease.objects.count() == 2


def test_the_item_on_screen_stays_the_one_in_hand() -> None:
    world = make_open(items=3)
    shown = take(world)
    reserve(world)
    again = take_next(worker=world.worker, project=world.project)
    assert again is not None and again.pk == shown.pk


def test_a_submit_moves_the_clock_straight_to_what_the_page_shows_now() -> None:
    world = make_open(items=3)
    shown = take(world)
    ahead = reserve(world)
    at = shown.taken_at + timedelta(seconds=90)
    submit_ballot(
        worker=world.worker, lease_id=shown.pk, answer=ANSWER, key="key-number-1", showing=ahead.pk, at=at
    )
    clock = WorkerClock.objects.get()
    assert (clock.category, clock.work_id, clock.since) == ("task", str(ahead.pk), at)
    submit_ballot(
        worker=world.worker,
        lease_id=ahead.pk,
        answer=ANSWER,
        key="key-number-2",
        at=at + timedelta(seconds=30),
    )
    assert Interval.objects.get(work_id=str(ahead.pk)).ms == 30_000


def test_what_is_not_in_ones_hands_is_not_shown_by_a_submit_which_counts_all_the_same() -> None:
    world = make_open(items=3, annotators=2)
    foreign = take(world, world.annotators[1])
    shown = take(world)
    result = submit_ballot(
        worker=world.worker, lease_id=shown.pk, answer=ANSWER, key="key-number-1", showing=foreign.pk
    )
    assert result.status == "counted"
    assert WorkerClock.objects.get(worker=world.worker).category == "waiting"


def test_showing_an_item_moves_the_clock_and_showing_it_again_changes_nothing() -> None:
    world = make_open(items=3)
    shown = take(world)
    ahead = reserve(world)
    at = shown.taken_at + timedelta(seconds=40)
    show_item(worker=world.worker, lease_id=ahead.pk, tab="two", at=at)
    assert Interval.objects.get(work_id=str(shown.pk)).ms == 40_000
    show_item(worker=world.worker, lease_id=ahead.pk, tab="two", at=at + timedelta(seconds=5))
    clock = WorkerClock.objects.get()
    assert (clock.work_id, clock.since, clock.tab) == (str(ahead.pk), at, "two")


def test_nobody_shows_what_they_do_not_hold_and_nothing_is_shown_with_a_stopped_clock() -> None:
    world = make_open(items=3, annotators=2)
    foreign = take(world, world.annotators[1])
    lease = take(world)
    with pytest.raises(NotFound):
        show_item(worker=world.worker, lease_id=foreign.pk)
    stop(worker=world.worker)
    with pytest.raises(ClockStopped):
        show_item(worker=world.worker, lease_id=lease.pk)
    assert WorkerClock.objects.get(worker=world.worker).category == ""


def test_a_reserved_item_that_is_never_shown_ends_and_costs_nothing() -> None:
    world = make_open(items=3)
    shown = take(world)
    ahead = reserve(world)
    stop(worker=world.worker, at=shown.taken_at + timedelta(minutes=1))
    assert sweep_leases(at=ahead.expires_at) == 2
    assert Lease.objects.get(pk=ahead.pk).state == LeaseState.EXPIRED
    assert Item.objects.get(pk=ahead.item_id).live_leases == 0
    assert Interval.objects.filter(work_id=str(ahead.pk)).count() == 0
    with pytest.raises(ClockStopped):
        show_item(worker=world.worker, lease_id=ahead.pk)


def test_an_item_that_has_ended_is_not_shown_again() -> None:
    world = make_open(items=3)
    first = take(world)
    submit_ballot(worker=world.worker, lease_id=first.pk, answer=ANSWER, key="key-number-1")
    with pytest.raises(LeaseEnded):
        show_item(worker=world.worker, lease_id=first.pk)
    assert WorkerClock.objects.get().category == "waiting"


def test_without_a_running_clock_nothing_is_reserved() -> None:
    world = make_open(items=2)
    assert reserve_next(worker=world.worker, project=world.project) is None
    assert Lease.objects.count() == 0
