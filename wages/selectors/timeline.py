"""A worker's own time, day by day: each stretch with the facts of its decision, the raw beats, what was said.

Every read is bounded by one day and goes by an index of (worker, time), so that 100,000 intervals change nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import Count, QuerySet, prefetch_related_objects

from byhand.accounts.models import User
from wages.models import Beat, Interval, PaidProject, Release
from wages.selectors.clock import ClockView, clock_view
from wages.timekeeping.timeline_words import why

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
Span = tuple[datetime, datetime]
MOST_INTERVALS = 2000
ROWS = 150
"""Stretches on one page of the table; the bar has all of them."""
MOST_BEATS = 200
WHOLE = 2**62
LONG_ONES = 8
"""How many stretches may reach over the end of a day: one that ran, and a gap with its two answers."""


@dataclass(frozen=True)
class Row:
    """A stretch with why it is what it is."""

    interval: Interval
    why: str


@dataclass(frozen=True)
class Mark:
    """A stretch on the bar: `left` and `width` in thousandths of it. `kind`: its category, or that it is an answer."""

    kind: str
    left: int
    width: int


@dataclass(frozen=True)
class Total:
    category: str
    paid: bool
    ms: int
    micro: int
    currency: str


@dataclass(frozen=True)
class Timeline:
    """One day (UTC) of one worker. The bar shows the whole hours `hours`, from the first with anything in it to the
    last; `running` is the stretch that runs now on it, as (left, width). `rows` are the newest first, from a place on;
    `older` is the place to go on from.
    """

    day: date
    starts: datetime
    hours: tuple[int, ...]
    marks: list[Mark]
    rows: list[Row]
    older: int | None
    totals: list[Total]
    beats: list[Beat]
    beats_count: int
    releases: list[Release]
    clock: ClockView
    running: tuple[int, int] | None
    earlier: date | None
    later: date | None
    today: date
    cut: bool


def timeline(worker: User, day: date | None, at: datetime, place: int = 0) -> Timeline:
    """Return the day of the worker that is asked for, or today; its table from the `place`-th newest stretch on."""
    shown = day or at.date()
    starts = datetime(shown.year, shown.month, shown.day, tzinfo=UTC)
    ends = starts + DAY
    found, view = of_day(worker, starts, ends), clock_view(worker, at)
    running = _runs_on(view, starts, at)
    bar = _bar(
        [(row.period.lower, row.period.upper) for row in found] + ([running] if running else []), starts
    )
    beats = Beat.objects.filter(worker=worker, at__gte=starts, at__lt=ends)
    return Timeline(
        day=shown,
        starts=starts,
        hours=_hours(bar),
        marks=list(dict.fromkeys(_mark(row, bar) for row in found)),
        rows=_rows(found[::-1][place : place + ROWS]),
        older=place + ROWS if len(found) > place + ROWS else None,
        totals=_totals(found),
        beats=list(beats.order_by("-at", "-seq")[:MOST_BEATS]),
        beats_count=beats.aggregate(n=Count("id"))["n"],
        releases=list(
            Release.objects.filter(worker=worker, released_at__gte=starts, released_at__lt=ends)
            .select_related("project")
            .order_by("released_at")
        ),
        clock=view,
        running=_place(*running, bar) if running else None,
        earlier=_day_before(worker, starts),
        later=_day_after(worker, ends, at),
        today=at.date(),
        cut=len(found) >= MOST_INTERVALS,
    )


def of_day(worker: User, starts: datetime, ends: datetime) -> list[Interval]:
    """Return the intervals that touch [starts, ends), in order.

    Intervals follow each other, so those of a day end within it; at most a few reach over its end.
    """
    rows = _all(worker)
    inside = list(rows.filter(period__endswith__gt=starts, period__endswith__lte=ends)[:MOST_INTERVALS])
    over = rows.filter(period__endswith__gt=ends)[:LONG_ONES]
    found = inside + [row for row in over if row.period.lower < ends]
    return sorted(found, key=lambda row: (row.period.lower, row.pk))


def _all(worker: User) -> QuerySet[Interval]:
    return Interval.objects.filter(worker=worker).order_by("period__endswith", "pk")


def _rows(shown: list[Interval]) -> list[Row]:
    prefetch_related_objects(shown, "project", "answers")
    return [Row(row, why(row)) for row in shown]


def _mark(row: Interval, bar: Span) -> Mark:
    return Mark(
        "answer" if row.resolves_id else row.category, *_place(row.period.lower, row.period.upper, bar)
    )


def _bar(stretches: list[Span], day: datetime) -> Span:
    """Return the whole hours of the day that hold all stretches; the whole day where there is none."""
    if not stretches:
        return day, day + DAY
    first = max(min(start for start, _end in stretches), day)
    last = min(max(end for _start, end in stretches), day + DAY)
    begins = first.replace(minute=0, second=0, microsecond=0)
    return begins, begins + -(-(last - begins) // HOUR) * HOUR


def _hours(bar: Span) -> tuple[int, ...]:
    """Return the hours to write below the bar: both ends, and at most five between them."""
    first = bar[0].hour
    last = first + (bar[1] - bar[0]) // HOUR
    step = max(1, -(-(last - first) // 6))
    return (*range(first, last, step), last) if (last - first) % step == 0 else (first, last)


def _place(start: datetime, end: datetime, bar: Span) -> tuple[int, int]:
    """Return (left, width) in thousandths of the bar; whatever is on it is at least one of them wide."""
    begin, stop = max(start, bar[0]), min(end, bar[1])
    length = bar[1] - bar[0]
    left = min((begin - bar[0]) * 1000 // length, 999)
    return left, max(1, -(-(stop - bar[0]) * 1000 // length) - left)


def _runs_on(view: ClockView, starts: datetime, at: datetime) -> Span | None:
    if (
        view.since is None
        or view.state == "stopped"
        or at < starts
        or view.since >= starts + DAY
        or at <= view.since
    ):
        return None
    return view.since, at


def _totals(found: list[Interval]) -> list[Total]:
    currencies = dict(
        PaidProject.objects.filter(pk__in={row.project_id for row in found}).values_list("pk", "currency")
    )
    said = _said([row.pk for row in found if row.category == "unknown"])
    sums: dict[tuple[str, bool, str], list[int]] = {}
    for row in found:
        ms = row.ms - said.get(row.pk, 0)  # what was said of a gap is counted as what it was said to be
        if ms <= 0:
            continue
        entry = sums.setdefault(
            (row.category, row.rate_card_id is not None, currencies[row.project_id]), [0, 0]
        )
        entry[0] += ms
        entry[1] += row.earned_micro
    return [
        Total(category, paid, ms, micro, currency)
        for (category, paid, currency), (ms, micro) in sorted(sums.items(), key=lambda item: -item[1][0])
    ]


def _said(gaps: list[int]) -> dict[int, int]:
    """Return how much of each gap is settled: all of it by a word, else what the rule has paid."""
    settled: dict[int, int] = {}
    for gap, by_rule, ms in Interval.objects.filter(resolves__in=gaps).values_list(
        "resolves", "by_rule", "ms"
    ):
        if gap is not None:
            settled[gap] = max(settled.get(gap, 0), ms if by_rule else WHOLE)
    return settled


def _day_before(worker: User, starts: datetime) -> date | None:
    last = Interval.objects.filter(worker=worker, period__endswith__lte=starts).order_by("-period__endswith")
    row: datetime | None = last.values_list("period__startswith", flat=True).first()
    return row.date() if row else None


def _day_after(worker: User, ends: datetime, at: datetime) -> date | None:
    following = Interval.objects.filter(worker=worker, period__endswith__gt=ends).order_by("period__endswith")
    row: datetime | None = following.values_list("period__startswith", flat=True).first()
    if row is not None:
        return max(row, ends).date()
    return at.date() if ends <= at else None
