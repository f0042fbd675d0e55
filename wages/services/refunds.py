"""Refunds of a reservation: proposed by one steward, approved by another, never below what work may still cost."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from byhand.accounts.models import User
from byhand.accounts.selectors import require_steward
from byhand.audit.services import record
from byhand.errors import Invalid, NotFound
from byhand.money import MS_PER_HOUR, ceil_div, format_money
from wages.errors import KeyReused, SecondStewardNeeded, TooMuchToRefund
from wages.models import AccountKind, EntryKind, PaidProject, RateCard, Refund, WorkerClock
from wages.reservation import left_micro
from wages.services.deposits import LARGEST_DEPOSIT_MICRO
from wages.services.ledger import post, project_account
from wages.services.projects import locked_project

HELD_MS = 60 * 60 * 1000
"""What is kept for each clock that runs: the longest lease, at the project's highest rate."""


@transaction.atomic
def propose_refund(*, actor: User, project_id: UUID, amount_micro: int, reason: str, key: str) -> Refund:
    """Propose to give back part of a reservation; it moves nothing until another steward approves it.

    The same key with the same content returns the first proposal. Raises Invalid, KeyReused or TooMuchToRefund.
    """
    project = locked_project(project_id)
    require_steward(actor, project.organisation_id)
    found = []
    if not 0 < amount_micro <= LARGEST_DEPOSIT_MICRO:
        found.append("amount_micro: above 0.")
    if not reason.strip() or len(reason) > 500:
        found.append("reason: 1 to 500 characters, such as where the money goes.")
    if not 0 < len(key) <= 100:
        found.append("key: 1 to 100 characters.")
    if found:
        raise Invalid("This refund can't be proposed.", found)
    kept = Refund.objects.filter(project=project, key=key).first()
    if kept is not None:
        if (kept.amount_micro, kept.reason) != (amount_micro, reason.strip()):
            raise KeyReused(f"The key {key!r} was used for another refund already.")
        return kept
    _require_spare(project, amount_micro)
    made = Refund.objects.create(
        project=project, amount_micro=amount_micro, reason=reason.strip(), key=key, created_by=actor
    )
    record(actor_id=actor.pk, action="wages.propose_refund", subject=f"refund:{made.pk}")
    return made


@transaction.atomic
def approve_refund(*, actor: User, refund_id: UUID) -> Refund:
    """Move the money out of the reservation, if it is still to spare. Happens once."""
    project = PaidProject.objects.filter(refunds=refund_id).first()
    if project is None:
        raise NotFound(f"No refund {refund_id}.")
    project = locked_project(project.pk)
    require_steward(actor, project.organisation_id)
    kept = Refund.objects.get(pk=refund_id)
    if kept.approved_at is not None:
        return kept
    if kept.created_by_id == actor.pk:
        raise SecondStewardNeeded("Another steward approves this refund: nobody approves what they proposed.")
    _require_spare(project, kept.amount_micro)
    legs = {
        project_account(project.pk, AccountKind.RESERVATION): -kept.amount_micro,
        project_account(project.pk, AccountKind.FUNDING): kept.amount_micro,
    }
    entry = post(
        project=project,
        kind=EntryKind.REFUND,
        key=f"refund:{kept.pk}",
        legs=legs,
        actor=actor,
        reason=kept.reason,
    )
    Refund.objects.filter(pk=kept.pk).update(approved_by=actor, approved_at=Now(), entry=entry)
    record(actor_id=actor.pk, action="wages.approve_refund", subject=f"refund:{kept.pk}", entry=entry.pk)
    kept.refresh_from_db()
    return kept


def spare_micro(project: PaidProject) -> int:
    """Return what a refund may take: what is left, less what the clocks that run may still cost."""
    running = WorkerClock.objects.filter(project=project).exclude(category="").count()
    highest = RateCard.objects.filter(project=project).aggregate(rate=Max("hourly_micro"))["rate"] or 0
    return max(0, left_micro(project.pk) - ceil_div(running * HELD_MS * highest, MS_PER_HOUR))


def _require_spare(project: PaidProject, amount_micro: int) -> None:
    spare = spare_micro(project)
    if amount_micro > spare:
        raise TooMuchToRefund(
            f"amount_micro: {format_money(amount_micro, project.currency, exact=True)} is more than the "
            f"{format_money(spare, project.currency, exact=True)} that is left beside what is owed and what running "
            "work may still cost."
        )
