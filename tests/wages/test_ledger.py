"""The ledger refuses what must never be: unequal entries, changes, and simulated beside real."""

from __future__ import annotations

import uuid

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from tests.wages.factories import Shop, after, make_shop, make_user
from tests.wages.test_clock import ONE, rows, show, start
from wages.errors import KeyReused
from wages.models import AccountKind, Entry, EntryKind, LedgerAccount, Posting
from wages.reservation import left_micro
from wages.selectors.offers import offer_facts
from wages.services import clock
from wages.services.ledger import balance, mirror, post, project_account
from wages.services.periods import close_period

APPEND_ONLY = ("payer", "interval", "ledgeraccount", "entry", "posting", "sliceleaf")
KEPT = ("paidproject", "ratecard", "deposit", "period", "accrual")


def worked(shop: Shop) -> Entry:
    start(shop)
    show(shop, ONE, after(minutes=0))
    clock.stop(worker=shop.worker, at=after(minutes=10))
    return Entry.objects.get(kind="work")


def legs(shop: Shop, out: int, into: int) -> dict[LedgerAccount, int]:
    funding = project_account(shop.project_id, AccountKind.FUNDING)
    return {funding: out, project_account(shop.project_id, AccountKind.RESERVATION): into}


@pytest.mark.django_db
def test_an_entry_that_does_not_add_up_never_commits() -> None:
    shop = make_shop()
    with pytest.raises(IntegrityError, match="does not balance: 1 micro-units of USD"), transaction.atomic():
        post(project=shop.project, kind=EntryKind.DEPOSIT, key="odd", legs=legs(shop, -5, 6))
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.django_db
def test_an_entry_without_postings_never_commits() -> None:
    shop = make_shop()
    with pytest.raises(IntegrityError, match="fewer than two postings"), transaction.atomic():
        post(project=shop.project, kind=EntryKind.DEPOSIT, key="empty", legs={})
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.django_db
def test_one_key_is_one_entry() -> None:
    shop = make_shop(funded_micro=0)
    made = {
        post(project=shop.project, kind=EntryKind.DEPOSIT, key="k", legs=legs(shop, -5, 5)).pk
        for _ in range(3)
    }
    assert len(made) == 1
    with pytest.raises(KeyReused), transaction.atomic():
        post(project=shop.project, kind=EntryKind.DEPOSIT, key="k", legs=legs(shop, -6, 6))
    assert balance(project_account(shop.project_id, AccountKind.RESERVATION)) == 5


def test_history_is_refused_to_the_owner_and_to_the_app(own_database: str) -> None:
    shop = make_shop()
    worked(shop)
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    # payers were moved into pools; no new row is written
    tables = [*(name for name in APPEND_ONLY if name != "payer"), "pool", "poolversion", "payterms"]
    for table in (f"wages_{name}" for name in tables):
        before = rows_in(table)
        assert before > 0
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):  # noqa: S608
            with (
                pytest.raises(DatabaseError, match=r"append-only|is kept"),
                connections["owner"].cursor() as cursor,
            ):
                cursor.execute(statement)
            with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
                cursor.execute(statement)
        assert rows_in(table) == before


def rows_in(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
@pytest.mark.parametrize("table", KEPT)
def test_rows_that_are_completed_later_are_never_deleted(table: str) -> None:
    shop = make_shop()
    worked(shop)
    with pytest.raises(DatabaseError, match="is kept"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM wages_{table}")  # noqa: S608


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE wages_ratecard SET hourly_micro = 1",
        "UPDATE wages_ratecard SET period = tstzrange(lower(period) - interval '1 day', NULL)",
        "UPDATE wages_deposit SET amount_micro = amount_micro + 1",
        "UPDATE wages_deposit SET approved_at = now()",
        "UPDATE wages_accrual SET total_ms = total_ms - 1",
        "UPDATE wages_accrual SET earned_micro = earned_micro + 1",
        "UPDATE wages_paidproject SET simulated = true",
        "UPDATE wages_paidproject SET currency = 'EUR'",
    ],
)
def test_settled_values_do_not_change(change: str) -> None:
    shop = make_shop()
    worked(shop)
    with (
        pytest.raises(DatabaseError, match=r"never change|settled|approved|fall|accrual_pays_the_formula"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change)


@pytest.mark.django_db
def test_a_closed_period_does_not_change() -> None:
    shop = make_shop()
    worked(shop)
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    with pytest.raises(DatabaseError, match="is closed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE wages_period SET earned_micro = 0")


@pytest.mark.django_db
def test_the_database_keeps_simulated_and_real_apart() -> None:
    shop, robot = make_shop(), make_user(simulated=True)
    values = {"kind": "worker_earned", "project": shop.project, "currency": "USD"}
    for worker, simulated in ((robot, False), (robot, True), (shop.worker, True)):
        with pytest.raises(IntegrityError, match="simulated"), transaction.atomic():
            LedgerAccount.objects.create(worker=worker, simulated=simulated, **values)
    with (
        pytest.raises(IntegrityError, match="organisation_simulated"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO wages_paidproject (id, organisation_id, title, currency, simulated,"
            " declared_floor_micro, created_at)"
            " VALUES (%s, %s, 'x', 'USD', true, 0, now())",
            [uuid.uuid4(), shop.organisation.pk],
        )
    assert not LedgerAccount.objects.filter(worker=robot).exists()


@pytest.mark.django_db
def test_a_posting_can_not_join_an_account_of_another_currency() -> None:
    shop, other = make_shop(), make_shop(currency="EUR")
    entry = worked(shop)
    account = project_account(other.project_id, AccountKind.FUNDING)
    with pytest.raises(IntegrityError, match="posting_account_simulated"), transaction.atomic():
        Posting.objects.create(entry=entry, account=account, amount_micro=1, currency="USD", simulated=False)


@pytest.mark.django_db
def test_a_reversal_mirrors_the_payment_once() -> None:
    shop = make_shop(funded_micro=10**9)
    entry = worked(shop)
    left = left_micro(shop.project_id)
    first = mirror(entry=entry, actor=shop.stewards[0], reason="Case 1.")
    assert mirror(entry=entry, actor=shop.stewards[0], reason="Case 1.").pk == first.pk
    assert balance(LedgerAccount.objects.get(kind="worker_earned", worker=shop.worker)) == 0
    assert left_micro(shop.project_id) == left + 3_083_334
    assert rows(shop) == [("task", 600_000, 3_083_334)]  # the time stays
    period = close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    assert period.earned_micro == 3_083_334
    assert not Posting.objects.filter(account__kind="worker_payable").exists()


def covered(shop: Shop, live_leases: int) -> bool:
    facts = offer_facts(
        worker_id=shop.worker.pk,
        project_id=shop.project_id,
        holds=live_leases,
        lease_ms=3_600_000,
        at=after(),
    )
    return facts.covered


@pytest.mark.django_db
def test_work_is_offered_only_while_the_reservation_covers_every_live_lease() -> None:
    shop = make_shop(funded_micro=2 * 18_500_000)  # two hours
    assert [covered(shop, live) for live in (0, 1, 2)] == [True, True, False]
    worked(shop)
    assert [covered(shop, live) for live in (0, 1)] == [True, False]
    assert not covered(make_shop(hourly_micro=None), 0)
