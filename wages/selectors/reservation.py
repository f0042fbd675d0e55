"""What a reservation took in, paid for and holds, for the stewards' page. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet, Sum

from byhand.money import MS_PER_HOUR, ceil_div
from wages.floors.weeks import terms_of
from wages.models import (
    Accrual,
    Deposit,
    Entry,
    EntryKind,
    PaidProject,
    Posting,
    RateCard,
    Refund,
    WorkerClock,
)
from wages.models.ledger import ACCRUED
from wages.rates.publishing import CardFigures, worst_case_micro
from wages.rates.readiness import fees_permille, figures_of
from wages.reservation import left_micro

LEASE_MS = MS_PER_HOUR
"""The default lease limit. Leases are not this package's to know: what is said of them here is for a limit."""
SOURCES = ("reservation", "funder_receivable")


@dataclass(frozen=True)
class Moved:
    """What all entries of one kind put into the reservation and the receivable together; below zero: took."""

    kind: str
    micro: int


@dataclass(frozen=True)
class WorstCase:
    """What `ballots` can cost at most, in its parts, micro-units: (ballots x 1.1 x each + overhead) x (1 + fees).

    `each` is the dearer of the lease limit at the card's highest hourly rate, premiums included, and a piece.
    """

    card: CardFigures
    ballots: int
    lease_ms: int
    each_micro: int
    ballots_micro: int
    overhead_micro: int
    fees_permille: int
    fees_micro: int
    total_micro: int
    missing_micro: int

    @property
    def by_piece(self) -> bool:
        """Whether a piece is dearer than the hours that one may take."""
        return (self.card.piece_micro or 0) * MS_PER_HOUR > self.lease_ms * self.card.highest_hourly_micro


@dataclass(frozen=True)
class ReservationView:
    """Amounts in micro-units. `exposure_micro`: at most so much for what `running` clocks have in hand."""

    left_micro: int
    owed_micro: int
    running: int
    exposure_micro: int
    highest_micro: int
    lease_ms: int
    worst: WorstCase | None
    accrued_micro: int
    moved: list[Moved]
    deposits: list[Deposit]
    refunds: list[Refund]
    history: list[Entry]


def reservation_view(project: PaidProject, *, ballots: int, lease_ms: int, at: datetime) -> ReservationView:
    """Return the figures of the reservation's page, the worst case for so many ballots and so long a lease.

    The exposure is an upper bound for that lease: a tenth more than it for each running clock, at the dearest of all
    cards, since work keeps the card under which it was first shown.
    """
    left = left_micro(project.pk)
    running = WorkerClock.objects.filter(project=project).exclude(category="").count()
    cards = [figures_of(card) for card in RateCard.objects.filter(project=project)]
    accrued = Accrual.objects.filter(project=project).aggregate(total=Sum("earned_micro"))["total"] or 0
    return ReservationView(
        left_micro=max(left, 0),
        owed_micro=max(-left, 0),
        running=running,
        exposure_micro=max((_at_most(card, running, lease_ms) for card in cards), default=0),
        highest_micro=max((card.highest_hourly_micro for card in cards), default=0),
        lease_ms=lease_ms,
        worst=_worst_case(project, left, ballots, lease_ms, at),
        accrued_micro=-accrued,
        moved=_moved(project),
        refunds=list(project.refunds.select_related("created_by").order_by("-created_at")),
        deposits=list(_deposits(project)),
        history=list(_others(project).select_related("actor").order_by("-id")[:50]),
    )


def _worst_case(
    project: PaidProject, left: int, ballots: int, lease_ms: int, at: datetime
) -> WorstCase | None:
    """Return the worst case under the dearest card in force or to come; None without a card."""
    cards = RateCard.objects.filter(project=project, period__overlap=DateTimeTZRange(at, None))
    dearest = max(map(figures_of, cards), key=lambda card: _at_most(card, ballots, lease_ms), default=None)
    if dearest is None:
        return None
    terms = terms_of(project)
    overhead, fees = (terms.overhead_micro, fees_permille(terms)) if terms else (0, 0)
    work = _at_most(dearest, ballots, lease_ms)
    total = worst_case_micro(
        ballots=ballots,
        lease_ms=lease_ms,
        hourly_micro=dearest.highest_hourly_micro,
        piece_micro=dearest.piece_micro or 0,
        overhead_micro=overhead,
        fees_permille=fees,
    )
    return WorstCase(
        card=dearest,
        ballots=ballots,
        lease_ms=lease_ms,
        each_micro=max(
            ceil_div(lease_ms * dearest.highest_hourly_micro, MS_PER_HOUR), dearest.piece_micro or 0
        ),
        ballots_micro=work,
        overhead_micro=overhead,
        fees_permille=fees,
        fees_micro=max(total - work - overhead, 0),
        total_micro=total,
        missing_micro=max(total - left, 0),
    )


def _at_most(card: CardFigures, ballots: int, lease_ms: int) -> int:
    return worst_case_micro(
        ballots=ballots,
        lease_ms=lease_ms,
        hourly_micro=card.highest_hourly_micro,
        piece_micro=card.piece_micro or 0,
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
