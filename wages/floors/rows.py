"""Which minimum wage applies to somebody at a place on a day, in the project's currency. Pure.

The tables in, an hourly floor with the rows behind it out. What isn't known is said (`gaps`), never guessed:
a country without a row has no known minimum, which is not the same as `none`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction

from byhand.money import ceil_div
from wages.floors.tables import FloorRow, FxRow, Tables

STATUTORY = "statutory_min"
FX_GOOD_FOR = timedelta(days=31)
"""An exchange rate older than this on the day it is needed for is no rate."""


class Gap(StrEnum):
    """Why a floor isn't known to be the right one."""

    PLACE_UNDECLARED = "place_undeclared"
    NO_COUNTRIES = "no_countries"
    NO_ROW = "no_row"
    NO_HOURLY_ROW = "no_hourly_row"
    NO_SUBDIVISION_ROW = "no_subdivision_row"
    NO_FX = "no_fx"
    TIME_UNKNOWN = "time_unknown"


@dataclass(frozen=True)
class DayFloor:
    """The statutory floor of one place on one day. `hourly_micro` is in the project's currency, rounded up.

    None: not known, `gap` says why. 0 with a row: the law of the place sets no minimum. `row_micro` is the
    row's own amount in its own currency, `fx` the rates that carried it over, in order.
    """

    place: str
    day: date
    hourly_micro: int | None
    row: FloorRow | None = None
    fx: tuple[FxRow, ...] = ()
    gap: Gap | None = None

    @property
    def known(self) -> bool:
        return self.hourly_micro is not None and self.gap is None


@dataclass(frozen=True)
class BelowFloor:
    """A rate and the floor of a place that it doesn't reach, an hour, in micro-units of `currency`."""

    place: str
    hourly_micro: int
    floor_micro: int
    currency: str


def floor_on(tables: Tables, place: str, day: date, currency: str) -> DayFloor:
    """Return the highest statutory floor at `place` (KE, US, US-CA) on `day`, in `currency`.

    A subdivision is held to its own rows and its country's; a country whose subdivisions set minima, to the
    highest of them all, since nobody said which one. Of rows in other currencies the amount carried over counts.
    """
    country = place[:2]
    all_rows = [row for row in tables.floors if row.country == country and _general(row) and row.on(day)]
    by_parts = any(row.subdivision for row in all_rows)
    rows = [row for row in all_rows if place == country or row.subdivision in ("", place)]
    if not rows:
        return DayFloor(place, day, None, gap=Gap.NO_ROW)
    if not all(row.usable for row in rows):
        return DayFloor(place, day, None, _first_unusable(rows), gap=Gap.NO_HOURLY_ROW)
    floors = [_carried(tables, row, place, day, currency) for row in rows]
    missing = next((floor for floor in floors if floor.hourly_micro is None), None)
    if missing is not None:
        return missing
    highest = max(floors, key=lambda floor: floor.hourly_micro or 0)
    if by_parts and not any(row.subdivision == place for row in rows):
        # the table may lack a subdivision with a higher minimum: the figure is a lower bound, and is said to be
        return DayFloor(place, day, highest.hourly_micro, highest.row, highest.fx, Gap.NO_SUBDIVISION_ROW)
    return highest


def highest(floors: Iterable[DayFloor]) -> DayFloor | None:
    """Return the highest of the floors that have a figure; of equal ones the first."""
    figures = [floor for floor in floors if floor.hourly_micro is not None]
    return max(figures, key=lambda floor: floor.hourly_micro or 0, default=None)


def floor_over(tables: Tables, place: str, days: Iterable[date], currency: str) -> tuple[DayFloor, ...]:
    """Return the floor of each day: the law may change within a week, and so does the exchange rate."""
    return tuple(floor_on(tables, place, day, currency) for day in days)


def fx_between(tables: Tables, base: str, quote: str, day: date) -> tuple[Fraction, tuple[FxRow, ...]] | None:
    """Return how much of `quote` one `base` is on `day`, exact, with the rows used; None: no rate is known.

    The newest rate not later than the day and not older than FX_GOOD_FOR; direct, inverted, or over one third
    currency (the table may quote everything against the euro).
    """
    newest = _newest(tables, day)
    pair = newest.get(frozenset((base, quote)))
    if pair is not None:
        return _along(pair, base), (pair,)
    for key, first in sorted(newest.items(), key=lambda each: sorted(each[0])):
        if base not in key:
            continue
        (middle,) = key - {base}
        second = newest.get(frozenset((middle, quote)))
        if second is not None:
            return _along(first, base) * _along(second, middle), (first, second)
    return None


def _general(row: FloorRow) -> bool:
    return row.kind == STATUTORY and row.sector == ""


def _first_unusable(rows: list[FloorRow]) -> FloorRow:
    return next(row for row in rows if not row.usable)


def _carried(tables: Tables, row: FloorRow, place: str, day: date, currency: str) -> DayFloor:
    if row.amount_micro is None:
        return DayFloor(place, day, 0, row)
    if row.currency == currency:
        return DayFloor(place, day, row.amount_micro, row)
    found = fx_between(tables, row.currency, currency, day)
    if found is None:
        return DayFloor(place, day, None, row, gap=Gap.NO_FX)
    rate, used = found
    return DayFloor(place, day, ceil_div(row.amount_micro * rate.numerator, rate.denominator), row, used)


def _newest(tables: Tables, day: date) -> dict[frozenset[str], FxRow]:
    newest: dict[frozenset[str], FxRow] = {}
    for row in tables.fx:
        key = frozenset((row.base, row.quote))
        if day - FX_GOOD_FOR <= row.day <= day and (key not in newest or newest[key].day < row.day):
            newest[key] = row
    return newest


def _along(row: FxRow, base: str) -> Fraction:
    return row.rate if row.base == base else 1 / row.rate
