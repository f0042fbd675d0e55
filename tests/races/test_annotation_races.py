"""Sixteen people after the last slots, and one submit sent five times at once: each with its negative control."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections

from annotation.models import Ballot, CurrentBallot, Lease
from annotation.selectors.offers import Situation
from annotation.services import claiming, holding, taking
from annotation.services.leases import sweep_leases
from annotation.services.submitting import submit_ballot
from annotation.services.taking import take_next
from byhand.accounts.models import User
from tests.annotation.world import World, make_open, only_item, take
from wages.models import Interval
from wages.services import locking
from wages.services.clock import start_work

CLIENTS = 16
OVERLAP = 3
ALL = [[0], [1], [2], [3]]
ANSWER = {"groups": ALL, "unacceptable": []}


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run every act in a thread of its own, all let go together; return results and exceptions in order."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            gate.wait(timeout=30)
            return act()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def everybody_takes(world: World) -> list[Any]:
    for worker in world.annotators:
        start_work(worker=worker, project_id=world.project.pk, tab="")
    return at_once([partial(take_next, worker=worker, project=world.project) for worker in world.annotators])


def expired_leases(world: World) -> list[tuple[User, Lease]]:
    """Let each worker in turn hold the one item past its lease, so that all have done the work."""
    held = []
    for worker in world.annotators:
        lease = take(world, worker)
        sweep_leases(at=lease.taken_at + timedelta(hours=1))
        held.append((worker, lease))
    return held


def everybody_submits(held: list[tuple[User, Lease]]) -> list[Any]:
    def act(worker: User, lease: Lease) -> Any:
        return submit_ballot(
            worker=worker, lease_id=lease.pk, answer=ANSWER, key=f"key-{lease.pk}",
            at=lease.taken_at + timedelta(seconds=90),
        )  # fmt: skip

    return at_once([partial(act, worker, lease) for worker, lease in held])


def meet_after_reading(monkeypatch: pytest.MonkeyPatch, parties: int) -> None:
    """Let every submit read before any of them writes: the worst order there is."""
    gate, read = threading.Barrier(parties), holding.hold

    def hold(*args: Any) -> Any:
        held = read(*args)
        gate.wait(timeout=30)
        return held

    monkeypatch.setattr(holding, "hold", hold)


def without_slots_check() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE annotation_item DROP CONSTRAINT item_overlap_holds")


def without_item_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "HELD", holding.HELD.replace("FOR UPDATE OF item, lease", ""))


def test_sixteen_people_after_three_slots_get_exactly_three_leases(own_database: str) -> None:
    world = make_open(overlap=OVERLAP, annotators=CLIENTS)
    results = everybody_takes(world)
    assert Counter(type(result).__name__ for result in results) == {
        "Lease": OVERLAP,
        "NoneType": CLIENTS - OVERLAP,
    }
    assert Lease.objects.count() == OVERLAP
    assert only_item(world).live_leases == OVERLAP


def test_without_the_claims_lock_more_leases_are_given_than_there_are_slots(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_open(overlap=OVERLAP, annotators=CLIENTS)
    gate = threading.Barrier(CLIENTS)
    unlocked = (
        claiming.CLAIM.replace("FOR UPDATE OF item {waiting}", "")
        .replace("), held AS (", "), rest AS (SELECT pg_sleep(0.2)), held AS (")
        .replace("FROM picked WHERE", "FROM picked, rest WHERE")
    )
    monkeypatch.setattr(claiming, "CLAIM", unlocked)
    without_slots_check()
    claim = claiming.claim

    def together(lease: Lease, situation: Situation) -> Lease | None:
        gate.wait(timeout=30)
        return claim(lease, situation)

    monkeypatch.setattr(taking, "claim", together)
    everybody_takes(world)
    assert Lease.objects.count() > OVERLAP


def test_of_sixteen_ballots_at_once_three_count_and_the_rest_is_surplus_and_paid(own_database: str) -> None:
    world = make_open(overlap=OVERLAP, annotators=CLIENTS)
    results = everybody_submits(expired_leases(world))
    assert Counter(result.status for result in results) == {"counted": OVERLAP, "surplus": CLIENTS - OVERLAP}
    assert only_item(world).ballots_count == OVERLAP
    assert CurrentBallot.objects.count() == OVERLAP
    assert Ballot.objects.filter(surplus=True).count() == CLIENTS - OVERLAP
    paid = Interval.objects.filter(category="task", work_kind="rank").values_list(
        "worker", "ms", "earned_micro"
    )
    assert sorted(paid) == sorted((worker.pk, 90_000, 555_000) for worker in world.annotators)


def test_without_the_items_lock_only_the_database_stops_the_overshoot(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_open(overlap=OVERLAP, annotators=CLIENTS)
    held = expired_leases(world)
    without_item_lock(monkeypatch)
    meet_after_reading(monkeypatch, CLIENTS)
    results = everybody_submits(held)
    refused = [result for result in results if isinstance(result, IntegrityError)]
    assert len(refused) == CLIENTS - OVERLAP
    assert all("item_overlap_holds" in str(error) for error in refused)
    assert only_item(world).ballots_count == OVERLAP


def test_without_lock_and_constraint_the_overlap_is_overshot(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_open(overlap=OVERLAP, annotators=CLIENTS)
    held = expired_leases(world)
    without_slots_check()
    without_item_lock(monkeypatch)
    meet_after_reading(monkeypatch, CLIENTS)
    everybody_submits(held)
    assert only_item(world).ballots_count == CLIENTS


def same_submit_five_times(world: World, lease: Lease) -> list[Any]:
    def act() -> Any:
        return submit_ballot(
            worker=world.worker, lease_id=lease.pk, answer=ANSWER, key="the-one-key",
            at=lease.taken_at + timedelta(seconds=90),
        )  # fmt: skip

    return at_once([act] * 5)


def test_the_same_submit_five_times_at_once_is_one_ballot_and_one_payment(own_database: str) -> None:
    world = make_open()
    lease = take(world)
    results = same_submit_five_times(world, lease)
    assert Counter(result.status for result in results) == {"counted": 1, "replayed": 4}
    assert len({result.ballot.pk for result in results}) == 1
    assert Ballot.objects.count() == 1
    assert only_item(world).ballots_count == 1
    paid = Interval.objects.filter(work_id=str(lease.pk)).values_list("ms", "earned_micro")
    assert list(paid) == [(90_000, 555_000)]


def test_without_the_clocks_lock_the_five_collide(own_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_open()
    lease = take(world)
    monkeypatch.setattr(locking, "_LOCK", locking._LOCK.replace("FOR UPDATE", ""))
    without_item_lock(monkeypatch)
    meet_after_reading(monkeypatch, 5)
    results = same_submit_five_times(world, lease)
    collided = [result for result in results if isinstance(result, IntegrityError)]
    assert len(collided) == 4
    assert Ballot.objects.count() == 1
