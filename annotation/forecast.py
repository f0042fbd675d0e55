"""When a project will be done and what it will cost, if people go on as they did. Pure.

Not a promise: a mean of equal stretches of time (hours or days), with the interval of about two standard errors.
Stretches in which nobody worked count as zero, so that nights and holidays are in the mean. Cost is a ratio
estimate (paid time over rankings, Cochran, Sampling Techniques, 1977, section 2.11): its error comes from how far
single stretches lie from the common ratio.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from byhand.money import MS_PER_HOUR

LEAST_STRETCHES = 3
ERRORS = 2.0  # standard errors on either side
FAR = timedelta(days=3650)


@dataclass(frozen=True)
class Stretch:
    """What happened in one hour or day: rankings that count, and paid time (None: not shown, too few people)."""

    ballots: int
    worked_ms: int | None


@dataclass(frozen=True)
class Range:
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Forecast:
    """`latest` None: at the slow end of the range the work does not end. Amounts in micro-units."""

    remaining: int
    stretches: int
    stretch_hours: float
    per_stretch: Range
    earliest: datetime
    expected: datetime
    latest: datetime | None
    spend_micro: tuple[int, int, int] | None

    @property
    def assumption(self) -> str:
        unit, per = ("day", "a day") if self.stretch_hours == 24 else ("hour", "an hour")
        return (
            f"People go on as in the last {self.stretches} {unit}s, the quiet ones included: "
            f"{self.per_stretch.middle:.1f} rankings {per} "
            f"(between {self.per_stretch.low:.1f} and {self.per_stretch.high:.1f}), at the same pay."
        )


def forecast(
    *,
    stretches: Sequence[Stretch],
    stretch_hours: float,
    remaining: int,
    hourly_micro: int | None,
    now: datetime,
) -> Forecast | None:
    """Return the forecast; None where nothing is left, or too little has happened to say anything."""
    counts = [stretch.ballots for stretch in stretches]
    if remaining <= 0 or len(counts) < LEAST_STRETCHES or sum(counts) == 0:
        return None
    pace = _mean(counts)
    return Forecast(
        remaining=remaining,
        stretches=len(counts),
        stretch_hours=stretch_hours,
        per_stretch=pace,
        earliest=_end(now, remaining, pace.high, stretch_hours) or now + FAR,
        expected=_end(now, remaining, pace.middle, stretch_hours) or now + FAR,
        latest=_end(now, remaining, pace.low, stretch_hours),
        spend_micro=_spend(stretches, remaining, hourly_micro),
    )


def _mean(values: Sequence[float]) -> Range:
    count = len(values)
    middle = sum(values) / count
    error = math.sqrt(sum((value - middle) ** 2 for value in values) / (count - 1) / count)
    return Range(max(middle - ERRORS * error, 0.0), middle, middle + ERRORS * error)


def _end(now: datetime, remaining: int, pace: float, stretch_hours: float) -> datetime | None:
    if pace <= 0 or remaining / pace * stretch_hours > FAR / timedelta(hours=1):
        return None
    return now + timedelta(hours=remaining / pace * stretch_hours)


def _spend(
    stretches: Sequence[Stretch], remaining: int, hourly_micro: int | None
) -> tuple[int, int, int] | None:
    """Return the least, expected and most that the remaining rankings cost, in micro-units."""
    shown = [(one.ballots, one.worked_ms) for one in stretches if one.worked_ms is not None]
    ballots = sum(count for count, _ in shown)
    if hourly_micro is None or len(shown) < LEAST_STRETCHES or ballots == 0:
        return None
    ratio = sum(ms for _, ms in shown) / ballots
    squares = sum((ms - ratio * count) ** 2 for count, ms in shown)
    error = math.sqrt(squares / (len(shown) - 1) / len(shown)) / (ballots / len(shown))
    return (
        _cost(max(ratio - ERRORS * error, 0.0), remaining, hourly_micro),
        _cost(ratio, remaining, hourly_micro),
        _cost(ratio + ERRORS * error, remaining, hourly_micro),
    )


def _cost(ms_per_ballot: float, remaining: int, hourly_micro: int) -> int:
    return round(ms_per_ballot * remaining * hourly_micro / MS_PER_HOUR)
