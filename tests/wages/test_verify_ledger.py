"""verify_ledger proves a sound ledger and names the first bad row of a corrupted one."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections

from tests.wages.factories import Shop, after, make_shop
from tests.wages.test_clock import ONE, TWO, show, start
from wages.closing.statement_body import digest
from wages.models import Accrual, Entry, Interval, Posting, SliceLeaf, Statement
from wages.services import clock
from wages.services.ledger import mirror
from wages.services.periods import close_period
from wages.transparency.canonical import canonical


def lived() -> Shop:
    """A project with waiting, work, a gap with its answer, a break, a reversal, a closed week and a later one."""
    shop = make_shop(funded_micro=20_000_000)
    start(shop)
    show(shop, ONE, after(minutes=1))
    show(shop, TWO, after(minutes=40))
    clock.take_break(worker=shop.worker, at=after(minutes=50))
    clock.end_break(worker=shop.worker, at=after(minutes=60))
    clock.stop(worker=shop.worker, at=after(minutes=75))
    gap = Interval.objects.get(category="unknown")
    clock.answer_unknown(worker=shop.worker, interval_id=gap.pk, paid_ms=gap.ms, at=after(minutes=76))
    mirror(
        actor=shop.stewards[0],
        entry=Entry.objects.filter(kind="work").order_by("id")[0],
        reason="Mistake.",
    )
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="a", at=after(days=8))
    clock.stop(worker=shop.worker, at=after(days=8, minutes=3))
    return shop


def verify() -> str:
    out = StringIO()
    call_command("verify_ledger", stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_a_sound_ledger_proves() -> None:
    lived()
    report = verify()
    assert "BAD" not in report
    assert report.splitlines()[-1] == "The ledger proves: 10 entries, 7 intervals."


def corrupt(statement: str) -> None:
    """Change the database behind the platform's back: as the owner, with its triggers off."""
    with connections["owner"].cursor() as cursor:
        for table in ("posting", "entry", "interval", "accrual", "sliceleaf", "period", "statement"):
            cursor.execute(f"ALTER TABLE wages_{table} DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE wages_accrual DROP CONSTRAINT IF EXISTS accrual_pays_the_formula")
        cursor.execute("ALTER TABLE wages_interval DROP CONSTRAINT IF EXISTS interval_no_overlap")
        cursor.execute("ALTER TABLE wages_interval DROP CONSTRAINT IF EXISTS interval_ms_is_its_period")
        cursor.execute(statement)


def test_a_corrupted_row_is_named(own_database: str) -> None:
    lived()
    verify()
    posting = Posting.objects.filter(account__kind="worker_earned", entry__kind="work").order_by("id")[1]
    interval = Interval.objects.filter(work_id="lease-2", category="task").order_by("id")[0]
    accrual, leaf = Accrual.objects.order_by("id")[0], SliceLeaf.objects.order_by("position")[0]
    cases = [
        ("posting", "amount_micro = amount_micro + {}1", posting.pk, f"entry {posting.entry_id}: "),
        ("accrual", "earned_micro = earned_micro + {}1", accrual.pk, f"accrual {accrual.pk}: "),
        ("interval", "ms = ms + {}1", interval.pk, f"interval {interval.pk} says "),
        ("interval", "earned_micro = earned_micro + {}1", interval.pk, f"accrual {accrual.pk} of worker "),
        ("sliceleaf", "position = position + {}100", leaf.pk, "leaf 0 is missing"),
    ]
    for table, change, row, named in cases:
        corrupt(f"UPDATE wages_{table} SET {change.format('')} WHERE id = {row}")  # noqa: S608
        with pytest.raises(CommandError) as refused:
            verify()
        assert named in str(refused.value), change
        corrupt(f"UPDATE wages_{table} SET {change.format('-')} WHERE id = {row}")  # noqa: S608
        verify()  # put back, it proves again


def test_a_changed_statement_is_named(own_database: str) -> None:
    lived()
    statement = Statement.objects.get()
    body = json.loads(statement.body)
    assert body["total_micro"] == str(statement.payable_micro)
    floor = body["floor"]
    cases: list[tuple[dict[str, object], str]] = [
        ({"earned_micro": {**body["earned_micro"], "work": "1"}}, f"statement {statement.pk} of worker "),
        ({"total_micro": "1"}, f"statement {statement.pk} says 1 micro-units"),
        ({"time": {**body["time"], "paid_total_ms": "1"}}, f"statement {statement.pk} of worker "),
        ({"floor": {**floor, "top_up_micro": "5"}}, "the top-up is 5, posted 0"),
        ({"floor": {**floor, "floor_micro": "99000000"}}, "at a floor of 99000000 an hour"),
        ({"floor": {**floor, "costs": [{"kind": "fee", "amount_micro": "7"}]}}, "listed one by one 7"),
        ({"previous_sha256": "ab"}, f"statement {statement.pk} names ab as the one before it, which is none"),
    ]
    for change, named in cases:
        forge(statement, canonical({**body, **change}).decode())
        with pytest.raises(CommandError) as refused:
            verify()
        assert named in str(refused.value), change
        forge(statement, statement.body)
        verify()
    corrupt("UPDATE wages_statement SET body = replace(body, 'pay statement', 'pay statement ')")
    with pytest.raises(CommandError, match=f"statement {statement.pk}: its body has the SHA-256 "):
        verify()


def forge(statement: Statement, text: str) -> None:
    """Give a statement another body with the hash that belongs to it."""
    corrupt(
        f"UPDATE wages_statement SET body = '{text}', sha256 = '{digest(text)}' WHERE id = {statement.pk}"  # noqa: S608
    )


def test_an_overlap_is_named(own_database: str) -> None:
    lived()
    first = Interval.objects.filter(category="waiting").order_by("id")[0]
    longer = "period = tstzrange(lower(period), upper(period) + interval '5 seconds'), ms = ms + 5000"
    corrupt(f"UPDATE wages_interval SET {longer} WHERE id = {first.pk}")  # noqa: S608
    named = r"interval \d+ of worker \d+ begins at .* before an earlier one ends"
    with pytest.raises(CommandError, match=named):
        verify()
