"""What kind of item comes next, and in which words an offer is refused. Pure; knows no person's quality.

Assignment reads who may work, what is free, what they had and how long they worked. It never reads gold results,
agreement, reliability, speed or plausibility: a test permutes those and sees the same offers.

The order of need stands in one place, `Item.need`: higher priority first; within one priority items that somebody
has ranked before untouched ones, so that overlap completes; then the older item.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.utils.translation import gettext as _

from byhand.money import format_money
from wages.caps import Stop, StopReason
from wages.floors.country_names import place_name_here
from wages.floors.rows import BelowFloor

PRESENCE = timedelta(minutes=20)
"""How long a page may be silent before its item is offered to others."""
ITEMS_BETWEEN = 5
"""A hidden repeat comes no sooner than after so many other items."""


class Draw(StrEnum):
    """What is handed out: an ordinary item, a hidden gold item, or a hidden repeat."""

    RANK = "rank"
    GOLD = "gold"
    REPEAT = "repeat"


def draw(*, gold_percent: int, repeat_percent: int, below: Callable[[int], int]) -> Draw:
    """Draw what comes next. `below(n)` is a random number from 0 to n - 1 that nobody can predict."""
    number = below(100)
    if number < gold_percent:
        return Draw.GOLD
    return Draw.REPEAT if number < gold_percent + repeat_percent else Draw.RANK


def lease_ends(taken_at: datetime, lease_ms: int) -> datetime:
    """Return when a lease ends without a sign of life: after PRESENCE, or sooner where the project says so."""
    return taken_at + min(PRESENCE, timedelta(milliseconds=lease_ms))


def possible_again(stop: Stop) -> datetime:
    """Return the full minute from which on an offer is possible."""
    minute = stop.until.astimezone(UTC).replace(second=0, microsecond=0)
    return minute if minute == stop.until else minute + timedelta(minutes=1)


def words_of(stop: Stop) -> str:
    """Say why no item is offered and from when on there can be one."""
    why = {
        StopReason.DAY: _("You have worked 8 hours within the last 24."),
        StopReason.WEEK: _("You have worked 40 hours within the last 7 days."),
        StopReason.REST: _("Your working day has been long: 11 hours of rest come first."),
        StopReason.EXPOSURE: _(
            "You have spent as much time with this project's content as anyone is asked to within 24 hours."
        ),
    }[stop.reason]
    again = _("New items are offered from %(time)s UTC on. All the time you worked is paid.")
    return f"{why} {again % {'time': f'{possible_again(stop):%Y-%m-%d %H:%M}'}}"


def words_of_floor(below: BelowFloor) -> str:
    """Say that the project's rate does not reach the lowest legal rate where the person says that they work."""
    said = _(
        "This project pays %(rate)s an hour. Where you say that you work (%(place)s) at least %(floor)s is due, so we "
        "offer you nothing here until the rate reaches that. All the time you worked is paid."
    )
    return said % {
        "rate": format_money(below.hourly_micro, below.currency, exact=True),
        "place": place_name_here(below.place),
        "floor": format_money(below.floor_micro, below.currency, exact=True),
    }
