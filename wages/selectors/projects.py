"""Reads about a project's pay: may work be offered, at which rate, what stewards see, what was frozen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.utils import timezone

from byhand.accounts.models import Role, User
from byhand.accounts.selectors import organisations_as
from wages.floors.weeks import terms_of
from wages.models import (
    Entry,
    Interval,
    PaidProject,
    PayTerms,
    Period,
    PoolVersion,
    Posting,
    RateCard,
    SliceLeaf,
)
from wages.rates.pools import pools_of
from wages.reservation import left_micro
from wages.selectors.unknown import open_gaps


def current_rate(project_id: UUID, at: datetime | None = None) -> RateCard | None:
    """Return the rate card in force, or None."""
    return RateCard.objects.filter(project_id=project_id, period__contains=at or timezone.now()).first()


def closed_periods(project_id: UUID) -> list[Period]:
    """Return the closed periods of a project, oldest first."""
    return list(Period.objects.filter(project_id=project_id, closed_at__isnull=False).order_by("starts"))


def leaves(period_id: int) -> list[SliceLeaf]:
    """Return the frozen leaves of a period in their order, padding included."""
    return list(SliceLeaf.objects.filter(period_id=period_id).order_by("position"))


def projects_of_steward(user: User) -> QuerySet[PaidProject]:
    """Return the paid projects of the organisations in which `user` is a steward."""
    organisations = organisations_as(user, Role.STEWARD)
    return (
        PaidProject.objects.filter(organisation__in=organisations)
        .select_related("organisation")
        .order_by("title", "id")
    )


@dataclass(frozen=True)
class PayOverview:
    """What a steward sees of one project. Amounts in micro-units of the project's currency."""

    project: PaidProject
    payer: PoolVersion | None
    terms: PayTerms | None
    rate: RateCard | None
    left_micro: int
    owed_micro: int
    earned_micro: int
    worked_ms: int
    unknown_ms: int
    reversals: list[Entry]


def pay_overview(project: PaidProject) -> PayOverview:
    """Return the figures of the project's pay page."""
    left, pools = left_micro(project.pk), pools_of(project.pk)
    earned = Posting.objects.filter(account__project=project, account__kind="worker_earned")
    intervals = Interval.objects.filter(project=project)
    worked = intervals.filter(rate_card__isnull=False).aggregate(total=Sum("ms"))["total"]
    unknown = open_gaps(intervals).aggregate(total=Sum("open_ms"))["total"]
    return PayOverview(
        project=project,
        payer=next((pool.version for pool in pools if pool.pool.is_default), None),
        terms=terms_of(project),
        rate=current_rate(project.pk),
        left_micro=max(left, 0),
        owed_micro=max(-left, 0),
        earned_micro=earned.aggregate(total=Sum("amount_micro"))["total"] or 0,
        worked_ms=worked or 0,
        unknown_ms=unknown or 0,
        reversals=list(Entry.objects.filter(project=project, kind="reversal").order_by("-id")[:20]),
    )
