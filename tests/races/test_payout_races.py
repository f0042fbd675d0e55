"""Payouts that come at once pay once. With the same race without its locks, which the database alone must stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from tests.races.test_clock_races import at_once
from tests.wages.factories import Shop, after
from tests.wages.paid import CLOSED, made, outcome, payday, settlement, work_for
from wages.errors import StaleBatch
from wages.models import Entry, PayoutBatch, PayoutReceipt, Period, PeriodClose, Posting, SettlementFile
from wages.paying.paid_out import is_paid_out
from wages.paying.payables import due
from wages.services import payouts, periods, sending
from wages.services.closing import close_batch
from wages.services.payouts import approve_batch, cancel_batch, make_batch
from wages.services.receipts import record_receipt
from wages.services.settling import settle
from wages.verification import verify


@pytest.fixture
def shop(own_database: str) -> Iterator[Shop]:
    yield payday(workers=2)


def proven() -> list[str]:
    return [finding.bad for finding in verify() if finding.bad]


def on_the_way(shop: Shop) -> int:
    rows = Posting.objects.filter(account__project=shop.project, account__kind="worker_sent")
    return sum(rows.values_list("amount_micro", flat=True))


def test_batches_made_at_once_are_one(shop: Shop) -> None:
    results = at_once(
        *(
            partial(
                make_batch, actor=shop.stewards[0], project_id=shop.project_id, key=f"k{n % 2}", at=CLOSED
            )
            for n in range(6)
        )
    )
    kept = [result for result in results if isinstance(result, PayoutBatch)]
    assert {type(result).__name__ for result in results} == {"PayoutBatch", "BatchWaits"}
    assert len({batch.pk for batch in kept}) == PayoutBatch.objects.count() == 1


def test_approvals_and_a_cancel_at_once_decide_once(shop: Shop) -> None:
    batch = made(shop)
    approve = partial(
        approve_batch,
        actor=shop.stewards[1],
        batch_id=batch.pk,
        seen_sha256=batch.content_sha256,
        at=CLOSED,
    )
    results = at_once(*[approve] * 4, partial(cancel_batch, actor=shop.stewards[0], batch_id=batch.pk))
    assert any(isinstance(result, PayoutBatch) for result in results)
    batch.refresh_from_db()
    assert on_the_way(shop) == (6_180_000 if batch.state == "approved" else 0)
    assert Entry.objects.filter(kind="payout").count() == (2 if batch.state == "approved" else 0)
    assert proven() == []


def test_without_the_locks_two_payouts_of_one_payable_are_stopped_by_the_database(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: both have compared the payable before either posts, so both would send it."""
    first = made(shop)
    # a second draft, as it would be without the project's lock and the one-draft rule
    PayoutBatch.objects.filter(pk=first.pk).update(cancelled_by=shop.stewards[0], cancelled_at=CLOSED)
    second = made(shop, key="second")
    both_have_compared = threading.Barrier(2)

    def unlocked(batch: PayoutBatch) -> None:
        with transaction.atomic():
            assert due(shop.project, at=CLOSED)
            both_have_compared.wait()
            sending.send(shop.project, batch, actor=shop.stewards[1], at=CLOSED)

    results = at_once(partial(unlocked, first), partial(unlocked, second))
    assert sorted(type(result).__name__ for result in results) == ["IntegrityError", "NoneType"]
    assert any(isinstance(result, IntegrityError) and "holds" in str(result) for result in results)
    assert on_the_way(shop) == 6_180_000


def test_evidence_and_receipts_at_once_count_once(shop: Shop) -> None:
    batch = made(shop)
    approve_batch(actor=shop.stewards[1], batch_id=batch.pk, seen_sha256=batch.content_sha256, at=CLOSED)
    lines = list(batch.lines.select_related("worker"))
    content = settlement(*(outcome(line, fee="0.10") for line in lines))
    acts: list[Callable[[], object]] = [
        partial(
            settle, actor=shop.stewards[0], project_id=shop.project_id, content=content, at=after(days=8)
        ),
        partial(
            record_receipt,
            worker=lines[0].worker,
            line_id=lines[0].pk,
            received_micro=lines[0].amount_micro,
            fee_micro=0,
            received_on=date(2026, 3, 10),
            at=after(days=8),
        ),
    ]
    results = at_once(*acts * 3)
    assert not [result for result in results if isinstance(result, Exception)]
    assert (SettlementFile.objects.count(), PayoutReceipt.objects.count()) == (1, 1)
    assert Entry.objects.filter(kind="received").count() == 2 and on_the_way(shop) == 0
    assert Entry.objects.filter(kind="payment_fee").count() == 1
    assert proven() == []


SECOND_WEEK = after(days=14)


@pytest.fixture
def closing(shop: Shop) -> tuple[PayoutBatch, PeriodClose]:
    """A batch of the first week's pay, and the close of the second week, begun and with its workers still to come."""
    work_for(shop, shop.worker, begin=after(days=7, hours=1))
    batch = made(shop, at=SECOND_WEEK)
    close = periods.begin_close(actor=shop.stewards[0], project_id=shop.project_id, at=SECOND_WEEK)
    return batch, close


def approve_while_workers_are_made_payable(shop: Shop, batch: PayoutBatch, close: PeriodClose) -> object:
    """Approve in another connection between the postings of a close's batch and its commit; return what came of it."""
    came: list[object] = []

    def approve() -> None:
        came.extend(
            at_once(
                partial(
                    approve_batch,
                    actor=shop.stewards[1],
                    batch_id=batch.pk,
                    seen_sha256=batch.content_sha256,
                    at=SECOND_WEEK,
                )
            )
        )

    approval = threading.Thread(target=approve)
    with transaction.atomic():
        held = PeriodClose.objects.select_for_update().get(pk=close.pk)
        period = Period.objects.select_related("project").get(pk=close.period_id)
        assert close_batch(held, period.project, period, SECOND_WEEK) is not None
        approval.start()
        while approval.is_alive() and not waits_for_a_row():
            approval.join(0.01)
    approval.join(30)
    assert not approval.is_alive()
    return came[0]


def waits_for_a_row() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


def earned_in_the_second_week(shop: Shop) -> Entry:
    found = Entry.objects.filter(project=shop.project, kind="work", pay_period__label="2026-W11").first()
    assert found is not None
    return found


def test_an_approval_waits_for_a_close_that_makes_pay_payable(
    shop: Shop, closing: tuple[PayoutBatch, PeriodClose]
) -> None:
    result = approve_while_workers_are_made_payable(shop, *closing)
    assert isinstance(result, StaleBatch)
    assert not Entry.objects.filter(kind="payout").exists()
    assert not is_paid_out(earned_in_the_second_week(shop))
    assert due(shop.project, at=SECOND_WEEK)[0].payable_micro == 2 * 3_083_334


def test_without_that_wait_pay_counts_as_sent_by_a_payment_that_did_not_have_it(
    shop: Shop, closing: tuple[PayoutBatch, PeriodClose], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: the close has the smaller entry ids, and the payment that came after them has less pay."""
    monkeypatch.setattr(payouts, "_hold_closes", lambda project: None)
    result = approve_while_workers_are_made_payable(shop, *closing)
    assert isinstance(result, PayoutBatch)
    assert due(shop.project, at=SECOND_WEEK)[0].payable_micro == 3_083_334
    assert is_paid_out(earned_in_the_second_week(shop))
