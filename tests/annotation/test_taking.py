"""Work is given by an act, to people who may have it, and the clock moves in the same transaction."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from annotation.assignment import PRESENCE
from annotation.errors import ClockStopped, NotAccepted, NothingToDo, NotInvited, NotOpen
from annotation.models import DocumentKind, Item, Lease, LeaseState, ProjectState
from annotation.selectors.work import held_item
from annotation.services.documents import write_document
from annotation.services.leases import sweep_leases
from annotation.services.projects import pause_project
from annotation.services.starting import start
from annotation.services.submitting import skip_item, submit_ballot
from annotation.services.taking import take_next
from tests.annotation.world import (
    add_annotator,
    fill,
    fund,
    make_draft,
    make_open,
    only_item,
    person,
    take,
)
from wages.models import Interval, WorkerClock
from wages.services.clock import beat, clock_token, start_work, stop
from wages.work import WorkKind, WorkRef

pytestmark = pytest.mark.django_db
ALL = [[0], [1], [2], [3]]
ANSWER = {"groups": ALL, "unacceptable": []}


def test_taking_claims_a_slot_and_puts_the_clock_on_the_lease() -> None:
    world = make_open()
    lease = take(world)
    item, clock = only_item(world), WorkerClock.objects.get(worker=world.worker)
    assert (item.live_leases, item.ballots_count) == (1, 0)
    assert (lease.state, lease.item_id, lease.expires_at - lease.taken_at) == ("live", item.pk, PRESENCE)
    assert sorted(lease.shown_order) == [0, 1, 2, 3]
    assert (clock.category, clock.work_kind, clock.work_id) == ("task", "rank", str(lease.pk))
    assert clock.since == lease.taken_at
    # the stretch of waiting before it was closed, unless no whole millisecond had passed
    assert set(Interval.objects.values_list("category", flat=True)) <= {"waiting"}


def test_taking_again_returns_the_lease_in_hand() -> None:
    world = make_open(items=2)
    lease = take(world)
    again = take_next(worker=world.worker, project=world.project)
    assert again is not None
    assert again.pk == lease.pk
    assert Lease.objects.count() == 1


def test_completions_are_shown_in_the_recorded_order() -> None:
    world = make_open(texts=["a", "b", "c", "d"])
    lease = take(world)
    shown = held_item(Lease.objects.get(pk=lease.pk)).completions
    assert [one.index for one in shown] == lease.shown_order
    assert [one.text for one in shown] == ["abcd"[index] for index in lease.shown_order]
    assert [one.place for one in shown] == [1, 2, 3, 4]


def test_nobody_gets_an_item_twice_whether_ranked_or_skipped() -> None:
    world = make_open(items=2, overlap=3)
    first = take(world)
    submit_ballot(worker=world.worker, lease_id=first.pk, answer=ANSWER, key="key-number-1")
    second = take_next(worker=world.worker, project=world.project)
    assert second is not None
    assert second.item_id != first.item_id
    skip_item(worker=world.worker, lease_id=second.pk, reason="unclear", key="key-number-2")
    assert take_next(worker=world.worker, project=world.project) is None
    assert WorkerClock.objects.get(worker=world.worker).category == "waiting"


def test_an_item_is_full_when_its_slots_are_held_or_filled() -> None:
    world = make_open(overlap=2, annotators=3)
    one, two, three = world.annotators
    first = take(world, one)
    submit_ballot(worker=one, lease_id=first.pk, answer=ANSWER, key="key-number-1")
    take(world, two)
    start_work(worker=three, project_id=world.project.pk, tab="")
    assert take_next(worker=three, project=world.project) is None
    assert Lease.objects.count() == 2


def test_without_a_running_clock_nothing_is_given() -> None:
    world = make_open()
    with pytest.raises(ClockStopped):
        take_next(worker=world.worker, project=world.project)
    assert (Lease.objects.count(), only_item(world).live_leases) == (0, 0)


def test_strangers_and_those_who_accepted_nothing_get_no_work() -> None:
    world = make_open()
    stranger, fresh = person("stranger"), add_annotator(world, "fresh", ready=False)
    for who in (stranger, fresh):
        with pytest.raises(NotInvited):
            take_next(worker=who, project=world.project)
    write_document(
        actor=world.engineer, project=world.project, kind=DocumentKind.GUIDELINES, text="New ones."
    )
    with pytest.raises(NotAccepted):
        take_next(worker=world.worker, project=world.project)
    assert Lease.objects.count() == 0


def test_start_is_refused_before_the_clock_starts_when_there_is_nothing_to_do() -> None:
    world = make_open(annotators=2)
    take(world)
    with pytest.raises(NothingToDo):
        start(worker=world.annotators[1], project=world.project)
    assert not WorkerClock.objects.filter(worker=world.annotators[1]).exclude(category="").exists()
    assert Interval.objects.filter(worker=world.annotators[1]).count() == 0


def test_a_paused_project_gives_nothing_new_but_the_item_in_hand_is_finished_and_paid() -> None:
    world = make_open(items=2)
    lease = take(world)
    pause_project(actor=world.engineer, project=world.project, reason="engineer")
    again = take_next(worker=world.worker, project=world.project)
    assert again is not None
    assert again.pk == lease.pk
    result = submit_ballot(
        worker=world.worker, lease_id=lease.pk, answer=ANSWER, key="key-number-1",
        at=lease.taken_at + timedelta(minutes=3),
    )  # fmt: skip
    assert result.status == "counted"
    assert Interval.objects.get(work_id=str(lease.pk)).earned_micro == 1_110_000  # 3 min at 22.20
    with pytest.raises(NotOpen):
        take_next(worker=world.worker, project=world.project)


def test_work_that_the_reservation_does_not_cover_is_not_offered_and_the_project_pauses() -> None:
    world = make_draft()
    fill(world, 2)
    fund(world, amount_micro=22_200_000)  # one lease of an hour
    worker = add_annotator(world, "worker")
    other = add_annotator(world, "other")
    type(world.project).objects.filter(pk=world.project.pk).update(state="open")
    take(world, worker)
    start_work(worker=other, project_id=world.project.pk, tab="")
    assert take_next(worker=other, project=world.project) is None
    assert (world.fresh().state, world.fresh().paused_reason) == (ProjectState.PAUSED, "budget")
    assert Lease.objects.count() == 1


def test_taking_and_submitting_take_at_most_eight_round_trips_each() -> None:
    world = make_open(items=3)
    first = take(world)  # the accounts and the period are there from now on
    submit_ballot(worker=world.worker, lease_id=first.pk, answer=ANSWER, key="key-number-1")
    with CaptureQueriesContext(connection) as taking:
        lease = take_next(worker=world.worker, project=world.project)
    assert lease is not None
    with CaptureQueriesContext(connection) as submitting:
        submit_ballot(
            worker=world.worker, lease_id=lease.pk, answer=ANSWER, key="key-number-2", note="clear",
            at=lease.taken_at + timedelta(seconds=9),
        )  # fmt: skip
    assert len(taking) <= 8, [query["sql"][:80] for query in taking]
    assert len(submitting) <= 8, [query["sql"][:80] for query in submitting]


# --- leases that end -----------------------------------------------------------------------------------------


def test_a_lease_of_somebody_who_left_ends_and_frees_its_slot() -> None:
    world = make_open(annotators=2)
    lease = take(world)
    stop(worker=world.worker)
    assert sweep_leases(at=lease.expires_at - timedelta(seconds=1)) == 0
    assert sweep_leases(at=lease.expires_at) == 1
    assert Lease.objects.get(pk=lease.pk).state == LeaseState.EXPIRED
    assert only_item(world).live_leases == 0
    assert take(world, world.annotators[1]).item_id == lease.item_id


def test_beats_keep_a_lease_alive_up_to_the_limit_of_the_project() -> None:
    world = make_open()
    lease = take(world)
    token, work = clock_token(world.worker, "session"), WorkRef(WorkKind.RANK, str(lease.pk))
    seen = lease.taken_at
    for minute in range(1, 60):
        seen = lease.taken_at + timedelta(minutes=minute)
        beat(token=token, tab="t", seq=minute, elapsed_ms=minute * 60_000, work=work, focused=True, at=seen)
        assert sweep_leases(at=seen) == 0
    assert Lease.objects.get(pk=lease.pk).expires_at == lease.taken_at + timedelta(hours=1)
    assert sweep_leases(at=lease.taken_at + timedelta(hours=1)) == 1


def test_an_expired_item_may_come_back_to_the_same_person() -> None:
    world = make_open()
    lease = take(world)
    stop(worker=world.worker)
    sweep_leases(at=lease.expires_at)
    again = take(world)
    assert (again.item_id, again.pk == lease.pk) == (lease.item_id, False)
    assert Item.objects.get(pk=lease.item_id).live_leases == 1
