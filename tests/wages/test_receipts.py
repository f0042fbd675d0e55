"""The worker's receipt: counts once until evidence comes, differs in the open, and a fee is owed back."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from byhand.errors import Invalid, NotAllowed, NotFound
from tests.wages.factories import Shop, after, make_shop, make_user
from tests.wages.paid import balances, made, outcome, payday, sent, settlement
from wages.errors import SettlementRefused
from wages.models import Entry, PayoutLine, PayoutReceipt, Settlement
from wages.services.receipts import record_receipt, refund_fee
from wages.services.settling import settle

pytestmark = pytest.mark.django_db


def said(line: PayoutLine, received: int = 3_090_000, fee: int = 0, **changed: Any) -> PayoutReceipt:
    values = {"worker": line.worker, "received_on": date(2026, 3, 10), "at": after(days=8), **changed}
    return record_receipt(line_id=line.pk, received_micro=received, fee_micro=fee, **values)


def settled(shop: Shop, line: PayoutLine, **changed: str) -> None:
    settle(
        actor=shop.stewards[0],
        project_id=shop.project_id,
        content=settlement(outcome(line, **changed)),
        at=after(days=8),
    )


def test_a_receipt_counts_as_received_and_evidence_that_follows_posts_nothing_more() -> None:
    shop = payday()
    line = sent(shop).lines.get()
    assert len({said(line).pk for _ in range(3)}) == 1
    assert balances(shop)["worker_received"] == 3_090_000
    entry = Entry.objects.get(kind="received")
    assert (entry.key, entry.actor) == (f"received:{line.key}", shop.worker)
    settled(shop, line)
    assert Entry.objects.filter(kind="received").count() == 1
    assert "worker_sent" not in balances(shop)


def test_evidence_first_and_a_receipt_that_follows_posts_nothing_more() -> None:
    shop = payday()
    line = sent(shop).lines.get()
    settled(shop, line)
    before = balances(shop)
    said(line)
    assert balances(shop) == before and PayoutReceipt.objects.count() == 1


@pytest.mark.parametrize(
    ("received", "fee", "counts"),
    [
        (3_090_000, 0, True),
        (3_000_000, 90_000, True),
        (3_090_000, 90_000, True),
        (3_000_000, 0, False),
        (3_000_000, 80_000, False),
        (0, 3_090_000, False),
        (0, 0, False),
        (4_000_000, 0, False),
    ],
)
def test_a_receipt_counts_if_it_accounts_for_the_whole_payment(received: int, fee: int, counts: bool) -> None:
    shop = payday()
    said(sent(shop).lines.get(), received, fee)
    assert balances(shop).get("worker_received", 0) == (3_090_000 if counts else 0)
    assert balances(shop).get("worker_sent", 0) == (0 if counts else 3_090_000)


def test_receipt_and_failure_that_contradict_are_both_kept_and_pay_once() -> None:
    shop = payday(workers=2)
    first, second = sent(shop).lines.order_by("worker")
    said(first)
    settled(shop, first, status="failed", reason="closed")  # the worker has it: nothing goes back
    settled(shop, second, status="failed", reason="closed")
    said(second)  # it went back already: nothing is counted twice
    found = balances(shop)
    assert (found["worker_received"], found["worker_payable"]) == (3_090_000, 3_090_000)
    assert "worker_sent" not in found
    assert (Settlement.objects.count(), PayoutReceipt.objects.count()) == (2, 2)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"received": -1}, "received"),
        ({"received": 3_090_001}, "received"),
        ({"fee": -10_000}, "fee"),
        ({"received": 10**16}, "received"),
        ({"received_on": date(2026, 3, 7)}, "received_on"),
        ({"received_on": date(2026, 3, 12)}, "received_on"),
    ],
)
def test_a_receipt_that_can_not_be_is_refused(changed: dict[str, Any], field: str) -> None:
    shop = payday()
    line, before = sent(shop).lines.get(), balances(shop)
    with pytest.raises(Invalid) as refused:
        said(line, **changed)
    assert [problem.split(":")[0] for problem in refused.value.problems] == [field]
    assert not PayoutReceipt.objects.exists() and balances(shop) == before


def test_nobody_receives_for_somebody_else_or_what_was_not_sent() -> None:
    shop = payday()
    draft = made(shop).lines.get()
    for line_id, worker in ((draft.pk, shop.worker), (uuid.uuid4(), shop.worker)):
        with pytest.raises(NotFound):
            record_receipt(
                worker=worker, line_id=line_id, received_micro=0, fee_micro=0, received_on=date(2026, 3, 10)
            )
    other = payday()
    line = sent(other).lines.get()
    for worker in (make_user(), other.stewards[0], shop.worker):
        with pytest.raises(NotFound):
            said(line, worker=worker)
    assert not PayoutReceipt.objects.exists()


def test_a_fee_is_paid_back_once_by_a_stewards_click() -> None:
    shop = payday()
    line = sent(shop).lines.get()
    receipt = said(line, 3_000_000, 90_000)
    reservation = balances(shop)["reservation"]
    entries = {
        refund_fee(actor=shop.stewards[0], receipt_id=receipt.pk, at=after(days=8)).pk for _ in range(3)
    }
    assert len(entries) == 1
    found = balances(shop)
    assert (found["worker_earned"], found["reservation"]) == (90_000, reservation - 90_000)
    entry = Entry.objects.get(kind="cost")
    assert entry.pay_period is not None and entry.pay_period.closing_at is None
    assert (entry.key, entry.actor) == (f"cost:payout:{line.key}", shop.stewards[0])


def test_a_refund_needs_a_steward_a_fee_and_the_newest_receipt() -> None:
    shop = payday()
    line = sent(shop).lines.get()
    old = said(line, 3_000_000, 90_000)
    new = said(line, 3_090_000, 0)
    before = balances(shop)
    for actor in (shop.engineer, shop.worker, make_shop().stewards[0]):
        with pytest.raises(NotAllowed):
            refund_fee(actor=actor, receipt_id=old.pk)
    for receipt in (old, new):
        with pytest.raises(Invalid):
            refund_fee(actor=shop.stewards[0], receipt_id=receipt.pk)
    with pytest.raises(NotFound):
        refund_fee(actor=shop.stewards[0], receipt_id=987654321)
    assert balances(shop) == before and not Entry.objects.filter(kind="cost").exists()


def test_receipts_stay() -> None:
    shop = payday()
    said(sent(shop).lines.get())
    for statement in ("UPDATE wages_payoutreceipt SET fee_micro = 1", "DELETE FROM wages_payoutreceipt"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert PayoutReceipt.objects.get().fee_micro == 0


def test_a_settlement_that_differs_from_the_receipt_is_refused_only_where_the_file_is_wrong() -> None:
    shop = payday()
    line = sent(shop).lines.get()
    said(line, 1_000_000)
    with pytest.raises(SettlementRefused):
        settled(shop, line, amount="1.00")
    settled(shop, line)
    assert balances(shop)["worker_received"] == 3_090_000  # the evidence counts; the receipt stands beside it
    assert PayoutReceipt.objects.get().received_micro == 1_000_000
