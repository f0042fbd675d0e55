"""Gaps that nobody answered before the close: paid up to the 75th percentile, the rest open, nothing twice."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import IntegrityError, transaction

from byhand.money import accrued
from tests.wages.factories import MONDAY, RATE, Shop, after, make_shop, make_user
from tests.wages.test_clock import ONE, show, start
from wages.errors import NotAnswerable
from wages.models import Accrual, Entry, Interval, Period, Posting
from wages.selectors.earnings import earnings
from wages.selectors.projects import pay_overview
from wages.selectors.unknown import task_p75_ms
from wages.services import clock
from wages.services.periods import close_period
from wages.services.unknown import settle_unanswered
from wages.timekeeping.rederiving import bad_settlement
from wages.verification import verify
from wages.work import WorkKind, WorkRef

pytestmark = pytest.mark.django_db
P75 = 600_000


def leave_gap(shop: Shop, begin: datetime = MONDAY, minutes: int = 25) -> Interval:
    clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="a", at=begin)
    show(shop, ONE, begin)
    clock.stop(worker=shop.worker, at=begin + (after(minutes=minutes) - MONDAY))
    return Interval.objects.filter(worker=shop.worker, category="unknown").latest("id")


def period_of(shop: Shop) -> Period:
    return Period.objects.get(project=shop.project_id)


def settle(shop: Shop, p75_ms: int | None = P75) -> int:
    period = period_of(shop)
    workers = list(Interval.objects.filter(pay_period=period).values_list("worker_id", flat=True).distinct())
    return settle_unanswered(period=period, worker_ids=workers, p75_ms=p75_ms, at=after(days=7))


def proven() -> None:
    assert [finding for finding in verify() if finding.bad] == []


def work_for(shop: Shop, minutes: int, number: int) -> None:
    begin = after(hours=number)
    shop.worker = make_user()
    clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="a", at=begin)
    show(shop, WorkRef(WorkKind.RANK, f"lease-{number}"), begin)
    for minute in range(10, minutes, 10):
        clock.beat(
            token=clock.clock_token(shop.worker, "s"), tab="a", seq=minute, elapsed_ms=minute,
            at=after(hours=number, minutes=minute),
        )  # fmt: skip
    clock.stop(worker=shop.worker, at=after(hours=number, minutes=minutes))


def test_the_percentile_is_of_a_persons_time_at_a_piece_of_work_by_nearest_rank() -> None:
    shop = make_shop()
    for number, minutes in enumerate([10, 12, 14, 16], start=1):
        work_for(shop, minutes, number)
    assert task_p75_ms(period_of(shop)) == 14 * 60_000


def test_without_any_task_time_there_is_no_percentile_and_nothing_is_paid() -> None:
    shop = make_shop()
    leave_gap(shop)
    assert task_p75_ms(period_of(shop)) is None
    assert settle(shop, None) == 0
    assert not Entry.objects.filter(kind="work").exists()


def test_an_unanswered_gap_is_paid_up_to_the_percentile_into_its_own_closing_period() -> None:
    shop = make_shop()
    gap = leave_gap(shop)
    Period.objects.filter(project=shop.project_id).update(closing_at=after(days=7))
    assert settle(shop) == 1
    paid = Interval.objects.get(resolves=gap)
    assert (paid.by_rule, paid.category, paid.ms, paid.work_id) == (True, "task", P75, "lease-1")
    assert (paid.period.lower, paid.period.upper) == (gap.period.lower, after(minutes=10))
    assert (paid.earned_micro, paid.pay_period_id) == (accrued(P75, RATE), gap.pay_period_id)
    assert Accrual.objects.get().total_ms == P75
    proven()


def test_settling_again_pays_nothing_and_does_not_move_the_percentile() -> None:
    shop = make_shop()
    work_for(shop, 10, 5)
    shop.worker = make_user()
    leave_gap(shop)
    before = task_p75_ms(period_of(shop))
    assert (settle(shop), settle(shop)) == (1, 0)
    assert task_p75_ms(period_of(shop)) == before == P75
    proven()


def test_a_gap_shorter_than_the_percentile_is_paid_whole_and_leaves_nothing_to_say() -> None:
    shop = make_shop()
    gap = leave_gap(shop)
    settle(shop, 2 * gap.ms)
    assert Interval.objects.get(resolves=gap).ms == gap.ms
    assert earnings(shop.worker).gaps == []
    with pytest.raises(NotAnswerable), transaction.atomic():
        clock.answer_unknown(worker=shop.worker, interval_id=gap.pk, paid_ms=0)
    assert Interval.objects.filter(resolves=gap).count() == 1


@pytest.mark.parametrize(
    ("said", "category", "begins", "ms"),
    [
        (1_500_000, "task", 10, 900_000),
        (900_000, "task", 10, 300_000),
        (600_000, "break", 10, 900_000),
        (0, "break", 10, 900_000),
    ],
)
def test_a_later_word_pays_only_what_is_not_paid_yet(said: int, category: str, begins: int, ms: int) -> None:
    shop = make_shop()
    gap = leave_gap(shop)
    settle(shop)
    gaps = earnings(shop.worker).gaps
    assert [(row.pk, row.open_ms) for row in gaps] == [(gap.pk, 900_000)]  # type: ignore[attr-defined]
    word = clock.answer_unknown(worker=shop.worker, interval_id=gap.pk, paid_ms=said, at=after(days=8))
    assert (word.category, word.period[0], word.ms) == (category, after(minutes=begins), ms)
    assert sum(Accrual.objects.values_list("total_ms", flat=True)) == max(P75, said)
    assert earnings(shop.worker).gaps == []
    proven()


def test_a_no_takes_nothing_back() -> None:
    shop = make_shop()
    gap = leave_gap(shop)
    settle(shop)
    before = list(Posting.objects.order_by("id").values_list("id", "amount_micro"))
    clock.answer_unknown(worker=shop.worker, interval_id=gap.pk, paid_ms=0, at=after(days=8))
    assert list(Posting.objects.order_by("id").values_list("id", "amount_micro")) == before


def test_a_gap_that_was_answered_is_none_of_the_rules_business() -> None:
    shop = make_shop()
    gap = leave_gap(shop)
    clock.answer_unknown(worker=shop.worker, interval_id=gap.pk, paid_ms=0, at=after(hours=1))
    assert settle(shop) == 0
    assert Interval.objects.get(resolves=gap).category == "break"


def test_two_gaps_of_one_worker_pay_the_ceil_of_their_total() -> None:
    shop = make_shop()
    leave_gap(shop)
    leave_gap(shop, after(hours=3))
    assert settle(shop, 333_333) == 2
    first, second = Interval.objects.filter(by_rule=True).order_by("id")
    assert first.earned_micro + second.earned_micro == accrued(666_666, RATE)
    assert first.earned_micro == accrued(333_333, RATE)
    proven()


def test_what_the_reservation_does_not_cover_is_owed() -> None:
    shop = make_shop(funded_micro=accrued(P75, RATE) + 5)
    leave_gap(shop)
    leave_gap(shop, after(hours=3))
    settle(shop)
    owed = Posting.objects.filter(account__kind="funder_receivable").values_list("amount_micro", flat=True)
    assert list(owed) == [accrued(P75, RATE) - accrued(2 * P75, RATE)]
    proven()


def test_the_close_counts_what_the_rule_paid_as_task_and_the_rest_as_unknown() -> None:
    shop = make_shop()
    work_for(shop, 10, 5)
    shop.worker = make_user()
    leave_gap(shop)
    settle(shop, task_p75_ms(period_of(shop)))
    assert pay_overview(shop.project).unknown_ms == 900_000
    period = close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    bodies = "".join(leaf.body for leaf in period.leaves.all())
    assert bodies.count('"category":"task"') == bodies.count('"ms":"600000"') == 2
    assert bodies.count('"category":"unknown"') == 1 and '"ms":"900000"' in bodies
    assert settle_unanswered(period=period, worker_ids=[shop.worker.pk], p75_ms=P75, at=after(days=8)) == 0
    proven()


def test_the_database_holds_one_row_by_rule_and_one_by_word() -> None:
    shop = make_shop()
    gap = leave_gap(shop)
    settle(shop)
    paid = Interval.objects.get(resolves=gap)
    paid.pk, paid.period = None, (after(days=1), after(days=1, minutes=10))
    with pytest.raises(IntegrityError), transaction.atomic():
        paid.save(force_insert=True)
    assert Interval.objects.filter(resolves=gap).count() == 1
    clock.answer_unknown(worker=shop.worker, interval_id=gap.pk, paid_ms=gap.ms, at=after(hours=2))
    assert set(Interval.objects.filter(resolves=gap).values_list("by_rule", flat=True)) == {True, False}


def test_a_row_by_rule_resolves_a_gap() -> None:
    shop = make_shop()
    start(shop)
    clock.stop(worker=shop.worker, at=after(minutes=1))
    row = Interval.objects.get()
    row.pk, row.by_rule, row.period = None, True, (after(days=1), after(days=1, minutes=1))
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)
    assert Interval.objects.count() == 1


def test_a_settlement_with_another_figure_than_the_percentile_is_found() -> None:
    shop = make_shop()
    work_for(shop, 10, 5)
    shop.worker = make_user()
    leave_gap(shop)
    settle(shop, P75 - 1)
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    paid = Interval.objects.get(by_rule=True)
    assert (bad_settlement() or "").startswith(f"interval {paid.pk} pays 599999 ms of a gap of 1500000 ms")
