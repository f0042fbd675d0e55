"""What a reservation took in, paid for and holds, for the stewards' page. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet, Sum

from byhand.money import MS_PER_HOUR
from wages.models import Accrual, Deposit, Entry, EntryKind, PaidProject, Posting, RateCard, WorkerClock
from wages.models.ledger import ACCRUED
from wages.rates.publishing import worst_case_micro
from wages.reservation import left_micro

LEASE_MS = MS_PER_HOUR
"""The default lease limit: a clock that runs now can cost at most a tenth more than this, at the highest rate."""
SOURCES = ("reservation", "funder_receivable")


@dataclass(frozen=True)
class Moved:
    """What all entries of one kind put into the reservation and the receivable together; below zero: took."""

    kind: str
    micro: int


@dataclass(frozen=True)
class ReservationView:
    """Amounts in micro-units. `running` clocks can cost `exposure_micro` until the items in hand are done."""

    left_micro: int
    owed_micro: int
    running: int
    exposure_micro: int
    highest_micro: int
    accrued_micro: int
    moved: list[Moved]
    deposits: list[Deposit]
    history: list[Entry]


def reservation_view(project: PaidProject) -> ReservationView:
    """Return the figures of the reservation's page."""
    left = left_micro(project.pk)
    running = WorkerClock.objects.filter(project=project).exclude(category="").count()
    highest = max(RateCard.objects.filter(project=project).values_list("hourly_micro", flat=True), default=0)
    accrued = Accrual.objects.filter(project=project).aggregate(total=Sum("earned_micro"))["total"] or 0
    return ReservationView(
        left_micro=max(left, 0),
        owed_micro=max(-left, 0),
        running=running,
        exposure_micro=worst_case_micro(ballots=running, lease_ms=LEASE_MS, hourly_micro=highest),
        highest_micro=highest,
        accrued_micro=-accrued,
        moved=_moved(project),
        deposits=list(_deposits(project)),
        history=list(_others(project).select_related("actor").order_by("-id")[:50]),
    )


def _deposits(project: PaidProject) -> QuerySet[Deposit]:
    rows = Deposit.objects.filter(project=project).select_related("created_by", "approved_by")
    return rows.order_by("-created_at")


def _others(project: PaidProject) -> QuerySet[Entry]:
    """Return the entries that moved the project's own money beside accrued work: few, also in a large project."""
    entries = Entry.objects.filter(project=project, postings__account__kind__in=SOURCES).exclude(
        kind__in=ACCRUED
    )
    return entries.annotate(moved_micro=Sum("postings__amount_micro"))


def _moved(project: PaidProject) -> list[Moved]:
    rows = (
        Posting.objects.filter(account__project=project, account__kind__in=SOURCES)
        .exclude(entry__kind__in=[*ACCRUED, EntryKind.SETTLE_OWED])
        .values_list("entry__kind")
        .annotate(total=Sum("amount_micro"))
        .order_by("entry__kind")
    )
    return [Moved(EntryKind(kind).label, total) for kind, total in rows if total]
