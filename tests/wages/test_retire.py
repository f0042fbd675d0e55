"""Retiring periods after the legal term: one role, whole periods, counts and roots in the log, a ledger that proves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connections, transaction

from byhand.accounts.models import User
from byhand.errors import Invalid
from tests.wages.factories import MONDAY, Shop, after, make_shop, make_user
from wages.models import (
    Accrual,
    Entry,
    Interval,
    LeafName,
    LedgerAccount,
    Period,
    Posting,
    RetiredPeriod,
    SliceLeaf,
    Statement,
    WorkedHour,
)
from wages.paying.payables import payable_of
from wages.reservation import left_micro
from wages.retiring.terms import term_ends
from wages.services import clock
from wages.services.periods import close_period
from wages.services.retire import lift_hold, place_hold, plan, retire
from wages.transparency import verification as log_verification
from wages.transparency.models import LogLeaf
from wages.verification import verify

OLD = timedelta(days=7 * 52 * 8)  # whole weeks, so that Mondays stay Mondays
TODAY = MONDAY + timedelta(days=30)
BEFORE = (MONDAY - OLD + timedelta(days=14)).date()


def old(**delta: float) -> datetime:
    return after(**delta) - OLD


def worked(shop: Shop, worker: User, begin: datetime, minutes: float) -> None:
    clock.start_work(worker=worker, project_id=shop.project_id, tab="a", at=begin)
    clock.stop(worker=worker, at=begin + timedelta(minutes=minutes))


@pytest.fixture
def shop(own_database: str, django_db_blocker: Any) -> Iterator[Shop]:
    """Two weeks of eight years ago, closed; one of this year, closed; and work that is open. Two workers."""
    with django_db_blocker.unblock():
        made = make_shop(valid_from=MONDAY - OLD - timedelta(days=30))
        made.workers = [made.worker, make_user()]
        for worker in made.workers:
            for begin in (old(), old(days=7), MONDAY):
                worked(made, worker, begin, 10.5)
        for at in (old(days=8), old(days=15), after(days=8)):
            close_period(actor=made.stewards[0], project_id=made.project_id, at=at)
        worked(made, made.worker, after(days=9), 5)
        yield made


def balances() -> dict[int, int]:
    found = dict.fromkeys(LedgerAccount.objects.values_list("pk", flat=True), 0)
    for account, micro in Posting.objects.values_list("account_id", "amount_micro"):
        found[account] += micro
    return found


def bad() -> list[object]:
    return [finding for finding in verify() if finding.bad] + list(log_verification.problems())


def test_whole_old_periods_go_and_everything_still_proves(shop: Shop) -> None:
    before, payable, left = balances(), payable_of(shop.project_id), left_micro(shop.project_id)
    roots = list(Period.objects.order_by("starts").values_list("root", flat=True)[:2])
    assert bad() == []
    made = retire(before=BEFORE, at=TODAY)
    gone = list(RetiredPeriod.objects.order_by("period__starts"))
    assert [len(periods) for periods in made.periods.values()] == [2]
    assert [row.period.root for row in gone] == roots
    assert [(row.intervals, row.entries, row.leaves) for row in gone] == [(2, 4, 8), (2, 4, 8)]
    ids = [row.period_id for row in gone]
    for model, name in (
        (Interval, "pay_period__in"), (Entry, "pay_period__in"), (Statement, "period__in"), (Accrual, "period__in"),
        (SliceLeaf, "period__in"), (LeafName, "period__in"),
    ):  # fmt: skip
        assert model._default_manager.filter(**{name: ids}).count() == 0
    assert WorkedHour.objects.filter(hour__lt=MONDAY - timedelta(days=30)).count() == 0
    assert Interval.objects.count() == 3
    assert balances() == before
    assert payable_of(shop.project_id) == payable
    assert left_micro(shop.project_id) == left
    assert Entry.objects.filter(kind="retired").count() == 2
    assert bad() == []


def test_count_and_root_are_logged_once_however_often_it_runs(shop: Shop) -> None:
    retire(before=BEFORE, at=TODAY)
    retire(before=BEFORE, at=TODAY)
    entries = [json.loads(bytes(leaf.entry))["body"] for leaf in LogLeaf.objects.filter(kind="retire")]
    assert len(entries) == 2
    assert {entry["root"] for entry in entries} == {row.period.root for row in RetiredPeriod.objects.all()}
    assert entries[0]["intervals"] == "2"
    assert RetiredPeriod.objects.count() == 2


def test_a_date_inside_the_term_is_refused_and_named_and_nothing_goes(shop: Shop) -> None:
    rows = Interval.objects.count()
    with pytest.raises(Invalid, match=r"must be kept until 2033-03-09"):
        retire(before=after(days=20).date(), at=TODAY + timedelta(days=20))
    assert (Interval.objects.count(), RetiredPeriod.objects.count()) == (rows, 0)


def test_a_longer_term_of_a_country_counts(shop: Shop, settings: Any) -> None:
    settings.KEEP_YEARS = {"": 7, "KE": 10}
    with pytest.raises(Invalid, match="must be kept until 2028"):
        plan(before=BEFORE, at=TODAY)


def test_a_legal_hold_stops_it_in_the_service_and_in_the_database(shop: Shop) -> None:
    hold = place_hold(project=shop.project, reference="file 7/2026")
    made = retire(before=BEFORE, at=TODAY)
    assert made.periods == {}
    assert "legal hold file 7/2026" in made.kept[0]
    period = Period.objects.order_by("starts")[0]
    assert "under a legal hold" in refused("retire", _mark(period))
    lift_hold(hold_id=hold.pk)
    lift_hold(hold_id=hold.pk)
    place_hold(project=None, reference="all of it")
    assert retire(before=BEFORE, at=TODAY).periods == {}
    assert RetiredPeriod.objects.count() == 0


def test_a_dry_run_says_what_would_go_and_removes_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = Posting.objects.count()
    said = StringIO()
    call_command("retire", "--before", BEFORE.isoformat(), "--dry-run", stdout=said)
    assert "Rankings: would go: 2018-W" in said.getvalue()
    assert Posting.objects.count() == rows
    with pytest.raises(CommandError, match="must be kept until"):
        call_command("retire", "--before", "2026-11-01", stdout=said)
    call_command("legal_hold", "place", "--reference", "r", "--project", str(shop.project_id), stdout=said)
    call_command("retire", "--before", BEFORE.isoformat(), stdout=said)
    assert "legal hold r" in said.getvalue()
    assert Posting.objects.count() == rows


def test_a_period_that_later_rows_point_into_stays_with_all_after_it(shop: Shop) -> None:
    second = Period.objects.order_by("starts")[1]
    entry = Entry.objects.filter(pay_period=second, kind="work").order_by("pk")[0]
    with transaction.atomic():
        mirror = Entry.objects.create(
            kind="reversal", key="mirror", project=shop.project, simulated=False, reverses=entry, reason="a mistake",
            actor=shop.stewards[0], pay_period=Period.objects.get(closed_at=None),
        )  # fmt: skip
        for leg in entry.postings.all():
            Posting.objects.create(
                entry=mirror,
                account=leg.account,
                amount_micro=-leg.amount_micro,
                currency="USD",
                simulated=False,
            )
    made = retire(before=BEFORE, at=TODAY)
    assert [len(periods) for periods in made.periods.values()] == [1]
    assert second.label in made.kept[0]


def _mark(period: Period) -> str:
    return (
        "INSERT INTO wages_retiredperiod (period_id, before, intervals, entries, leaves, transaction_id, at)"  # noqa: S608
        f" VALUES ({period.pk}, '2020-01-01', 0, 0, 0, 0, now())"
    )


def refused(alias: str, *statements: str) -> str:
    with (
        pytest.raises(DatabaseError) as caught,
        transaction.atomic(using=alias),
        connections[alias].cursor() as cursor,
    ):
        for statement in statements:
            cursor.execute(statement)
    return str(caught.value)


TABLES = ("posting", "entry", "interval", "sliceleaf", "statement", "accrual")


@pytest.mark.parametrize("alias", ["default", "owner", "retire"])
def test_no_role_removes_rows_of_a_period_that_is_not_retired(shop: Shop, alias: str) -> None:
    counts = {table: _count(table) for table in TABLES}
    for table in TABLES:
        why = refused(alias, f"DELETE FROM wages_{table}")  # noqa: S608
        assert (
            "append-only" in why
            or "is kept" in why
            or "permission denied" in why
            or "violates foreign" in why
        )
        if table != "accrual":  # grows while its period is open
            refused(alias, f"UPDATE wages_{table} SET id = id")  # noqa: S608
        refused(alias, f"TRUNCATE wages_{table} CASCADE")
    assert {table: _count(table) for table in TABLES} == counts


@pytest.mark.parametrize("alias", ["default", "owner"])
def test_neither_app_nor_owner_can_mark_or_pass_as_the_role(shop: Shop, alias: str) -> None:
    period = Period.objects.order_by("starts")[0]
    assert "only byhand_retire retires" in refused(alias, _mark(period))
    assert "permission denied" in refused(alias, "SET ROLE byhand_retire", _mark(period))
    assert RetiredPeriod.objects.count() == 0


def test_the_role_removes_nothing_of_a_period_retired_in_an_earlier_transaction_or_of_another(
    shop: Shop,
) -> None:
    first, second, third = Period.objects.order_by("starts")[:3]
    with transaction.atomic(using="retire"), connections["retire"].cursor() as cursor:
        cursor.execute(_mark(first))
    assert "append-only" in refused("retire", f"DELETE FROM wages_sliceleaf WHERE period_id = {first.pk}")  # noqa: S608
    assert "append-only" in refused(
        "retire",
        _mark(second),
        f"DELETE FROM wages_sliceleaf WHERE period_id = {third.pk}",  # noqa: S608
    )
    assert "younger than any legal term" in refused("retire", _mark(third)) or third.ends < TODAY - timedelta(
        days=365
    )


def _count(table: str) -> int:
    with connections["default"].cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM wages_{table}")  # noqa: S608
        row = cursor.fetchone()
    return int(row[0])


def test_the_role_reads_no_account_of_a_person(own_database: str) -> None:
    assert "permission denied" in refused("retire", "SELECT email FROM accounts_user")


def test_the_term_ends_on_the_day() -> None:
    assert term_ends(date(2019, 3, 4), 7) == date(2026, 3, 4)
    assert term_ends(date(2024, 2, 29), 7) == date(2031, 3, 1)
