"""Closing a period freezes its slice, makes what was earned payable, and happens once."""

from __future__ import annotations

import json

import pytest
from django.db import DatabaseError, connection, transaction

from byhand.errors import NotAllowed
from tests.wages.factories import MONDAY, Shop, after, make_shop
from wages.errors import NothingToClose
from wages.models import Entry, Interval, Period, Posting, SliceLeaf
from wages.selectors import closed_periods, leaves
from wages.services import clock, projects
from wages.services.periods import close_period
from wages.transparency import merkle
from wages.transparency.models import LogLeaf
from wages.work import Category, WorkKind, WorkRef

pytestmark = pytest.mark.django_db
WORK = WorkRef(WorkKind.RANK, "lease-1")


def work_ten_minutes(shop: Shop) -> None:
    clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="a", at=MONDAY)
    with transaction.atomic():
        locked = clock.lock_clock(worker=shop.worker, at=after(minutes=1))
        clock.move(locked, category=Category.TASK, project_id=shop.project_id, work=WORK)
    clock.stop(worker=shop.worker, at=after(minutes=11))


def balances(shop: Shop) -> dict[str, int]:
    totals: dict[str, int] = {}
    for kind, amount in Posting.objects.filter(account__project=shop.project).values_list(
        "account__kind", "amount_micro"
    ):
        totals[kind] = totals.get(kind, 0) + amount
    return totals


def test_a_week_that_has_ended_is_closed() -> None:
    shop = make_shop()
    work_ten_minutes(shop)
    period = close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    assert (period.label, period.earned_micro) == ("2026-W10", 3_391_667)
    assert [found.pk for found in closed_periods(shop.project_id)] == [period.pk]
    found = balances(shop)
    assert (found["worker_earned"], found["worker_payable"]) == (0, 3_391_667)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_slice_has_one_leaf_per_worker_category_and_work() -> None:
    shop = make_shop()
    work_ten_minutes(shop)
    period = close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    bodies = [json.loads(leaf.body) for leaf in leaves(period.pk)]
    assert len(bodies) == 8  # two leaves, padded to a power of two
    real = sorted((body for body in bodies if body["worker"]), key=lambda body: body["category"])
    assert [(body["category"], body["work"], body["ms"], body["earned_micro"]) for body in real] == [
        ("task", "rank:lease-1", "600000", "3083333"),
        ("waiting", None, "60000", "308334"),
    ]
    assert {body["rate_card"] for body in real} == {f"{shop.project_id}/v1"}
    assert len({body["worker"] for body in real}) == 1 and str(shop.worker.pk) not in {
        body["worker"] for body in real
    }


def test_the_root_over_the_salted_leaves_is_in_the_log() -> None:
    shop = make_shop()
    work_ten_minutes(shop)
    period = close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    hashes = [merkle.leaf_hash(bytes(leaf.salt) + leaf.body.encode()) for leaf in leaves(period.pk)]
    assert period.root == merkle.root(hashes).hex()
    entry = json.loads(bytes(LogLeaf.objects.get(kind="period").entry))
    assert (entry["body"]["root"], entry["body"]["label"]) == (period.root, "2026-W10")


def test_closing_three_times_pays_once() -> None:
    shop = make_shop()
    work_ten_minutes(shop)
    closed = {
        close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7)).pk
        for _ in range(3)
    }
    assert len(closed) == 1
    assert Entry.objects.filter(kind="period").count() == 1
    assert balances(shop)["worker_payable"] == 3_391_667


def test_a_running_week_of_a_real_project_is_not_closed() -> None:
    shop = make_shop()
    work_ten_minutes(shop)
    with pytest.raises(NothingToClose):
        close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=2))
    assert not Period.objects.filter(closed_at__isnull=False).exists()
    assert not SliceLeaf.objects.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("ends = ends - interval '1 day'", "the end of a real week never changes"),
        (
            "closed_at = ends - interval '1 ms', earned_micro = 0, root = repeat('0', 64)",
            "a real week closes after its end",
        ),
    ],
)
def test_the_database_refuses_to_cut_or_close_a_real_week_early(change: str, message: str) -> None:
    shop = make_shop(simulated=False)
    work_ten_minutes(shop)
    before = Period.objects.values().get()
    with pytest.raises(DatabaseError, match=message), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE wages_period SET {change}")  # noqa: S608
    assert Period.objects.values().get() == before


def test_a_simulated_project_closes_its_running_week_early_and_the_next_begins_there() -> None:
    shop = make_shop_simulated()
    work_ten_minutes(shop)
    first = close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(hours=1))
    assert first.ends == after(hours=1)
    again = close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(hours=2))
    assert again.pk == first.pk  # nothing was worked since
    clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="a", at=after(hours=3))
    clock.stop(worker=shop.worker, at=after(hours=3, minutes=5))
    second = close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(hours=4))
    assert (second.label, second.starts, second.ends) == ("2026-W10.2", after(hours=1), after(hours=4))


def make_shop_simulated() -> Shop:
    shop = make_shop(simulated=True, funded_micro=0)
    projects.fund_simulated(project_id=shop.project_id, amount_micro=10**12, key="start")
    return shop


def test_work_that_comes_after_the_close_goes_to_the_next_period_with_its_date() -> None:
    shop = make_shop()
    clock.start_work(
        worker=shop.worker, project_id=shop.project_id, tab="a", at=after(days=6, hours=14, minutes=50)
    )
    with transaction.atomic():  # the first minute opens the week's period
        locked = clock.lock_clock(worker=shop.worker, at=after(days=6, hours=14, minutes=51))
        clock.move(locked, category=Category.TASK, project_id=shop.project_id, work=WORK)
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=6, hours=15))
    clock.stop(worker=shop.worker, at=after(days=6, hours=15, minutes=5))
    late = Interval.objects.filter(category="task").order_by("id")
    assert [(row.ms, row.pay_period.label) for row in late] == [(540_000, "2026-W11"), (300_000, "2026-W11")]
    assert late[0].period.lower == after(days=6, hours=14, minutes=51)


def test_an_engineer_may_not_close() -> None:
    shop = make_shop()
    work_ten_minutes(shop)
    with pytest.raises(NotAllowed):
        close_period(actor=shop.engineer, project_id=shop.project_id, at=after(days=7))
    assert not Period.objects.filter(closed_at__isnull=False).exists()
