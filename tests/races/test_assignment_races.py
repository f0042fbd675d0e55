"""Offers, ends of leases and pauses that meet: no slot twice, none lost, nothing unpaid. With negative controls."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connections

from annotation.errors import NotOpen
from annotation.models import Ballot, Item, Lease
from annotation.selectors import offers
from annotation.services import claiming, holding, taking
from annotation.services.holding import Held
from annotation.services.leases import sweep_leases
from annotation.services.projects import pause_project
from annotation.services.submitting import skip_item, submit_ballot
from annotation.services.taking import reserve_next, take_next
from byhand.accounts.models import User
from tests.annotation.world import World, make_open, only_item, take
from tests.races.test_annotation_races import at_once, without_item_lock
from wages.models import Interval
from wages.services import locking
from wages.services.clock import start_work, stop
from wages.verification import verify

ANSWER = {"groups": [[0], [1], [2], [3]]}
COPIES = 6


def begin(world: World) -> None:
    for worker in world.annotators:
        start_work(worker=worker, project_id=world.project.pk, tab="")


def submit(worker: User, lease: Lease, at: datetime | None = None) -> Any:
    return submit_ballot(worker=worker, lease_id=lease.pk, answer=ANSWER, key=f"key-{lease.pk}", at=at)


def rank_next(world: World, worker: User) -> int | None:
    lease = take_next(worker=worker, project=world.project)
    if lease is None:
        return None
    submit(worker, lease)
    return lease.item_id


def proven() -> list[str]:
    return [finding.bad for finding in verify() if finding.bad]


# --- in advance --------------------------------------------------------------------------------------------------


def test_reserving_many_times_at_once_holds_one_item(own_database: str) -> None:
    world = make_open(items=COPIES + 2)
    take(world)
    found = at_once([partial(reserve_next, worker=world.worker, project=world.project)] * COPIES)
    assert len({lease.pk for lease in found}) == 1
    assert Lease.objects.count() == 2


def test_without_the_clocks_lock_many_items_would_be_held(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_open(items=COPIES + 2)
    take(world)
    monkeypatch.setattr(locking, "_LOCK", locking._LOCK.replace("FOR UPDATE", ""))
    gate, offer = threading.Barrier(COPIES), taking._offer

    def together(*args: Any) -> Any:
        gate.wait(timeout=30)
        return offer(*args)

    monkeypatch.setattr(taking, "_offer", together)
    at_once([partial(reserve_next, worker=world.worker, project=world.project)] * COPIES)
    assert Lease.objects.count() > 2


def test_a_reserved_item_that_ends_while_it_is_being_shown_is_shown_or_free_but_never_both(
    own_database: str,
) -> None:
    world = make_open(items=3, annotators=2)
    shown = take(world)
    ahead = reserve_next(worker=world.worker, project=world.project)
    assert ahead is not None
    Lease.objects.filter(pk=ahead.pk).update(expires_at=ahead.taken_at)
    stop(worker=world.worker)
    start_work(worker=world.worker, project_id=world.project.pk, tab="")
    late = ahead.taken_at + timedelta(hours=2)

    def show() -> Any:
        return submit_ballot(
            worker=world.worker, lease_id=shown.pk, answer=ANSWER, key="key-number-1", showing=ahead.pk
        ).status

    results = at_once([show, partial(sweep_leases, at=late)])
    assert results[0] == "counted"
    held = Lease.objects.get(pk=ahead.pk).state
    assert Item.objects.get(pk=ahead.item_id).live_leases == int(held == "live")
    assert proven() == []


# --- ends ----------------------------------------------------------------------------------------------------------


def test_a_lease_that_ends_while_it_is_submitted_frees_its_slot_once(own_database: str) -> None:
    world = make_open(items=5, overlap=2)
    start_work(worker=world.worker, project_id=world.project.pk, tab="")
    for _ in range(5):
        lease = take_next(worker=world.worker, project=world.project)
        assert lease is not None
        sweep = partial(sweep_leases, at=lease.taken_at + timedelta(hours=2))
        results = at_once([partial(submit, world.worker, lease), sweep])
        assert results[0].status == "counted"
        item = Item.objects.get(pk=lease.item_id)
        assert (item.ballots_count, item.live_leases) == (1, 0)
    assert proven() == []


def test_without_the_items_lock_the_slot_would_be_freed_twice(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep frees the slot between the submit's look and its write; only the database refuses the second time."""
    world = make_open(overlap=2)
    lease = take(world)
    without_item_lock(monkeypatch)
    read = holding.hold

    def hold(*args: Any) -> Any:
        held = read(*args)
        at_once([partial(sweep_leases, at=lease.taken_at + timedelta(hours=2))])
        return held

    monkeypatch.setattr(holding, "hold", hold)
    (refused,) = at_once([partial(submit, world.worker, lease)])
    assert "live_leases" in str(refused)
    assert (only_item(world).ballots_count, only_item(world).live_leases) == (0, 0)
    assert Ballot.objects.count() == 0


def test_a_late_ballot_never_takes_the_slot_that_somebody_holds(own_database: str) -> None:
    world = make_open(annotators=2)
    late, holder = world.annotators
    first = take(world, late)
    sweep_leases(at=first.taken_at + timedelta(hours=2))
    second = take(world, holder)
    statuses = at_once([partial(submit, late, first), partial(submit, holder, second)])
    assert [result.status for result in statuses] == ["surplus", "counted"]
    assert (only_item(world).ballots_count, only_item(world).live_leases) == (1, 0)
    assert {row.worker_id for row in Interval.objects.filter(work_kind="rank")} == {late.pk, holder.pk}


def test_without_counting_what_is_held_the_late_one_beats_the_holder(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_open(annotators=2)
    late, holder = world.annotators
    first = take(world, late)
    sweep_leases(at=first.taken_at + timedelta(hours=2))
    second = take(world, holder)
    monkeypatch.setattr(Held, "surplus", property(lambda held: held.ballots_count >= held.overlap))
    refused = at_once([partial(submit, late, first)])[0]
    assert "item_overlap_holds" in str(refused)
    assert submit(holder, second).status == "counted"


# --- the walk --------------------------------------------------------------------------------------------------------


def test_an_aborted_claim_ahead_is_not_walked_over(own_database: str) -> None:
    """While somebody's claim hangs, others pass its item; when it is undone, the item is there for them again."""
    world = make_open(items=3)
    one, two, three = Item.objects.order_by("pk")
    begin(world)
    other = connections["owner"]
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM annotation_item WHERE id = %s FOR UPDATE", [one.pk])
        assert [rank_next(world, world.worker) for _ in range(2)] == [two.pk, three.pk]
        cursor.execute("ROLLBACK")
    assert rank_next(world, world.worker) == one.pk


def test_if_the_place_moved_to_what_was_picked_the_aborted_claim_would_be_lost(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_open(items=3)
    one, _two, _three = Item.objects.order_by("pk")
    begin(world)
    hasty = claiming.CLAIM.replace(
        "(TABLE first UNION ALL TABLE last) next",
        "(SELECT need, item.id FROM annotation_item item JOIN picked USING (id)) next",
    )
    # as on a quiet server: other transactions that run there must not make everything look changed
    hasty = hasty.replace("pg_snapshot_xmin(pg_current_snapshot())", "pg_current_xact_id()")
    guard = "CASE WHEN mine.seen_xid <= pg_snapshot_xmin(pg_current_snapshot())::text::bigint THEN mine.seen_xid END"
    monkeypatch.setattr(claiming, "CLAIM", hasty)
    monkeypatch.setattr(offers, "SITUATION", offers.SITUATION.replace(guard, "mine.seen_xid"))
    with connections["owner"].cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM annotation_item WHERE id = %s FOR UPDATE", [one.pk])
        rank_next(world, world.worker)
        rank_next(world, world.worker)
        cursor.execute("ROLLBACK")
    assert rank_next(world, world.worker) is None
    assert Item.objects.get(pk=one.pk).ballots_count == 0


def test_people_who_take_skip_and_let_go_at_once_lose_no_slot_and_get_nothing_twice(
    own_database: str,
) -> None:
    people, items, overlap = 6, 12, 3
    world = make_open(items=items, overlap=overlap, annotators=people)
    begin(world)

    def work(number: int, worker: User) -> None:
        for turn in range(8):
            lease = take_next(worker=worker, project=world.project)
            if lease is None:
                return
            if (number + turn) % 4 == 3:
                skip_item(worker=worker, lease_id=lease.pk, reason="other", key=f"skip-{lease.pk}")
            else:
                submit(worker, lease)

    failed = [
        each for each in at_once([partial(work, n, who) for n, who in enumerate(world.annotators)]) if each
    ]
    assert failed == []
    for worker in world.annotators:
        while rank_next(world, worker) is not None:
            pass
    had = Counter(Lease.objects.exclude(state="expired").values_list("item", "worker"))
    assert set(had.values()) == {1}
    for item in Item.objects.all():
        reachable = people - sum(1 for lease in item.leases.all() if lease.state == "skipped")
        assert (item.ballots_count, item.live_leases) == (min(overlap, reachable), 0)
    assert proven() == []


# --- pause -----------------------------------------------------------------------------------------------------------


def test_a_pause_while_people_work_takes_no_ranking_and_gives_no_item(own_database: str) -> None:
    world = make_open(items=12, annotators=4)
    held = {worker: take(world, worker) for worker in world.annotators}
    acts: list[Callable[[], Any]] = [partial(submit, worker, lease) for worker, lease in held.items()]
    pause = partial(pause_project, actor=world.engineer, project=world.project, reason="engineer")
    results = at_once([*acts, pause])
    assert [result.status for result in results[:-1]] == ["counted"] * 4
    for worker in world.annotators:
        with pytest.raises(NotOpen):
            take_next(worker=worker, project=world.fresh())
    assert Lease.objects.count() == 4
    assert proven() == []


def test_who_asks_before_the_pause_is_written_still_gets_an_item_and_finishes_it(own_database: str) -> None:
    """The control: a pause binds from its commit on, and what was offered before it is finished and paid."""
    world = make_open(items=2)
    begin(world)
    with connections["owner"].cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("UPDATE annotation_project SET state = 'paused' WHERE id = %s", [world.project.pk])
        lease = take_next(worker=world.worker, project=world.project)
        cursor.execute("COMMIT")
    assert lease is not None
    assert submit(world.worker, lease).status == "counted"
    with pytest.raises(NotOpen):
        take_next(worker=world.worker, project=world.fresh())
