"""How far a project is, for engineers: counts, throughput, hours, cost, forecast. Nothing about one person.

The figures are counted over whole tables, so they are kept for a while and say as of when they are: a thousand
open pages cost as much as one. How long they are kept grows with what counting them took.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from annotation.forecast import Forecast, Stretch, forecast
from annotation.models import Ballot, ItemQuality, Project, ProjectState, QualitySnapshot
from annotation.selectors.projects import Progress, ballots_wanted, progress
from byhand.money import MS_PER_HOUR
from wages.models import PaidProject
from wages.reservation import left_micro
from wages.selectors import current_rate
from wages.selectors.project_time import (
    LEAST_PEOPLE,
    CategoryTime,
    Spent,
    Worked,
    paid_by_category,
    spent,
    worked_by_day,
    worked_by_hour,
)

HOURS, DAYS = 24, 14
LEAST_KEPT, TIMES_ITS_COST = 5.0, 60.0  # seconds; and as a multiple of what the count took
Value = TypeVar("Value")

_BALLOTS = """
SELECT date_trunc(%(unit)s, ballot.created_at, 'UTC') AS starts, count(*), count(DISTINCT ballot.worker_id)
FROM annotation_ballot ballot
JOIN annotation_item item ON item.id = ballot.item_id AND item.role = 'rank'
JOIN annotation_lease lease ON lease.id = ballot.lease_id AND NOT lease.repeat
WHERE item.project_id = %(project)s AND ballot.created_at >= %(since)s
    AND NOT ballot.surplus AND ballot.supersedes_id IS NULL
GROUP BY starts
"""


@dataclass(frozen=True)
class Counted:
    """How far the items are, as of `at`."""

    at: datetime
    progress: Progress
    remaining: int


@dataclass(frozen=True)
class Row:
    """One hour or day. None: fewer than three people worked in it, so it is not shown."""

    starts: datetime
    ballots: int | None
    worked_ms: int | None


@dataclass(frozen=True)
class Agreement:
    """The newest measure of how far rankings agree, as the quality page shows it."""

    as_of: datetime
    items: int
    ballots: int
    figures: dict[str, Any]


@dataclass(frozen=True)
class ProgressPage:
    at: datetime
    counted: Counted
    hours: tuple[Row, ...]
    days: tuple[Row, ...]
    categories: tuple[CategoryTime, ...]
    spent: Spent | None
    currency: str
    forecast: Forecast | None
    agreement: Agreement | None
    flagged: int
    to_review: int

    @property
    def cost_micro(self) -> int | None:
        """Return what one ranking that counts has cost so far: all paid time over the rankings that count."""
        counts = self.counted.progress.ballots_counted
        return self.spent.earned_micro // counts if self.spent and counts else None


def counted(project: Project) -> Counted:
    """Return the counts, at most some seconds old on a small project and some minutes on a huge one."""
    return _kept(f"counted:{project.pk}", lambda: _counted(project))


def progress_page(project: Project, *, at: datetime | None = None) -> ProgressPage:
    """Return the figures, kept like the counts; with `at`, those of that moment, counted anew."""
    if at is not None:
        return _page(project, at)
    return _kept(f"progress-page:{project.pk}", lambda: _page(project, timezone.now()))


def _kept(key: str, compute: Callable[[], Value]) -> Value:
    found = cache.get(key)
    if found is None:
        began = time.monotonic()
        found = compute()
        took = time.monotonic() - began
        cache.set(key, found, timeout=max(LEAST_KEPT, took * TIMES_ITS_COST))
    return cast(Value, found)


def _counted(project: Project) -> Counted:
    return Counted(timezone.now(), progress(project), ballots_wanted(project))


def _page(project: Project, now: datetime) -> ProgressPage:
    paid = PaidProject.objects.filter(pk=project.pk).first()
    hour, day = (_floor(now, unit) for unit in ("hour", "day"))
    hours, plain_hours = _rows(project.pk, "hour", hour, HOURS)
    days, plain_days = _rows(project.pk, "day", day, DAYS)
    counts = counted(project)
    snapshot = QualitySnapshot.objects.filter(project=project).order_by("-as_of").first()
    return ProgressPage(
        at=now,
        counted=counts,
        hours=tuple(hours),
        days=tuple(days),
        categories=tuple(paid_by_category(project.pk)),
        spent=spent(project.pk),
        currency=paid.currency if paid else "",
        forecast=_forecast(project, counts.remaining, plain_hours, plain_days, now),
        agreement=Agreement(snapshot.as_of, snapshot.items, snapshot.ballots, snapshot.figures)
        if snapshot
        else None,
        flagged=Ballot.objects.filter(item__project=project)
        .exclude(flags=[])
        .values("item")
        .distinct()
        .count(),
        to_review=ItemQuality.objects.filter(project=project, needs_review=True).count(),
    )


def _rows(
    project_id: uuid.UUID, unit: str, now: datetime, count: int
) -> tuple[list[Row], list[tuple[datetime, Stretch]]]:
    """Return the last `count` stretches as engineers see them, and in plain numbers for the forecast."""
    step = timedelta(hours=1) if unit == "hour" else timedelta(days=1)
    since = now - step * (count - 1)
    worked = {row.starts: row for row in _worked(unit, project_id, since)}
    with connection.cursor() as cursor:
        cursor.execute(_BALLOTS, {"unit": unit, "project": project_id, "since": since})
        ballots = {starts: (number, people) for starts, number, people in cursor.fetchall()}
    rows, plain = [], []
    for starts in (since + step * at for at in range(count)):
        number, people = ballots.get(starts, (0, 0))
        time_row = worked.get(starts, Worked(starts, 0))
        few = 0 < people < LEAST_PEOPLE or time_row.ms is None
        rows.append(Row(starts, None if few else number, None if few else time_row.ms))
        plain.append((starts, Stretch(number, time_row.ms)))
    return rows, plain


def _worked(unit: str, project_id: uuid.UUID, since: datetime) -> list[Worked]:
    return worked_by_hour(project_id, since) if unit == "hour" else worked_by_day(project_id, since)


def _floor(moment: datetime, unit: str) -> datetime:
    hour = moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return hour if unit == "hour" else hour.replace(hour=0)


def _forecast(
    project: Project,
    remaining: int,
    hours: list[tuple[datetime, Stretch]],
    days: list[tuple[datetime, Stretch]],
    now: datetime,
) -> Forecast | None:
    """Forecast by whole days once there are three with work behind us, else by whole hours."""
    rate = current_rate(project.pk)
    for stretches, length in ((days, 24.0), (hours, 1.0)):
        whole = _since_first(stretches[:-1])[-7 if length == 24 else -HOURS :]
        found = forecast(
            stretches=whole,
            stretch_hours=length,
            remaining=remaining,
            hourly_micro=rate.hourly_micro if rate else None,
            now=now,
        )
        if found is not None:
            return found
    return None


def _since_first(stretches: list[tuple[datetime, Stretch]]) -> list[Stretch]:
    """Leave out what lies before the first ranking: the project had not begun."""
    plain = [stretch for _, stretch in stretches]
    begun = next((at for at, stretch in enumerate(plain) if stretch.ballots), len(plain))
    return plain[begun:]


def attention(project: Project) -> list[str]:
    """Return what an engineer should look at, in words; empty where all is well."""
    found = []
    if project.state == ProjectState.DRAFT:
        found.append("Not published yet.")
    if project.state == ProjectState.PAUSED:
        found.append(
            _PAUSED.get(project.paused_reason, f"Paused: {project.paused_reason or 'no reason given'}.")
        )
    offers = project.state in {ProjectState.OPEN, ProjectState.PILOT}
    if offers and counted(project).remaining == 0:
        found.append("Nothing is left to rank.")
    elif offers and not _covers_one_more(project):
        found.append("The reservation covers no more work: a steward has to fund it.")
    return found


def _covers_one_more(project: Project) -> bool:
    """Whether the reservation covers one more item held for as long as it may be."""
    rate = current_rate(project.pk)
    return rate is not None and left_micro(project.pk) * MS_PER_HOUR >= rate.hourly_micro * project.lease_ms


_PAUSED = {
    "budget": "Paused: the reservation covers no more work. A steward has to fund it.",
    "engineer": "Paused by an engineer.",
}
