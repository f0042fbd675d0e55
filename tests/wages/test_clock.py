"""The acts of the clock: what each closes, what it pays, and how few round trips that takes."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from byhand.errors import Invalid, NotFound
from tests.wages.factories import MONDAY, RATE, Shop, after, make_shop, make_user
from wages.errors import ClockStopped, NoRateInForce, NotAnswerable, SimulatedMix
from wages.models import Accrual, Entry, Interval, Posting, WorkerClock
from wages.selectors import clock_view
from wages.services import clock, projects
from wages.work import Category, WorkKind, WorkRef

pytestmark = pytest.mark.django_db
ONE, TWO = WorkRef(WorkKind.RANK, "lease-1"), WorkRef(WorkKind.RANK, "lease-2")


def show(shop: Shop, work: WorkRef | None, at: datetime, tab: str = "a") -> Interval | None:
    category = Category.TASK if work else Category.WAITING
    with transaction.atomic():
        locked = clock.lock_clock(worker=shop.worker, at=at)
        return clock.move(locked, category=category, project_id=shop.project_id, work=work, tab=tab)


def start(shop: Shop) -> None:
    clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="a", at=MONDAY)


def rows(shop: Shop) -> list[tuple[str, int, int]]:
    found = Interval.objects.filter(worker=shop.worker).order_by("id")
    return [(row.category, row.ms, row.earned_micro) for row in found]


def test_each_act_closes_one_interval_and_begins_the_next() -> None:
    shop = make_shop()
    start(shop)
    show(shop, ONE, after(minutes=1))
    show(shop, TWO, after(minutes=11))
    clock.stop(worker=shop.worker, at=after(minutes=12))
    assert rows(shop) == [
        ("waiting", 60_000, 308_334),
        ("task", 600_000, 3_083_333),
        ("task", 60_000, 308_333),
    ]
    found = list(Interval.objects.order_by("id"))
    assert [row.period.lower for row in found[1:]] == [row.period.upper for row in found[:-1]]
    assert {row.rule_version for row in found} == {"clock/3"}
    assert WorkerClock.objects.get(worker=shop.worker).category == ""


def test_the_postings_are_the_differences_of_one_running_total() -> None:
    shop = make_shop()
    start(shop)
    for second in range(1, 8):
        show(shop, ONE if second % 2 else TWO, after(seconds=second))
    accrual = Accrual.objects.get(worker=shop.worker)
    assert (accrual.total_ms, accrual.earned_micro) == (7_000, 35_973)
    posted = Posting.objects.filter(account__kind="worker_earned").values_list("amount_micro", flat=True)
    assert sum(posted) == 35_973
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_move_is_two_round_trips_and_the_lock_is_one() -> None:
    shop = make_shop()
    start(shop)
    show(shop, ONE, after(minutes=1))
    with transaction.atomic():
        with CaptureQueriesContext(connection) as locking:
            locked = clock.lock_clock(worker=shop.worker, at=after(minutes=2))
        with CaptureQueriesContext(connection) as moving:
            closed = clock.move(locked, category=Category.TASK, project_id=shop.project_id, work=TWO)
    assert closed is not None and closed.earned_micro == 308_333
    assert (len(locking), len(moving)) == (1, 2)


def test_time_never_runs_backwards() -> None:
    shop = make_shop()
    start(shop)
    show(shop, ONE, after(minutes=5))
    assert show(shop, TWO, after(minutes=3)) is None
    clock.stop(worker=shop.worker, at=after(minutes=6))
    assert rows(shop) == [("waiting", 300_000, 1_541_667), ("task", 60_000, 308_333)]


def test_starting_and_stopping_again_change_nothing() -> None:
    shop = make_shop()
    start(shop)
    assert (
        clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="b", at=after(minutes=1)) is None
    )
    clock.stop(worker=shop.worker, at=after(minutes=2))
    assert clock.stop(worker=shop.worker, at=after(minutes=9)) is None
    assert rows(shop) == [("waiting", 120_000, 616_667)]


def test_a_required_page_starts_paid_time_by_itself() -> None:
    shop = make_shop()
    for minute in (0, 4):  # opening it again goes on
        clock.begin_page(
            worker=shop.worker,
            project_id=shop.project_id,
            category=Category.GUIDELINES,
            tab="a",
            at=after(minutes=minute),
        )
    start_at = after(minutes=10)
    clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="a", at=start_at)
    assert rows(shop) == [("guidelines", 600_000, 3_083_334)]


@pytest.mark.parametrize("category", [Category.TASK, Category.BREAK, Category.UNKNOWN, Category.CLAIMED])
def test_no_page_begins_anything_else(category: Category) -> None:
    shop = make_shop()
    with pytest.raises(Invalid):
        clock.begin_page(
            worker=shop.worker, project_id=shop.project_id, category=category, tab="a", at=MONDAY
        )
    assert not WorkerClock.objects.exclude(category="").exists()


def test_a_short_break_is_paid_and_the_item_goes_on_at_its_rate() -> None:
    shop = make_shop()
    start(shop)
    show(shop, ONE, MONDAY)
    clock.take_break(worker=shop.worker, at=after(minutes=10))
    clock.end_break(worker=shop.worker, at=after(minutes=30))
    clock.stop(worker=shop.worker, at=after(minutes=31))
    assert [(category, ms) for category, ms, _ in rows(shop)] == [
        ("task", 600_000),
        ("break", 1_200_000),
        ("task", 60_000),
    ]
    assert sum(earned for _, _, earned in rows(shop)) == 9_558_334
    assert Interval.objects.filter(category="break", work_id="").count() == 1


def test_a_long_break_is_recorded_and_not_paid() -> None:
    shop = make_shop()
    start(shop)
    clock.take_break(worker=shop.worker, at=after(minutes=10))
    clock.end_break(worker=shop.worker, at=after(minutes=31))
    assert rows(shop)[1] == ("break", 1_260_000, 0)


def test_there_is_no_break_from_a_stopped_clock() -> None:
    shop = make_shop()
    with pytest.raises(ClockStopped):
        clock.take_break(worker=shop.worker, at=MONDAY)
    assert rows(shop) == []


def test_work_stays_bound_to_the_rate_it_was_first_shown_under() -> None:
    shop = make_shop()
    start(shop)
    show(shop, ONE, after(minutes=1))
    projects.set_rate_card(
        actor=shop.stewards[0],
        project_id=shop.project_id,
        hourly_micro=9_000_000,
        valid_from=after(minutes=5),
        at=MONDAY,
    )
    clock.take_break(worker=shop.worker, at=after(minutes=10))
    clock.end_break(worker=shop.worker, at=after(minutes=11))
    show(shop, TWO, after(minutes=21))
    clock.stop(worker=shop.worker, at=after(minutes=31))
    bound = Interval.objects.order_by("id").values_list("category", "work_id", "rate_card__version")
    assert list(bound) == [
        ("waiting", "", 1),
        ("task", "lease-1", 1),
        ("break", "", 2),
        ("task", "lease-1", 1),
        ("task", "lease-2", 2),
    ]


def test_two_tabs_of_one_worker_are_the_union_not_the_sum() -> None:
    shop = make_shop()
    start(shop)
    token = clock.clock_token(shop.worker, "s")
    show(shop, ONE, after(seconds=0), tab="a")
    show(shop, TWO, after(seconds=100), tab="b")
    clock.beat(token=token, tab="a", seq=1, elapsed_ms=1, work=ONE, focused=True, at=after(seconds=110))
    clock.beat(token=token, tab="b", seq=1, elapsed_ms=1, work=TWO, focused=True, at=after(seconds=120))
    clock.stop(worker=shop.worker, at=after(seconds=200))
    assert sum(ms for _, ms, _ in rows(shop)) == 200_000
    time_of = {
        work: sum(row.ms for row in Interval.objects.filter(work_id=work)) for work in ("lease-1", "lease-2")
    }
    assert time_of == {"lease-1": 110_000, "lease-2": 90_000}


def test_a_tab_can_not_name_work_that_was_never_shown() -> None:
    shop = make_shop()
    start(shop)
    show(shop, ONE, MONDAY)
    token = clock.clock_token(shop.worker, "s")
    clock.beat(token=token, tab="b", seq=1, elapsed_ms=1, work=TWO, focused=True, at=after(minutes=1))
    assert WorkerClock.objects.get(worker=shop.worker).work_id == "lease-1"
    assert rows(shop) == []


def test_a_project_without_a_rate_starts_nobodys_clock() -> None:
    shop = make_shop(hourly_micro=None)
    with pytest.raises(NoRateInForce), transaction.atomic():
        start(shop)
    assert not WorkerClock.objects.exclude(category="").exists()


def test_simulated_people_do_not_work_in_real_projects() -> None:
    shop, robot = make_shop(), make_user(simulated=True)
    with pytest.raises(SimulatedMix), transaction.atomic():
        clock.start_work(worker=robot, project_id=shop.project_id, tab="a", at=MONDAY)
    assert not WorkerClock.objects.exclude(category="").exists()


def test_time_is_paid_beyond_the_reservation_and_shown_as_owed() -> None:
    shop = make_shop(funded_micro=RATE)  # one hour
    start(shop)
    for minute in range(0, 120, 10):
        show(shop, ONE if minute % 20 else TWO, after(minutes=minute))
    clock.stop(worker=shop.worker, at=after(hours=2))
    assert sum(earned for _, _, earned in rows(shop)) == 2 * RATE
    owed = Posting.objects.filter(account__kind="funder_receivable").values_list("amount_micro", flat=True)
    assert sum(owed) == -RATE
    assert clock_view(shop.worker, after(hours=2)).earned_today_micro == 2 * RATE


def gap_of_25_minutes(shop: Shop) -> Interval:
    start(shop)
    show(shop, ONE, MONDAY)
    clock.stop(worker=shop.worker, at=after(minutes=25))
    return Interval.objects.get(category="unknown")


def test_a_gap_answered_yes_is_paid_whole() -> None:
    shop = make_shop()
    gap = gap_of_25_minutes(shop)
    assert (gap.ms, gap.earned_micro, gap.work_id) == (1_500_000, 0, "lease-1")
    answer = clock.answer_unknown(worker=shop.worker, interval_id=gap.pk, paid_ms=gap.ms, at=after(hours=1))
    assert (answer.category, answer.ms, answer.earned_micro, answer.resolves_id) == (
        "task",
        1_500_000,
        7_708_334,
        gap.pk,
    )


@pytest.mark.parametrize(("paid_ms", "category", "earned"), [(0, "break", 0), (600_000, "task", 3_083_334)])
def test_a_gap_answered_no_or_in_part_is_paid_so_far(paid_ms: int, category: str, earned: int) -> None:
    shop = make_shop()
    gap = gap_of_25_minutes(shop)
    answer = clock.answer_unknown(worker=shop.worker, interval_id=gap.pk, paid_ms=paid_ms, at=after(hours=1))
    assert (answer.category, answer.earned_micro) == (category, earned)


def test_a_gap_is_answered_once_by_its_own_worker_within_its_length() -> None:
    shop = make_shop()
    gap = gap_of_25_minutes(shop)
    with pytest.raises(NotFound), transaction.atomic():
        clock.answer_unknown(worker=make_user(), interval_id=gap.pk, paid_ms=1)
    with pytest.raises(Invalid), transaction.atomic():
        clock.answer_unknown(worker=shop.worker, interval_id=gap.pk, paid_ms=gap.ms + 1)
    assert not Entry.objects.filter(kind="work").exists()
    clock.answer_unknown(worker=shop.worker, interval_id=gap.pk, paid_ms=gap.ms)
    with pytest.raises(NotAnswerable), transaction.atomic():
        clock.answer_unknown(worker=shop.worker, interval_id=gap.pk, paid_ms=gap.ms)
    assert Entry.objects.filter(kind="work").count() == 1
