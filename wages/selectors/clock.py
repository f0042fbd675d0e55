"""What a worker's clock shows right now, derived by the same rules that will close it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Sum
from django.utils import timezone

from byhand.accounts.models import User
from byhand.money import MS_PER_HOUR
from wages.models import Interval, WorkerClock
from wages.rules import Stretch, close
from wages.work import Category


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
    clock = WorkerClock.objects.select_related("project", "rate_card").filter(worker=worker).first()
    if (
        clock is None
        or not clock.category
        or clock.project is None
        or clock.rate_card is None
        or clock.since is None
    ):
        return _stopped(worker, now)
    seen, now = clock.seen_at or clock.since, max(now, clock.since)
    stretch = Stretch(Category(clock.category), clock.since, seen, clock.asked_at, held=bool(clock.work_id))
    verdict = close(stretch, now)
    paid_ms = sum(piece.ms for piece in verdict.pieces if piece.paid)
    running_micro = paid_ms * clock.rate_card.hourly_micro // MS_PER_HOUR
    state = _state(stretch, broken=verdict.broken)
    return ClockView(
        state=state,
        category=clock.category if state != "stopped" else None,
        since=clock.since,
        session_ms=(now - (clock.session_since or clock.since)) // timedelta(milliseconds=1)
        if state != "stopped"
        else 0,
        earned_today_micro=earned_since(worker, day_start(now), clock.project.currency) + running_micro,
        currency=clock.project.currency,
        hourly_micro=clock.rate_card.hourly_micro,
        running_ms=paid_ms,
        running_micro=running_micro,
        asked=clock.asked_at is not None,
        project_title=clock.project.title,
    )


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
