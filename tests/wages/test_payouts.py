"""Payout batches: made by one steward, approved by another, posted once, and exactly what was approved."""

from __future__ import annotations

import csv
import hashlib
import io
import uuid
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from byhand.accounts.models import InboxMessage, Membership
from byhand.audit.models import AuditEvent
from byhand.errors import NotAllowed, NotFound
from tests.wages.factories import MONDAY, after, make_shop
from tests.wages.paid import CLOSED, balances, bank, made, payday, sent, wallet, work_for
from wages.errors import BatchDecided, BatchWaits, FileGone, NothingToPay, SecondStewardNeeded, StaleBatch
from wages.models import Entry, PayoutBatch, PayoutIdentity, PayoutLine, Posting
from wages.paying.paid_out import is_paid_out
from wages.selectors.payouts import flow
from wages.services import payouts, sending
from wages.services.payout_accounts import erase_payout_identities, set_payout_account
from wages.services.payouts import approve_batch, cancel_batch, make_batch, payout_file
from wages.services.periods import close_period

pytestmark = pytest.mark.django_db
TEN_MINUTES = 3_083_334
"""ceil(600,000 ms x 18.50 / 3,600,000) in micro-units."""

TWICE = """
WITH made AS (INSERT INTO wages_entry (kind, key, project_id, simulated, reason, at)
    SELECT 'payout', 'twice', id, simulated, '', now() FROM wages_paidproject RETURNING id)
INSERT INTO wages_posting (entry_id, account_id, amount_micro, currency, simulated)
SELECT made.id, account.id, CASE account.kind WHEN 'worker_sent' THEN 1 ELSE -1 END, 'USD', false
FROM made, wages_ledgeraccount account WHERE account.kind IN ('worker_payable', 'worker_sent')
"""


def ledger() -> tuple[int, int]:
    return Entry.objects.count(), Posting.objects.count()


def approved(batch: PayoutBatch, shop: Any, **changed: Any) -> PayoutBatch:
    values = {
        "actor": shop.stewards[1],
        "batch_id": batch.pk,
        "seen_sha256": batch.content_sha256,
        "at": CLOSED,
        **changed,
    }
    return approve_batch(**values)


@pytest.mark.parametrize(
    ("currency", "amount", "rounding"),
    [("USD", 3_090_000, 6_666), ("JPY", 4_000_000, 916_666), ("KWD", 3_084_000, 666)],
)
def test_a_line_is_the_payable_rounded_up_once_at_the_funders_cost(
    currency: str, amount: int, rounding: int
) -> None:
    shop = payday(currency=currency)
    reservation = balances(shop)["reservation"]
    line = sent(shop).lines.get()
    assert (line.payable_micro, line.rounding_micro, line.amount_micro) == (TEN_MINUTES, rounding, amount)
    found = balances(shop)
    assert found["worker_sent"] == amount
    assert found["reservation"] == reservation - rounding
    assert "worker_payable" not in found and "rounding" not in found  # what came in for rounding went out


def test_making_a_batch_posts_nothing_and_approving_it_sends() -> None:
    shop = payday(workers=2)
    before = ledger()
    batch = made(shop)
    assert (batch.state, ledger()) == ("draft", before)
    approved(batch, shop)
    batch.refresh_from_db()
    assert (batch.state, batch.approved_by) == ("approved", shop.stewards[1])
    assert ledger() == (before[0] + 3, before[1] + 8)  # two lines of three postings, and the rounding of both
    assert {entry.key for entry in Entry.objects.filter(kind="payout")} == {
        f"payout:{line.key}" for line in batch.lines.all()
    }
    told = InboxMessage.objects.filter(subject="USD 3.09 is on its way")
    assert set(told.values_list("user", flat=True)) == {worker.pk for worker in shop.workers}


def test_making_and_approving_three_times_pays_once() -> None:
    shop = payday()
    batches = {made(shop).pk for _ in range(3)}
    assert len(batches) == 1
    batch = PayoutBatch.objects.get()
    after_first = None
    for _ in range(3):
        approved(batch, shop)
        after_first = after_first or (ledger(), InboxMessage.objects.count())
        assert (ledger(), InboxMessage.objects.count()) == after_first
    assert balances(shop)["worker_sent"] == 3_090_000
    with pytest.raises(NothingToPay):
        made(shop, key="another")


def test_who_made_a_batch_cannot_approve_it() -> None:
    shop = payday()
    batch, before = made(shop), ledger()
    with pytest.raises(SecondStewardNeeded):
        approved(batch, shop, actor=shop.stewards[0])
    assert (PayoutBatch.objects.get().state, ledger()) == ("draft", before)


def test_the_database_refuses_the_same_person_as_well() -> None:
    shop = payday()
    batch = made(shop)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE wages_payoutbatch SET approved_by_id = made_by_id, approved_at = now()")
    with pytest.raises(IntegrityError, match="payoutbatch_two_stewards"), transaction.atomic():
        PayoutBatch.objects.create(
            project=shop.project, currency="USD", simulated=False, key="k", content_sha256="0" * 64,
            made_by=shop.stewards[0], approved_by=shop.stewards[0], approved_at=CLOSED,
        )  # fmt: skip
    assert PayoutBatch.objects.get(pk=batch.pk).state == "draft"


def test_engineers_workers_and_stewards_elsewhere_may_do_nothing() -> None:
    shop, other = payday(), make_shop()
    for actor in (shop.engineer, shop.worker, other.stewards[0]):
        with pytest.raises(NotAllowed):
            make_batch(actor=actor, project_id=shop.project_id, key="k", at=CLOSED)
    batch, before = made(shop), ledger()
    for actor in (shop.engineer, shop.worker, other.stewards[0]):
        with pytest.raises(NotAllowed):
            approved(batch, shop, actor=actor)
        with pytest.raises(NotAllowed):
            cancel_batch(actor=actor, batch_id=batch.pk)
        with pytest.raises(NotAllowed):
            payout_file(actor=actor, batch_id=batch.pk, layout="bank")
    assert (PayoutBatch.objects.get().state, ledger()) == ("draft", before)


def test_nobody_makes_or_approves_a_batch_that_pays_themselves() -> None:
    shop = payday()
    for steward in shop.stewards:
        set_payout_account(worker=steward, details=bank(), at=MONDAY)
        work_for(shop, steward, begin=after(days=7))
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=14))
    batch = made(shop, at=after(days=14))
    assert batch.left_out == [[shop.stewards[0].pk, "own", str(TEN_MINUTES)]]
    assert {line.worker_id for line in batch.lines.all()} == {shop.worker.pk, shop.stewards[1].pk}
    before = ledger()
    with pytest.raises(NotAllowed, match="own pay"):
        approved(batch, shop, at=after(days=14))
    assert (PayoutBatch.objects.get().state, ledger()) == ("draft", before)


def test_who_is_left_out_is_listed_with_the_reason() -> None:
    shop = payday(workers=4)
    late, erased = shop.workers[1], shop.workers[2]
    set_payout_account(worker=late, details=wallet(), at=after(days=6))
    erase_payout_identities(worker=erased)
    batch = made(shop)
    assert batch.left_out == [
        [late.pk, "held", str(TEN_MINUTES)],
        [erased.pk, "no_account", str(TEN_MINUTES)],
    ]
    assert {line.worker_id for line in batch.lines.all()} == {shop.workers[0].pk, shop.workers[3].pk}


def test_without_anything_to_send_no_batch_is_made() -> None:
    shop = payday()
    set_payout_account(worker=shop.worker, details=wallet(), at=after(days=6))
    with pytest.raises(NothingToPay) as refused:
        made(shop)
    assert refused.value.problems == [
        f"worker {shop.worker.pk}: a new account is held until 10 Mar 2026, 09:00 UTC"
    ]
    assert not PayoutBatch.objects.exists()


def test_a_batch_whose_payable_has_changed_is_stale_and_posts_nothing() -> None:
    shop = payday()
    batch = made(shop)
    work_for(shop, shop.worker, begin=after(days=7))
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=14))
    before = ledger()
    with pytest.raises(StaleBatch) as refused:
        approved(batch, shop, at=after(days=14))
    assert refused.value.problems == [f"line {batch.lines.get().key}: the payable has changed."]
    assert (PayoutBatch.objects.get().state, ledger()) == ("draft", before)
    cancel_batch(actor=shop.stewards[0], batch_id=batch.pk)
    sent(shop, key="second", at=after(days=14))
    assert balances(shop)["worker_sent"] == 6_170_000  # one rounding over both weeks


def test_a_batch_is_stale_once_a_worker_names_another_account() -> None:
    shop = payday()
    batch, before = made(shop), ledger()
    set_payout_account(worker=shop.worker, details=wallet(), at=CLOSED)
    with pytest.raises(StaleBatch, match="out of date"):
        approved(batch, shop)
    assert (PayoutBatch.objects.get().state, ledger()) == ("draft", before)


@pytest.mark.parametrize("seen", ["", "0" * 64])
def test_what_is_approved_is_what_was_seen(seen: str) -> None:
    shop = payday()
    batch, before = made(shop), ledger()
    with pytest.raises(StaleBatch, match="not the one"):
        approved(batch, shop, seen_sha256=seen)
    assert (PayoutBatch.objects.get().state, ledger()) == ("draft", before)


def test_a_cancelled_batch_is_never_approved_and_an_approved_one_never_cancelled() -> None:
    shop = payday()
    batch, before = made(shop), ledger()
    for _ in range(3):
        cancel_batch(actor=shop.stewards[0], batch_id=batch.pk, at=CLOSED)
    with pytest.raises(BatchDecided):
        approved(batch, shop)
    assert ledger() == before
    second = sent(shop, key="second")
    with pytest.raises(BatchDecided):
        cancel_batch(actor=shop.stewards[0], batch_id=second.pk)
    assert PayoutBatch.objects.get(pk=second.pk).state == "approved"


def test_one_batch_waits_at_a_time() -> None:
    shop = payday()
    made(shop)
    with pytest.raises(BatchWaits):
        made(shop, key="second")
    with pytest.raises(IntegrityError, match="payoutbatch_one_draft"), transaction.atomic():
        PayoutBatch.objects.create(
            project=shop.project, currency="USD", simulated=False, key="k", content_sha256="0" * 64,
            made_by=shop.stewards[0],
        )  # fmt: skip
    assert PayoutBatch.objects.count() == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE wages_payoutbatch SET approved_at = now()",
        "UPDATE wages_payoutbatch SET files = '{}'",
        "DELETE FROM wages_payoutbatch",
        "UPDATE wages_payoutline SET amount_micro = amount_micro",
        "DELETE FROM wages_payoutline",
        "INSERT INTO wages_payoutline SELECT gen_random_uuid(), currency, simulated, payable_micro, rounding_micro,"
        " amount_micro, account_id, batch_id, worker_id FROM wages_payoutline",
    ],
)
def test_an_approved_batch_stands(statement: str) -> None:
    shop = payday()
    sent(shop)
    before = (list(PayoutBatch.objects.values()), list(PayoutLine.objects.values()))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert (list(PayoutBatch.objects.values()), list(PayoutLine.objects.values())) == before


@pytest.mark.parametrize("broken", ["_ENTRIES", "_POSTINGS", "_hashes", "tell"])
def test_a_crash_inside_the_approval_leaves_nothing_behind(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = payday()
    batch, before = made(shop), (ledger(), InboxMessage.objects.count())
    with monkeypatch.context() as patched:
        if broken in ("_ENTRIES", "_POSTINGS"):
            patched.setattr(sending, broken, "SELECT 1 / 0")
        else:
            patched.setattr(payouts, broken, lambda *_: 1 / 0)
        with pytest.raises((DatabaseError, ZeroDivisionError)), transaction.atomic():
            approved(batch, shop)
    assert (ledger(), InboxMessage.objects.count()) == before
    assert PayoutBatch.objects.get().state == "draft"
    approved(batch, shop)
    assert balances(shop)["worker_sent"] == 3_090_000


def test_the_database_refuses_to_send_more_than_is_payable() -> None:
    shop = payday()
    sent(shop)
    with (
        pytest.raises(IntegrityError, match="more than account"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(TWICE)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert not Entry.objects.filter(key="twice").exists()


def test_the_files_are_the_same_bytes_each_time_and_each_download_is_logged() -> None:
    shop = payday(workers=2)
    set_payout_account(worker=shop.workers[1], details=wallet(), at=after(days=1))
    batch = sent(shop)
    for layout in ("bank", "wallet"):
        first, again = (
            payout_file(actor=shop.stewards[0], batch_id=batch.pk, layout=layout) for _ in range(2)
        )
        assert first == again and hashlib.sha256(first).hexdigest() == batch.files[layout]
    assert AuditEvent.objects.filter(action="wages.download_payout").count() == 4
    lines = {line.worker_id: line for line in batch.lines.all()}
    in_bank, in_wallet = lines[shop.workers[0].pk], lines[shop.workers[1].pk]
    table = list(
        csv.reader(
            io.StringIO(payout_file(actor=shop.stewards[0], batch_id=batch.pk, layout="bank").decode())
        )
    )
    assert table[1:] == [
        [in_bank.key, "3.09", "USD", "A. Worker", "DE", "DE89370400440532013000", "", "", f"Pay {in_bank.key[:8]}"]
    ]  # fmt: skip
    content = payout_file(actor=shop.stewards[0], batch_id=batch.pk, layout="wallet").decode()
    assert content.splitlines()[1:] == [
        f"{in_wallet.key},3.09,USD,A. Worker,KE,M-Pesa,254712345678,Pay {in_wallet.key[:8]}"
    ]


def test_a_file_is_made_for_approved_batches_only_and_says_when_it_is_gone() -> None:
    shop = payday()
    batch = made(shop)
    with pytest.raises(NotFound):
        payout_file(actor=shop.stewards[0], batch_id=batch.pk, layout="bank")
    approved(batch, shop)
    with pytest.raises(NotFound):
        payout_file(actor=shop.stewards[0], batch_id=batch.pk, layout="wallet")
    assert erase_payout_identities(worker=shop.worker) == 0  # the payment is on its way
    PayoutIdentity.objects.all().delete()
    with pytest.raises(FileGone):
        payout_file(actor=shop.stewards[0], batch_id=batch.pk, layout="bank")


def test_an_unknown_batch_is_not_found() -> None:
    steward = make_shop().stewards[0]
    with pytest.raises(NotFound):
        approve_batch(actor=steward, batch_id=uuid.uuid4(), seen_sha256="")


def test_pay_of_different_projects_stays_apart() -> None:
    one, two = payday(), payday()
    sent(one)
    assert balances(two)["worker_payable"] == TEN_MINUTES
    assert balances(one)["worker_sent"] == 3_090_000


def test_an_entry_is_paid_out_from_the_approval_on() -> None:
    shop = payday(workers=2)
    work_for(shop, shop.worker, begin=after(days=7))  # the next week, still open
    first, second = Entry.objects.filter(kind="work", interval__worker=shop.worker).order_by("id")
    batch = made(shop)
    assert not is_paid_out(first)
    approved(batch, shop)
    assert is_paid_out(first) and not is_paid_out(second)
    deposit = Entry.objects.get(kind="deposit")
    assert not is_paid_out(deposit)
    found = flow(shop.project_id)
    assert (found.earned_micro, found.waiting_micro) == (3 * TEN_MINUTES, 0)
    assert (found.on_the_way_micro, found.received_micro, found.sent_micro) == (6_180_000, 0, 6_180_000)
    mine = flow(shop.project_id, shop.worker.pk)
    assert (mine.earned_micro, mine.on_the_way_micro) == (2 * TEN_MINUTES, 3_090_000)


def test_a_steward_who_is_no_member_any_more_approves_nothing() -> None:
    shop = payday()
    batch, before = made(shop), ledger()
    Membership.objects.filter(user=shop.stewards[1]).delete()
    with pytest.raises(NotAllowed):
        approved(batch, shop)
    assert ledger() == before


def test_the_statements_of_an_approval_are_as_many_for_one_worker_as_for_many() -> None:
    counts = []
    for workers in (1, 8):
        shop = payday(workers=workers)
        batch = made(shop)
        with CaptureQueriesContext(connection) as queries:
            approve_batch(
                actor=shop.stewards[1], batch_id=batch.pk, seen_sha256=batch.content_sha256, at=CLOSED
            )
        counts.append(len(queries))
        assert (
            InboxMessage.objects.filter(user__in=shop.workers, link="/earnings/payments/").count() == workers
        )
    assert counts[0] == counts[1]
