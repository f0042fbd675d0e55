"""verify_ledger proves payouts that went right and names the first row of those that did not."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connections

from tests.wages.factories import Shop, after
from tests.wages.paid import outcome, payday, sent, settlement
from wages.paying.checks import PAYOUT_CHECKS
from wages.services.receipts import record_receipt, refund_fee
from wages.services.settling import settle
from wages.verification import verify


def lived(currency: str = "USD") -> Shop:
    """Four payments: settled with a fee, failed and sent again, received by the worker's word, and on its way."""
    shop = payday(currency=currency, workers=4)
    one, two, three, _four = sent(shop).lines.order_by("worker")
    content = settlement(outcome(one, fee="1"), outcome(two, status="failed", reason="closed"))
    settle(actor=shop.stewards[0], project_id=shop.project_id, content=content, at=after(days=8))
    receipt = record_receipt(
        worker=three.worker,
        line_id=three.pk,
        received_micro=three.amount_micro,
        fee_micro=1_000_000,
        received_on=date(2026, 3, 10),
        at=after(days=8),
    )
    refund_fee(actor=shop.stewards[0], receipt_id=receipt.pk, at=after(days=8))
    sent(shop, key="again", at=after(days=9))
    return shop


def bad() -> list[str]:
    return [finding.bad for finding in verify() if finding.bad]


@pytest.mark.django_db
@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_payouts_that_went_right_prove(currency: str) -> None:
    lived(currency)
    assert bad() == []
    assert {finding.check for finding in verify()} >= PAYOUT_CHECKS.keys()


TABLES = ("payoutbatch", "payoutline", "settlement", "entry", "posting", "ledgeraccount")
CASES = [
    ("UPDATE wages_payoutbatch SET approved_by_id = made_by_id", "was made and approved by"),
    (
        "UPDATE wages_payoutline SET amount_micro = amount_micro + 10000, payable_micro = payable_micro + 10000"
        " WHERE id = (SELECT min(id::text)::uuid FROM wages_payoutline)",
        "payout line ",
    ),
    ("UPDATE wages_entry SET key = 'payout:' || repeat('0', 32) WHERE id = (SELECT min(id) FROM wages_entry"
     " WHERE kind = 'payout')", "has no approved payout line"),
    ("UPDATE wages_payoutline SET rounding_micro = 10000, payable_micro = amount_micro - 10000", "rounds by "),
    ("UPDATE wages_settlement SET status = 'settled' WHERE status = 'failed'", "is settled, its entries are: ret"),
    ("UPDATE wages_settlement SET fee_micro = fee_micro + 1", "names fees of"),
    ("UPDATE wages_entry SET key = key || '0' WHERE kind = 'received'", "holds "),
    ("UPDATE wages_posting SET amount_micro = amount_micro - 1 WHERE account_id IN (SELECT id FROM wages_ledgeraccount"
     " WHERE kind = 'worker_received')", "add up to"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "named"), CASES)
def test_what_went_wrong_is_named(own_database: str, statement: str, named: str) -> None:
    lived()
    with connections["owner"].cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE wages_{table} DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE wages_payoutbatch DROP CONSTRAINT payoutbatch_two_stewards")
        cursor.execute(statement)
    assert any(named in problem for problem in bad()), bad()
