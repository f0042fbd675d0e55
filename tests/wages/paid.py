"""Builders for the tests of payouts: workers with an account and a closed week, and batches on their way."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

from django.db import connection, transaction

from byhand.accounts.models import User
from tests.wages.factories import MONDAY, Shop, after, make_shop, make_user
from wages.models import PayoutBatch, PayoutLine, Posting
from wages.paying.details import Details
from wages.paying.files_in import COLUMNS
from wages.paying.files_out import decimal
from wages.services import clock
from wages.services.payout_accounts import set_payout_account
from wages.services.payouts import approve_batch, make_batch
from wages.services.periods import close_period
from wages.work import Category, WorkKind, WorkRef

CLOSED = after(days=7)
"""When the week of MONDAY is closed, made into a batch and approved, unless a test says otherwise."""


def bank(currency: str = "USD", holder: str = "A. Worker") -> Details:
    return Details("bank", currency, "DE", holder, iban="DE89370400440532013000")


def wallet(currency: str = "USD", phone: str = "+254712345678") -> Details:
    return Details("wallet", currency, "KE", "A. Worker", provider="M-Pesa", phone=phone)


def work_for(shop: Shop, worker: User, ms: int = 600_000, begin: datetime = MONDAY) -> None:
    """Let `worker` work `ms` milliseconds on one item from `begin` on."""
    clock.start_work(worker=worker, project_id=shop.project_id, tab="a", at=begin)
    with transaction.atomic():
        locked = clock.lock_clock(worker=worker, at=begin)
        work = WorkRef(WorkKind.RANK, f"lease-{worker.pk}-{begin:%d%H}")
        clock.move(locked, category=Category.TASK, project_id=shop.project_id, work=work)
    clock.stop(worker=worker, at=begin + timedelta(milliseconds=ms))


def payday(*, currency: str = "USD", workers: int = 1, simulated: bool = False, floor_micro: int = 0) -> Shop:
    """Return a shop whose week is closed: each worker has ten minutes payable and a bank account out of its hold."""
    shop = make_shop(currency=currency, floor_micro=floor_micro)
    shop.workers = [shop.worker, *(make_user(simulated) for _ in range(workers - 1))]
    for worker in shop.workers:
        set_payout_account(worker=worker, details=bank(currency), at=MONDAY)
        work_for(shop, worker)
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=CLOSED)
    return shop


def made(shop: Shop, *, key: str = "first", at: datetime = CLOSED) -> PayoutBatch:
    return make_batch(actor=shop.stewards[0], project_id=shop.project_id, key=key, at=at)


def sent(shop: Shop, *, key: str = "first", at: datetime = CLOSED) -> PayoutBatch:
    batch = made(shop, key=key, at=at)
    return approve_batch(actor=shop.stewards[1], batch_id=batch.pk, seen_sha256=batch.content_sha256, at=at)


def outcome(line: PayoutLine, **changed: str) -> dict[str, str]:
    """Return one row of a settlement file: settled in full on the day it was sent."""
    return {
        "key": line.key,
        "status": "settled",
        "amount": decimal(line.amount_micro, line.currency),
        "currency": line.currency,
        "fee": "0",
        "settled_on": f"{CLOSED:%Y-%m-%d}",
        "reference": "bank 1",
        "reason": "",
        **changed,
    }


def settlement(*rows: dict[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def balances(shop: Shop) -> dict[str, int]:
    """Return what is in each kind of account of the project; kinds at zero are left out."""
    totals: dict[str, int] = {}
    rows = Posting.objects.filter(account__project=shop.project)
    for kind, amount in rows.values_list("account__kind", "amount_micro"):
        totals[kind] = totals.get(kind, 0) + amount
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what would be refused at the commit is refused here
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return {kind: total for kind, total in totals.items() if total}
