"""The worker's own word about a payment: "I received __ on __, fee __". It counts as received until evidence comes.

A receipt counts if it accounts for the whole line: the amount arrived, or arrived less the fee that was taken on the
way. Anything else is kept and shown to stewards beside the evidence, and moves no money.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from byhand.accounts.models import User
from byhand.accounts.selectors import require_steward
from byhand.accounts.services import send_message
from byhand.audit.services import record
from byhand.errors import Invalid, NotAllowed, NotFound
from byhand.money import exponent, format_money
from byhand.money.rounding import MICRO_DIGITS
from wages.models import AccountKind, Entry, EntryKind, PaidProject, PayoutLine, PayoutReceipt
from wages.services.charging import charge, open_period, worker_account
from wages.services.ledger import post
from wages.services.projects import database_now, locked_project
from wages.services.settling import DAY_AHEAD, DAY_BEHIND

LARGEST_MICRO = 10**15


@transaction.atomic
def record_receipt(
    *,
    worker: User,
    line_id: UUID,
    received_micro: int,
    fee_micro: int,
    received_on: date,
    at: datetime | None = None,
) -> PayoutReceipt:
    """Keep what the worker says of their own payment; the newest receipt of a line counts, all of them stay.

    The same words again return the first receipt. Raises NotFound for anybody else's line, Invalid with each field.
    """
    project, line = _own_line(worker, line_id)
    now = at or database_now()
    if found := _problems(line, received_micro, fee_micro, received_on, now):
        raise Invalid(_("This receipt can't be kept."), found)
    said = {"received_micro": received_micro, "fee_micro": fee_micro, "received_on": received_on}
    receipt, fresh = PayoutReceipt.objects.get_or_create(line=line, **said, defaults={"at": now})
    if fresh:
        record(actor_id=worker.pk, action="wages.receipt", subject=f"payout_line:{line.key}")
    if _accounts_for(line, received_micro, fee_micro):
        _count(project, line, worker)
    return receipt


@transaction.atomic
def refund_fee(*, actor: User, receipt_id: int, at: datetime | None = None) -> Entry:
    """Pay back the fee of the newest receipt of a line, once a line: a `cost` of the open period, from the funder."""
    project = _project_of_receipt(receipt_id)
    require_steward(actor, project.organisation_id)
    receipt = PayoutReceipt.objects.select_related("line__worker").get(pk=receipt_id)
    line = receipt.line
    if line.worker_id == actor.pk:
        raise NotAllowed("Nobody decides about their own pay.")
    if receipt.fee_micro <= 0 or line.receipts.filter(pk__gt=receipt.pk).exists():
        raise Invalid("receipt: only a fee that the worker's newest receipt names is paid back.")
    key = f"cost:payout:{line.key}"
    done = Entry.objects.filter(key=key).first()
    if done is not None:
        return done
    entry = charge(
        project=project,
        kind=EntryKind.COST,
        amount_micro=receipt.fee_micro,
        credit=worker_account(project.pk, line.worker_id, AccountKind.WORKER_EARNED),
        key=key,
        actor=actor,
        reason="The fee of a payment, as its receipt says.",
        pay_period=open_period(project.pk, at or database_now()),
    )
    record(actor_id=actor.pk, action="wages.refund_fee", subject=f"payout_line:{line.key}", entry=entry.pk)
    amount = format_money(receipt.fee_micro, line.currency)
    send_message(
        user=line.worker,
        subject=f"{amount} is paid back to you",
        body=f"You paid a fee of {amount} to get your pay. It is added to your earnings of this period.",
        link="/earnings/payments/",
    )
    return entry


def _own_line(worker: User, line_id: UUID) -> tuple[PaidProject, PayoutLine]:
    sent = PayoutLine.objects.filter(pk=line_id, worker=worker, batch__approved_at__isnull=False)
    project_id = sent.values_list("batch__project_id", flat=True).first()
    if project_id is None:
        raise NotFound(_("There is no such payment."))
    project = locked_project(project_id)
    return project, sent.select_related("batch").get()


def _project_of_receipt(receipt_id: int) -> PaidProject:
    found = PayoutReceipt.objects.filter(pk=receipt_id).values_list("line__batch__project_id", flat=True)
    project_id = found.first()
    if project_id is None:
        raise NotFound(f"No receipt {receipt_id}.")
    return locked_project(project_id)


def _problems(line: PayoutLine, received: int, fee: int, day: date, now: datetime) -> list[str]:
    found = []
    unit = 10 ** (MICRO_DIGITS - exponent(line.currency))
    for name, amount in (("received", received), ("fee", fee)):
        if not 0 <= amount <= LARGEST_MICRO or amount % unit:
            found.append(
                _("%(field)s: an amount of %(currency)s of at least 0.")
                % {"field": name, "currency": line.currency}
            )
    sent = line.batch.approved_at or now
    if not (sent - DAY_BEHIND).date() <= day <= (now + DAY_AHEAD).date():
        found.append(_("received_on: a day from %(day)s to today.") % {"day": f"{sent:%Y-%m-%d}"})
    return found


def _accounts_for(line: PayoutLine, received: int, fee: int) -> bool:
    return received > 0 and line.amount_micro in (received, received + fee)


def _count(project: PaidProject, line: PayoutLine, worker: User) -> None:
    if Entry.objects.filter(key__in=[f"received:{line.key}", f"returned:{line.key}"]).exists():
        return
    post(
        project=project,
        kind=EntryKind.RECEIVED,
        key=f"received:{line.key}",
        legs={
            worker_account(project.pk, worker.pk, AccountKind.WORKER_SENT): -line.amount_micro,
            worker_account(project.pk, worker.pk, AccountKind.WORKER_RECEIVED): line.amount_micro,
        },
        actor=worker,
    )
