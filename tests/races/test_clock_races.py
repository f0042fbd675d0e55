"""Acts that come at once: one clock, one payment. Each with the same race without the lock, which does go wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from tests.wages.factories import MONDAY, RATE, Shop, after, make_shop, make_user
from tests.wages.test_clock import ONE, TWO, show, start
from wages.errors import NotAnswerable
from wages.models import Accrual, Deposit, Entry, Interval, Posting, SliceLeaf, WorkerClock
from wages.reservation import left_micro
from wages.rules import Piece
from wages.services import clock, locking, presence, projects
from wages.services.periods import close_period
from wages.services.stretch import Source, write_piece
from wages.verification import verify
from wages.work import Category


@pytest.fixture
def shop(own_database: str) -> Iterator[Shop]:
    yield make_shop()


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run the acts in threads that begin together; returns results, exceptions included."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        try:
            connection.ensure_connection()
            gate.wait()
            return act()
        except Exception as error:  # the caller looks at every outcome
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def proven() -> list[str]:
    return [finding.bad for finding in verify() if finding.bad]


def test_many_tabs_that_move_the_clock_at_once_pay_each_second_once(shop: Shop) -> None:
    start(shop)
    works = [ONE, TWO] * 4
    results = at_once(*(lambda work=work: show(shop, work, after(minutes=10)) for work in works))
    assert not [result for result in results if isinstance(result, Exception)]
    clock.stop(worker=shop.worker, at=after(minutes=20))
    assert sum(row.ms for row in Interval.objects.all()) == 1_200_000
    assert sum(row.earned_micro for row in Interval.objects.all()) == 6_166_667
    assert proven() == []


def test_without_the_lock_the_same_race_is_stopped_only_by_the_database(shop: Shop) -> None:
    """Negative control: acts that read the clock before any of them writes would each pay the same minutes."""
    start(shop)
    both_have_read = threading.Barrier(2)

    def unlocked() -> Interval:
        with transaction.atomic():
            row = WorkerClock.objects.get(worker=shop.worker)
            both_have_read.wait()
            card = row.rate_card_id or 0
            source = Source(shop.worker.pk, False, shop.project_id, None, card)
            piece = Piece(Category.WAITING, row.since or MONDAY, after(minutes=10), paid=True)
            locked = locking.LockedClock(
                shop.worker.pk,
                False,
                Category.WAITING,
                shop.project_id,
                None,
                card,
                "",
                MONDAY,
                MONDAY,
                None,
                MONDAY,
                after(minutes=10),
            )
            return write_piece(source, piece, locked)

    results = at_once(unlocked, unlocked)
    assert [type(result) for result in results if isinstance(result, Exception)] == [IntegrityError]
    assert Interval.objects.count() == 1


def test_a_beat_an_act_and_the_sweep_at_once_leave_one_gap(shop: Shop) -> None:
    start(shop)
    show(shop, ONE, MONDAY)
    token = clock.clock_token(shop.worker, "s")
    acts = [
        lambda seq=seq: presence.beat(
            token=token, tab="a", seq=seq, elapsed_ms=1, work=ONE, at=after(minutes=30)
        )
        for seq in range(4)
    ]
    results = at_once(
        *acts, lambda: clock.sweep(at=after(minutes=30)), lambda: show(shop, ONE, after(minutes=30))
    )
    assert not [result for result in results if isinstance(result, Exception)]
    assert [row.ms for row in Interval.objects.filter(category="unknown")] == [1_800_000]
    assert proven() == []


def test_a_gap_answered_five_times_at_once_is_paid_once(shop: Shop) -> None:
    start(shop)
    show(shop, ONE, MONDAY)
    clock.stop(worker=shop.worker, at=after(minutes=30))
    gap = Interval.objects.get(category="unknown")
    results = at_once(
        *[lambda: clock.answer_unknown(worker=shop.worker, interval_id=gap.pk, paid_ms=gap.ms)] * 5
    )
    assert sorted(type(result).__name__ for result in results) == ["Interval"] + ["NotAnswerable"] * 4
    assert all(isinstance(result, Interval | NotAnswerable) for result in results)
    assert Accrual.objects.get(worker=shop.worker).total_ms == 1_800_000


def test_a_deposit_sent_and_approved_five_times_at_once_counts_once(shop: Shop) -> None:
    one, two = shop.stewards
    before = left_micro(shop.project_id)
    values: dict[str, Any] = {
        "actor": one,
        "project_id": shop.project_id,
        "amount_micro": RATE,
        "evidence": "ref",
        "key": "again",
    }
    sent = at_once(*[lambda: projects.deposit(**values)] * 5)
    assert {type(result) for result in sent} == {Deposit} and len({result.pk for result in sent}) == 1  # type: ignore[attr-defined]
    deposit = Deposit.objects.get(key="again")
    approved = at_once(*[lambda: projects.approve_deposit(actor=two, deposit_id=deposit.pk)] * 5)
    assert {type(result) for result in approved} == {Deposit}
    assert left_micro(shop.project_id) == before + RATE


def test_without_the_key_five_deposits_at_once_are_five(shop: Shop) -> None:
    """Negative control: the key is what makes them one."""
    values: dict[str, Any] = {
        "actor": shop.stewards[0],
        "project_id": shop.project_id,
        "amount_micro": RATE,
        "evidence": "ref",
    }
    at_once(*[lambda key=key: projects.deposit(key=f"k{key}", **values) for key in range(5)])
    assert Deposit.objects.filter(evidence="ref").count() == 5


def test_a_period_closed_five_times_at_once_pays_once(shop: Shop) -> None:
    start(shop)
    clock.stop(worker=shop.worker, at=after(minutes=10))
    acts = [lambda: close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))] * 5
    closed = at_once(*acts)
    assert len({result.pk for result in closed}) == 1  # type: ignore[attr-defined]
    assert Entry.objects.filter(kind="period").count() == 1
    assert SliceLeaf.objects.count() == 8
    assert proven() == []


def test_work_at_the_moment_of_the_close_is_in_exactly_one_period(shop: Shop) -> None:
    workers = [shop.worker, *(make_user() for _ in range(5))]
    for worker in workers:
        clock.start_work(worker=worker, project_id=shop.project_id, tab="a", at=MONDAY)
    clock.stop(worker=workers[0], at=after(minutes=1))
    acts = [lambda worker=worker: clock.stop(worker=worker, at=after(minutes=10)) for worker in workers[1:]]
    results = at_once(
        lambda: close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7)), *acts
    )
    assert not [result for result in results if isinstance(result, Exception)]
    assert Interval.objects.count() == 6
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=14))
    payable = Posting.objects.filter(account__kind="worker_payable").values_list("amount_micro", flat=True)
    assert sum(payable) + in_open_period() == 308_334 + 5 * 3_083_334
    assert proven() == []


def in_open_period() -> int:
    return sum(Accrual.objects.filter(period__closed_at__isnull=True).values_list("earned_micro", flat=True))


def test_a_close_that_took_no_lock_would_miss_work_being_posted(shop: Shop) -> None:
    """Negative control: while an act is posting, its period can be read, but not locked for closing."""
    start(shop)
    clock.stop(worker=shop.worker, at=after(minutes=1))
    clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="a", at=after(minutes=2))
    posting, looked = threading.Event(), threading.Event()

    def act() -> None:
        with transaction.atomic():
            locked = clock.lock_clock(worker=shop.worker, at=after(minutes=10))
            clock.move(locked, category=Category.WAITING, project_id=shop.project_id, work=None)
            posting.set()
            assert looked.wait(10)

    def look() -> tuple[int, bool]:
        assert posting.wait(10)
        seen = Accrual.objects.get(worker=shop.worker).total_ms
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT id FROM wages_period FOR UPDATE SKIP LOCKED")
            lockable = cursor.fetchone() is not None
        looked.set()
        return seen, lockable

    _acted, found = at_once(act, look)
    assert found == (60_000, False)
    assert Accrual.objects.get(worker=shop.worker).total_ms == 540_000
