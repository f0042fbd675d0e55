"""Payout batches: one steward makes a batch, another approves it, and only the approval posts payable -> sent.

Every act holds the project's lock and compares before it sets, so any of them may be repeated and run beside itself.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from byhand.accounts.models import User
from byhand.accounts.selectors import require_steward
from byhand.audit.services import record
from byhand.errors import Invalid, NotAllowed, NotFound
from wages.errors import BatchDecided, BatchWaits, FileGone, NothingToPay, SecondStewardNeeded, StaleBatch
from wages.models import PaidProject, PayoutBatch, PayoutLine, PeriodClose
from wages.paying.destinations import details_of
from wages.paying.files_out import COLUMNS, Payment, payout_csv
from wages.paying.lines import Line, content_sha256, rounded_up
from wages.paying.payables import Due, due, stale
from wages.services.projects import database_now, locked_project
from wages.services.sending import send, tell


@transaction.atomic
def make_batch(*, actor: User, project_id: UUID, key: str, at: datetime | None = None) -> PayoutBatch:
    """Make a batch of all that is payable in the project and can be sent; what is left out is listed on it.

    Posts nothing. The same key returns the first batch. Raises NothingToPay, and BatchWaits while another waits.
    """
    if not 0 < len(key) <= 100:
        raise Invalid("key: 1 to 100 characters.")
    project = locked_project(project_id)
    require_steward(actor, project.organisation_id)
    made = PayoutBatch.objects.filter(project=project, key=key).first()
    if made is not None:
        return made
    if PayoutBatch.objects.filter(
        project=project, approved_at__isnull=True, cancelled_at__isnull=True
    ).exists():
        raise BatchWaits("A batch of this project waits already: approve it or cancel it first.")
    now = at or database_now()
    found = due(project, at=now, maker_id=actor.pk)
    sendable = [entry for entry in found if not entry.reason]
    if not sendable:
        raise NothingToPay("Nothing can be sent now.", [f"worker {e.worker_id}: {e.words}" for e in found])
    left_out = [[e.worker_id, e.reason, str(e.payable_micro)] for e in found if e.reason]
    batch = _write(project, actor, key, [_line(entry, project.currency) for entry in sendable], left_out, now)
    record(
        actor_id=actor.pk,
        action="wages.make_payout",
        subject=f"payout:{batch.pk}",
        content=batch.content_sha256,
    )
    return batch


@transaction.atomic
def approve_batch(
    *, actor: User, batch_id: UUID, seen_sha256: str, at: datetime | None = None
) -> PayoutBatch:
    """Post every line of the batch as sent, once; what is approved is what `seen_sha256` stands for.

    Raises SecondStewardNeeded for whoever made it, NotAllowed for who is paid by it, and StaleBatch if any payable
    or account has changed since. A refusal posts nothing and leaves the batch as it was.
    """
    project, batch = _locked_batch(actor, batch_id)
    if batch.approved_at is not None:
        return batch
    if batch.cancelled_at is not None:
        raise BatchDecided("This batch was cancelled. Make a new one.")
    if batch.made_by_id == actor.pk:
        raise SecondStewardNeeded("Another steward approves this batch: nobody approves what they made.")
    rows = list(batch.lines.select_related("account__identity"))
    if any(row.worker_id == actor.pk for row in rows):
        raise NotAllowed("Nobody decides about their own pay: a steward without a line in it approves it.")
    _hold_closes(project)
    lines, now = [_as_line(row) for row in rows], at or database_now()
    content = _content(batch, project, lines)
    if not content == batch.content_sha256 == seen_sha256:
        raise StaleBatch(f"The batch is not the one that you looked at: its content is {content} now.")
    if changed := stale(lines, due(project, at=now)):
        raise StaleBatch("This batch is out of date: cancel it and make a new one.", changed)
    send(project, batch, actor=actor, at=now)
    batch.approved_by, batch.approved_at, batch.files = actor, now, _hashes(_payments(rows))
    batch.save(update_fields=["approved_by", "approved_at", "files"])
    record(actor_id=actor.pk, action="wages.approve_payout", subject=f"payout:{batch.pk}", content=content)
    tell(rows)
    return batch


@transaction.atomic
def cancel_batch(*, actor: User, batch_id: UUID, at: datetime | None = None) -> PayoutBatch:
    """Cancel a batch that was not approved; its payable goes into the next one. Cancelling again changes nothing."""
    _project, batch = _locked_batch(actor, batch_id)
    if batch.approved_at is not None:
        raise BatchDecided(
            "This batch is approved: its payments are on their way and can't be called back here."
        )
    if batch.cancelled_at is None:
        batch.cancelled_by, batch.cancelled_at = actor, at or database_now()
        batch.save(update_fields=["cancelled_by", "cancelled_at"])
        record(actor_id=actor.pk, action="wages.cancel_payout", subject=f"payout:{batch.pk}")
    return batch


@transaction.atomic
def payout_file(*, actor: User, batch_id: UUID, layout: str) -> bytes:
    """Return the payout file of an approved batch, the same bytes each time, and log that it was taken.

    Raises FileGone once an identity in it was erased.
    """
    _project, batch = _locked_batch(actor, batch_id)
    if layout not in COLUMNS or layout not in batch.files:
        raise NotFound("This batch has no such file.")
    rows = list(batch.lines.select_related("account__identity"))
    content = payout_csv(layout, _payments(row for row in rows if row.account.method == layout))
    found = hashlib.sha256(content).hexdigest()
    if found != batch.files[layout]:
        raise FileGone(f"The file with the SHA-256 {batch.files[layout]} can't be made again.")
    record(
        actor_id=actor.pk,
        action="wages.download_payout",
        subject=f"payout:{batch.pk}",
        layout=layout,
        sha256=found,
    )
    return content


def _locked_batch(actor: User, batch_id: UUID) -> tuple[PaidProject, PayoutBatch]:
    found = PayoutBatch.objects.filter(pk=batch_id).values_list("project_id", flat=True).first()
    if found is None:
        raise NotFound(f"No payout batch {batch_id}.")
    project = locked_project(found)
    require_steward(actor, project.organisation_id)
    return project, PayoutBatch.objects.select_for_update().get(pk=batch_id)


def _hold_closes(project: PaidProject) -> None:
    """Wait for a batch of workers that is being made payable, and let none begin before this approval is done.

    So what was payable when a payment was sent has the smaller entry ids, which says what the payment was for.
    """
    running = PeriodClose.objects.filter(period__project=project, finished_at__isnull=True)
    list(running.select_for_update(of=("self",)).order_by("pk"))


def _line(entry: Due, currency: str) -> Line:
    assert entry.account is not None  # noqa: S101 - whoever can be sent to has an account
    amount, rounding = rounded_up(entry.payable_micro, currency)
    return Line(
        key=uuid.uuid4().hex,
        worker_id=entry.worker_id,
        account_id=entry.account.pk,
        account_digest=entry.account.digest,
        payable_micro=entry.payable_micro,
        rounding_micro=rounding,
        amount_micro=amount,
    )


def _as_line(row: PayoutLine) -> Line:
    return Line(
        key=row.key,
        worker_id=row.worker_id,
        account_id=row.account_id,
        account_digest=row.account.digest,
        payable_micro=row.payable_micro,
        rounding_micro=row.rounding_micro,
        amount_micro=row.amount_micro,
    )


def _content(batch: PayoutBatch, project: PaidProject, lines: Iterable[Line]) -> str:
    return content_sha256(
        batch=str(batch.pk), project=str(project.pk), currency=project.currency, lines=lines
    )


def _write(
    project: PaidProject,
    actor: User,
    key: str,
    lines: list[Line],
    left_out: list[list[object]],
    now: datetime,
) -> PayoutBatch:
    batch = PayoutBatch(
        project=project,
        currency=project.currency,
        simulated=project.simulated,
        key=key,
        left_out=left_out,
        made_by=actor,
        made_at=now,
    )
    batch.content_sha256 = _content(batch, project, lines)
    batch.save(force_insert=True)
    PayoutLine.objects.bulk_create(
        (
            PayoutLine(
                pk=uuid.UUID(line.key),
                batch=batch,
                worker_id=line.worker_id,
                account_id=line.account_id,
                currency=project.currency,
                simulated=project.simulated,
                payable_micro=line.payable_micro,
                rounding_micro=line.rounding_micro,
                amount_micro=line.amount_micro,
            )
            for line in lines
        ),
        batch_size=1000,
    )
    return batch


def _payments(rows: Iterable[PayoutLine]) -> list[Payment]:
    found = [(row, details_of(row.account)) for row in rows]
    if any(to is None for _row, to in found):
        raise FileGone("An account in this batch was erased, so its payout file can't be made again.")
    return [
        Payment(row.key, row.amount_micro, f"Pay {row.key[:8]}", to) for row, to in found if to is not None
    ]


def _hashes(payments: list[Payment]) -> dict[str, str]:
    return {
        layout: hashlib.sha256(payout_csv(layout, payments)).hexdigest()
        for layout in COLUMNS
        if any(payment.to.method == layout for payment in payments)
    }
