"""What a worker's clock shows right now, derived by the same rules that will close it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from byhand.accounts.models import User
from byhand.money import MS_PER_HOUR
from wages.models import Interval
from wages.rules import Stretch, close
from wages.work import Category

# one round trip: every page of an annotator shows it. The day is found by the index that keeps intervals apart.
_RUNNING = """
SELECT clock.category, clock.since, coalesce(clock.seen_at, clock.since), clock.asked_at,
    coalesce(clock.session_since, clock.since), clock.work_id <> '', project.title, project.currency,
    card.hourly_micro, (
        SELECT coalesce(sum(earned.earned_micro), 0)::bigint
        FROM wages_interval earned JOIN wages_paidproject paid ON paid.id = earned.project_id
        WHERE earned.worker_id = clock.worker_id AND paid.currency = project.currency
          AND earned.period && tstzrange(date_trunc('day', greatest(%(now)s, clock.since), 'UTC'), NULL))
FROM wages_workerclock clock
JOIN wages_paidproject project ON project.id = clock.project_id
JOIN wages_ratecard card ON card.id = clock.rate_card_id
WHERE clock.worker_id = %(worker)s AND clock.category <> ''
"""


@dataclass(frozen=True)
class ClockView:
    """`state` is running, break, unknown or stopped; money is in micro-units of `currency`.

    `earned_today_micro` (UTC day) counts the running stretch rounded down, so that it never falls later.
    """

    state: str
    category: str | None
    since: datetime | None
    session_ms: int
    earned_today_micro: int
    currency: str | None
    hourly_micro: int | None
    running_ms: int = 0
    running_micro: int = 0
    asked: bool = False
    project_title: str = ""


def clock_view(worker: User, at: datetime | None = None) -> ClockView:
    """Return the clock as a page shows it. A silence that no sweep has closed yet is shown as what it is."""
    now = at or timezone.now()
    running = _running(worker, now)
    if running is None:
        return _stopped(worker, now)
    now = max(now, running.since)
    stretch = Stretch(
        Category(running.category), running.since, running.seen, running.asked_at, held=running.held
    )
    verdict = close(stretch, now)
    paid_ms = sum(piece.ms for piece in verdict.pieces if piece.paid)
    running_micro = paid_ms * running.hourly_micro // MS_PER_HOUR
    state = _state(stretch, broken=verdict.broken)
    return ClockView(
        state=state,
        category=running.category if state != "stopped" else None,
        since=running.since,
        session_ms=(now - running.session_since) // timedelta(milliseconds=1) if state != "stopped" else 0,
        earned_today_micro=running.earned_micro + running_micro,
        currency=running.currency,
        hourly_micro=running.hourly_micro,
        running_ms=paid_ms,
        running_micro=running_micro,
        asked=running.asked_at is not None,
        project_title=running.title,
    )


@dataclass(frozen=True)
class _Running:
    """A clock that is not stopped, and what its worker has earned today in its currency."""

    category: str
    since: datetime
    seen: datetime
    asked_at: datetime | None
    session_since: datetime
    held: bool
    title: str
    currency: str
    hourly_micro: int
    earned_micro: int


def _running(worker: User, now: datetime) -> _Running | None:
    with connection.cursor() as cursor:
        cursor.execute(_RUNNING, {"worker": worker.pk, "now": now})
        row = cursor.fetchone()
    return _Running(*row) if row else None


def day_start(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def earned_since(worker: User, start: datetime, currency: str) -> int:
    """Return what intervals that ended after `start` have earned, in micro-units."""
    recent = Interval.objects.filter(worker=worker, period__endswith__gt=start, project__currency=currency)
    return int(recent.aggregate(total=Sum("earned_micro"))["total"] or 0)


def _state(stretch: Stretch, *, broken: bool) -> str:
    if stretch.category is Category.BREAK:
        return "break"
    if not broken:
        return "running"
    return "unknown" if stretch.held or stretch.asked or stretch.category is Category.UNKNOWN else "stopped"


def _stopped(worker: User, now: datetime) -> ClockView:
    last = Interval.objects.filter(worker=worker).select_related("project").order_by("-id").first()
    currency = last.project.currency if last else None
    earned = earned_since(worker, day_start(now), currency) if currency else 0
    return ClockView("stopped", None, None, 0, earned, currency, None)
