"""The caps on offered work, version `caps/1`. Pure: worked hours in, a stop or none out.

A cap stops offers, never the clock: what is in hand is finished and paid, and work beyond a cap is paid and
reported. All windows roll, so no time zone is needed. Time is known by the hour of the clock; where a window
cuts an hour, as much of it counts as can lie inside, so that a cap is never passed by an offer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

CAPS_VERSION = "caps/1"
HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)
WEEK = timedelta(days=7)
LOOK_BACK = WEEK + HOUR
"""Hours that began earlier than this before now have no say."""


class StopReason(StrEnum):
    DAY = "cap_day"
    WEEK = "cap_week"
    REST = "cap_rest"
    EXPOSURE = "cap_exposure"


@dataclass(frozen=True)
class Caps:
    """Most paid time in any 24 hours and in any 7 days, and the rest that comes within any 24 hours."""

    day: timedelta = timedelta(hours=8)
    week: timedelta = timedelta(hours=40)
    rest: timedelta = timedelta(hours=11)


@dataclass(frozen=True)
class WorkedHour:
    """What was worked within one hour of the clock; `item` is the part with this project's items in hand."""

    start: datetime
    worked: timedelta
    item: timedelta
    began: datetime
    ended: datetime


@dataclass(frozen=True)
class Stop:
    """No offer now, and from when on there can be one if no more is worked until then."""

    reason: StopReason
    until: datetime


def stop(
    hours: Sequence[WorkedHour], now: datetime, *, caps: Caps | None = None, exposure: timedelta | None = None
) -> Stop | None:
    """Return the stop that lasts longest, or None. `hours` are in order and end with what runs now."""
    limits = caps or Caps()
    found = [
        _window(hours, now, DAY, limits.day, StopReason.DAY, _worked),
        _window(hours, now, WEEK, limits.week, StopReason.WEEK, _worked),
        _rest(hours, now, limits.rest),
    ]
    if exposure is not None:
        found.append(_window(hours, now, DAY, exposure, StopReason.EXPOSURE, _item))
    return max((each for each in found if each), key=lambda each: each.until, default=None)


def with_running(
    hours: Sequence[WorkedHour], since: datetime, now: datetime, *, on_item: bool
) -> list[WorkedHour]:
    """Return the hours with a stretch added that runs on and is not written yet."""
    merged = {hour.start: hour for hour in hours}
    start = since.replace(minute=0, second=0, microsecond=0)
    while start < now:
        began, ended = max(since, start), min(now, start + HOUR)
        if began < ended:
            ran = WorkedHour(start, ended - began, ended - began if on_item else timedelta(), began, ended)
            merged[start] = _added(merged[start], ran) if start in merged else ran
        start += HOUR
    return sorted(merged.values(), key=lambda hour: hour.start)


def _added(one: WorkedHour, two: WorkedHour) -> WorkedHour:
    return replace(
        one,
        worked=one.worked + two.worked,
        item=one.item + two.item,
        began=min(one.began, two.began),
        ended=max(one.ended, two.ended),
    )


def _worked(hour: WorkedHour) -> timedelta:
    return hour.worked


def _item(hour: WorkedHour) -> timedelta:
    return hour.item


def _window(
    hours: Sequence[WorkedHour],
    now: datetime,
    length: timedelta,
    limit: timedelta,
    reason: StopReason,
    spent: Callable[[WorkedHour], timedelta],
) -> Stop | None:
    """Stop where the window that ends now holds `limit` or more, until enough of it has passed out of the window."""
    cut, inside = now - length, timedelta()
    for hour in reversed(hours):
        before = inside
        inside += min(spent(hour), max(hour.ended - cut, timedelta()))
        if inside >= limit:
            # of this hour, less than limit - before may still lie inside: so far must the cut have moved
            until = hour.ended - (limit - before) + timedelta(milliseconds=1) + length
            return Stop(reason, max(until, now))
    return None


def _rest(hours: Sequence[WorkedHour], now: datetime, rest: timedelta) -> Stop | None:
    """Stop where the work since the last long rest began so long ago that no rest fits into 24 hours any more."""
    if not hours or now - hours[-1].ended >= rest:
        return None
    began = hours[-1].began
    for later, earlier in zip(reversed(hours), reversed(hours[:-1]), strict=False):
        if later.began - earlier.ended >= rest:
            break
        began = earlier.began
    return Stop(StopReason.REST, hours[-1].ended + rest) if now - began >= DAY - rest else None
