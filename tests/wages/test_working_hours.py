"""Worked time by the hour is the intervals, cut at the hour: written with them, and proven by verify_ledger."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connections, transaction

from tests.wages.factories import MONDAY, Shop, after, make_shop
from tests.wages.test_clock import ONE, show, start
from wages.models import Interval, WorkedHour
from wages.services import clock


def hours() -> list[tuple[float, int, int, float, float]]:
    """Return (hour, worked minutes, minutes with an item, first and last minute), counted from Monday 09:00."""
    return [
        (
            (row.hour - MONDAY).total_seconds() / 3600,
            row.worked_ms // 60_000,
            row.item_ms // 60_000,
            (row.began - MONDAY).total_seconds() / 60,
            (row.ended - MONDAY).total_seconds() / 60,
        )
        for row in WorkedHour.objects.order_by("hour")
    ]


def present(shop: Shop, until: int) -> None:
    """Let a tab be seen every 15 minutes, so that the session lasts."""
    token = clock.clock_token(shop.worker, "s")
    for minute in range(15, until, 15):
        clock.beat(
            token=token, tab="a", seq=minute, elapsed_ms=minute * 60_000, work=ONE, at=after(minutes=minute)
        )


@pytest.mark.django_db
def test_an_interval_over_two_hours_is_cut_at_the_hour() -> None:
    shop = make_shop()
    start(shop)
    show(shop, ONE, after(minutes=10))
    present(shop, 130)
    clock.stop(worker=shop.worker, at=after(minutes=130))
    assert hours() == [(0, 60, 50, 0, 60), (1, 60, 60, 60, 120), (2, 10, 10, 120, 130)]
    assert sum(row.worked_ms for row in WorkedHour.objects.all()) == sum(
        Interval.objects.values_list("ms", flat=True)
    )


@pytest.mark.django_db
def test_an_unknown_gap_counts_once_it_is_answered_in_the_hour_in_which_it_was() -> None:
    shop = make_shop()
    start(shop)
    show(shop, ONE, after(minutes=10))
    clock.stop(worker=shop.worker, at=after(minutes=50))
    assert hours() == [(0, 10, 0, 0, 10)]
    gap = Interval.objects.get(category="unknown")
    clock.answer_unknown(worker=shop.worker, interval_id=gap.pk, paid_ms=gap.ms, at=after(minutes=90))
    assert hours() == [(0, 50, 40, 0, 50)]


@pytest.mark.django_db
def test_an_unpaid_break_is_no_work() -> None:
    shop = make_shop()
    start(shop)
    clock.take_break(worker=shop.worker, at=after(minutes=5))
    clock.end_break(worker=shop.worker, at=after(minutes=45))
    clock.stop(worker=shop.worker, at=after(minutes=50))
    assert hours() == [(0, 10, 0, 0, 50)]


@pytest.mark.django_db
def test_worked_time_never_falls_and_is_never_deleted() -> None:
    shop = make_shop()
    start(shop)
    clock.stop(worker=shop.worker, at=after(minutes=5))
    row = WorkedHour.objects.get()
    for change in (lambda: WorkedHour.objects.update(worked_ms=1, item_ms=0), row.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert hours() == [(0, 5, 0, 0, 5)]


def test_verify_ledger_names_an_hour_that_is_not_its_intervals(own_database: str) -> None:
    shop = make_shop()
    start(shop)
    show(shop, ONE, after(minutes=10))
    clock.stop(worker=shop.worker, at=after(minutes=20))
    call_command("verify_ledger", stdout=StringIO())
    for change in (
        "worked_ms = worked_ms + 1",
        "item_ms = item_ms + 1",
        "ended = ended + interval '1 second'",
    ):
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT worked_ms, item_ms, ended FROM wages_workedhour")
            before = cursor.fetchone()
            cursor.execute(f"UPDATE wages_workedhour SET {change}")  # noqa: S608
        with pytest.raises(CommandError, match="of worker"):
            call_command("verify_ledger", stdout=StringIO())
        with connections["owner"].cursor() as cursor:
            cursor.execute("ALTER TABLE wages_workedhour DISABLE TRIGGER USER")
            cursor.execute("UPDATE wages_workedhour SET worked_ms = %s, item_ms = %s, ended = %s", before)
    call_command("verify_ledger", stdout=StringIO())
