"""A project's paid time by hour, day and category, for engineers: totals of at least three people, never one's own.

What fewer people worked is counted out of the figures and said to be left out. No row here names a worker.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, Sum

from wages.models import Accrual, Interval
from wages.work import Category

LEAST_PEOPLE = 3

_BY_TIME = """
SELECT date_trunc(%(unit)s, hour, 'UTC') AS starts, sum(worked_ms)::bigint, count(DISTINCT worker_id)
FROM wages_workedhour WHERE project_id = %(project)s AND hour >= %(since)s GROUP BY starts ORDER BY starts
"""


@dataclass(frozen=True)
class Worked:
    """Paid time that began at `starts`; `ms` is None where fewer than three people worked."""

    starts: datetime
    ms: int | None


@dataclass(frozen=True)
class CategoryTime:
    category: str
    ms: int


@dataclass(frozen=True)
class Spent:
    """All paid time and what it earned, over the whole project."""

    ms: int
    earned_micro: int


def worked_by_hour(project_id: UUID, since: datetime) -> list[Worked]:
    return _by("hour", project_id, since)


def worked_by_day(project_id: UUID, since: datetime) -> list[Worked]:
    """Return the time of each day (UTC); a night shift counts on both of its days."""
    return _by("day", project_id, since)


def _by(unit: str, project_id: UUID, since: datetime) -> list[Worked]:
    with connection.cursor() as cursor:
        cursor.execute(_BY_TIME, {"unit": unit, "project": project_id, "since": since})
        return [
            Worked(starts, ms if people >= LEAST_PEOPLE else None) for starts, ms, people in cursor.fetchall()
        ]


def paid_by_category(project_id: UUID) -> list[CategoryTime]:
    """Return the paid time of each category in which at least three people worked, longest first."""
    rows = (
        Interval.objects.filter(project=project_id, rate_card__isnull=False)
        .values_list("category")
        .annotate(ms=Sum("ms"), people=Count("worker", distinct=True))
    )
    known = [category.value for category in Category]
    shown = [CategoryTime(name, int(ms)) for name, ms, people in rows if people >= LEAST_PEOPLE and ms]
    return sorted(shown, key=lambda row: (-row.ms, known.index(row.category)))


def spent(project_id: UUID) -> Spent | None:
    """Return what the project's people worked and earned; None while fewer than three have."""
    found = Accrual.objects.filter(project=project_id, total_ms__gt=0).aggregate(
        ms=Sum("total_ms"),
        earned=Sum("earned_micro"),
        people=Count("worker", filter=Q(total_ms__gt=0), distinct=True),
    )
    if found["people"] < LEAST_PEOPLE:
        return None
    return Spent(int(found["ms"]), int(found["earned"]))
