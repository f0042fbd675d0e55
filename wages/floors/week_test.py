"""The floor test, version `floor/1`: one worker, one workweek, one project. Pure: figures in, a result out.

required  = ceil(known paid ms x floor / 3,600,000)
top-up    = max(0, required - (basic pay - costs)), in micro-units of the project's currency
floor     = the highest of the statutory minima of the week's days and the floor that the funder declared

Basic pay is pay for time alone: no piece beyond its time, bonus, premium, royalty or refund. What isn't known
makes the status `unknown` and never cancels a top-up; the result holds every figure to compute it again by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from byhand.money import MS_PER_HOUR, ceil_div
from wages.floors.rows import DayFloor, Gap, floor_over, highest
from wages.floors.tables import FxRow, Tables

FLOOR_TEST_VERSION = "floor/1"


class FloorStatus(StrEnum):
    """`met`: known and reached. `topped_up`: known, below, and made good. `unknown`: something isn't known.

    `no_floor`: the law of the place sets none and the funder declared none. `no_time`: nothing to test.
    `volunteer`: the whole project is one of volunteers, whose hours are counted and not paid.
    """

    MET = "met"
    TOPPED_UP = "topped_up"
    UNKNOWN = "unknown"
    NO_FLOOR = "no_floor"
    NO_TIME = "no_time"
    VOLUNTEER = "volunteer"


@dataclass(frozen=True)
class Place:
    """A place as the worker declared it: KE or US-CA, its zone, in force from `since` on."""

    code: str
    zone: str
    since: datetime


@dataclass(frozen=True)
class Cost:
    """What a worker bears themselves: `data`, `fx_spread` or `fee`, and where the figure comes from.

    `source` names the version of the terms and its rate, or the payment and the worker's receipt of it.
    """

    kind: str
    amount_micro: int
    source: str


@dataclass(frozen=True)
class WeekFigures:
    """What one worker's workweek in one project came to. Amounts in micro-units of the project's currency.

    `fees`: what they paid to get their pay and was not paid back. What the project's terms declare (data, FX
    spread) is added to it by the test. A payment is of one project, so no cost is shared between projects.
    """

    paid_ms: int
    basic_micro: int
    unknown_ms: int = 0
    fees: tuple[Cost, ...] = ()

    def __post_init__(self) -> None:
        figures = (self.paid_ms, self.basic_micro, self.unknown_ms, *(fee.amount_micro for fee in self.fees))
        if min(figures) < 0:
            raise ValueError("Figures of a week can't be below zero.")


@dataclass(frozen=True)
class FloorInputs:
    """What a floor depends on besides the figures: the week, the worker's places, the project's terms."""

    starts: datetime
    ends: datetime
    currency: str
    declared_micro: int
    countries: tuple[str, ...]
    places: tuple[Place, ...]
    terms_version: int = 0
    data_hourly_micro: int = 0
    fx_spread_permille: int = 0
    volunteers: bool = False


@dataclass(frozen=True)
class FloorResult:
    """The test with every figure. `short_micro` is what lacked before the top-up, and equals `top_up_micro`.

    `deciding`: the statutory figure that was the highest, None where the declared floor decided alone or none is
    known; `considered`: the figure of each place and day that had a say; `unknown_places`: those without a figure.
    """

    status: FloorStatus
    gaps: tuple[Gap, ...]
    floor_micro: int
    declared_micro: int
    deciding: DayFloor | None
    considered: tuple[DayFloor, ...] = field(repr=False)
    unknown_places: tuple[str, ...]
    paid_ms: int
    unknown_ms: int
    basic_micro: int
    costs: tuple[Cost, ...]
    required_micro: int
    top_up_micro: int
    version: str = FLOOR_TEST_VERSION

    @property
    def costs_micro(self) -> int:
        """What is deducted from basic pay before the test."""
        return _sum(self.costs)

    @property
    def below_before(self) -> bool:
        """Whether pay for the known time was below the floor before the top-up."""
        return self.top_up_micro > 0

    @property
    def fx(self) -> tuple[FxRow, ...]:
        return self.deciding.fx if self.deciding else ()


@dataclass(frozen=True)
class WeekFloor:
    """The floor of a worker's week, whatever they earned: the figure, and what it rests on."""

    floor_micro: int
    deciding: DayFloor | None
    considered: tuple[DayFloor, ...]
    gaps: tuple[Gap, ...]

    @property
    def unknown_places(self) -> tuple[str, ...]:
        """The places for which no floor is known, the worker's own before the project's."""
        return tuple(dict.fromkeys(each.place for each in self.considered if each.hourly_micro is None))


def week_floor(tables: Tables, inputs: FloorInputs) -> WeekFloor:
    """Return the floor of the week: the worker's own places where they are known, else the project's countries."""
    if inputs.volunteers:
        return WeekFloor(0, None, (), ())
    gaps: list[Gap] = []
    own = [
        floor
        for code, days in _days_by_place(inputs)
        for floor in floor_over(tables, code, days, inputs.currency)
    ]
    gaps.extend(floor.gap for floor in own if floor.gap)
    considered = list(own)
    if not inputs.places:
        gaps.append(Gap.PLACE_UNDECLARED)
    if any(floor.hourly_micro is None for floor in own) or not inputs.places:
        theirs = list_floors(tables, inputs)
        gaps.extend([] if theirs else [Gap.NO_COUNTRIES])
        gaps.extend(floor.gap for floor in theirs if floor.gap)
        considered.extend(theirs)
    deciding = highest(considered)
    statutory = (deciding.hourly_micro or 0) if deciding else 0
    # "no minimum by law" of one place says nothing where another place's law isn't known
    if deciding is not None and (statutory < inputs.declared_micro or (statutory == 0 and gaps)):
        deciding = None
    return WeekFloor(
        max(statutory, inputs.declared_micro), deciding, tuple(considered), tuple(dict.fromkeys(gaps))
    )


def run(
    tables: Tables, inputs: FloorInputs, figures: WeekFigures, floor: WeekFloor | None = None
) -> FloorResult:
    """Test one worker's week. `floor` may be given where it was worked out before (it is the same for many)."""
    floor = floor or week_floor(tables, inputs)
    costs = (*_declared_costs(inputs, figures), *figures.fees)
    required = ceil_div(figures.paid_ms * floor.floor_micro, MS_PER_HOUR)
    # without known time there is nothing that a floor could be tested on: costs alone are refunded, not topped up
    tested = figures.paid_ms > 0 and not inputs.volunteers
    top_up = max(0, required - (figures.basic_micro - _sum(costs))) if tested else 0
    gaps = (*floor.gaps, Gap.TIME_UNKNOWN) if figures.unknown_ms else floor.gaps
    return FloorResult(
        status=FloorStatus.VOLUNTEER if inputs.volunteers else _status(floor, figures, gaps, top_up),
        gaps=gaps,
        floor_micro=floor.floor_micro,
        declared_micro=inputs.declared_micro,
        deciding=floor.deciding,
        considered=floor.considered,
        unknown_places=floor.unknown_places,
        paid_ms=figures.paid_ms,
        unknown_ms=figures.unknown_ms,
        basic_micro=figures.basic_micro,
        costs=costs,
        required_micro=required,
        top_up_micro=top_up,
    )


def in_figures(result: FloorResult) -> dict[str, Any]:
    """Return the result as JSON for statements and reports: amounts as strings of micro-units, rows by their ids."""
    return {
        "version": result.version,
        "status": result.status.value,
        "gaps": [gap.value for gap in result.gaps],
        "floor_micro": str(result.floor_micro),
        "declared_micro": str(result.declared_micro),
        "deciding": _day_figures(result.deciding) if result.deciding else None,
        "no_floor_known_for": list(result.unknown_places),
        "paid_ms": str(result.paid_ms),
        "unknown_ms": str(result.unknown_ms),
        "basic_micro": str(result.basic_micro),
        "costs": [
            {"kind": cost.kind, "amount_micro": str(cost.amount_micro), "source": cost.source}
            for cost in result.costs
        ],
        "costs_micro": str(result.costs_micro),
        "required_micro": str(result.required_micro),
        "top_up_micro": str(result.top_up_micro),
    }


def _day_figures(floor: DayFloor) -> dict[str, Any]:
    row = floor.row
    return {
        "place": floor.place,
        "day": floor.day.isoformat(),
        "hourly_micro": None if floor.hourly_micro is None else str(floor.hourly_micro),
        "row": row.id if row else None,
        "row_micro": None if row is None or row.amount_micro is None else str(row.amount_micro),
        "row_currency": row.currency if row else None,
        "source": row.source_url if row else None,
        "fx": [
            {"date": rate.day.isoformat(), "base": rate.base, "quote": rate.quote, "rate": rate.text}
            | {"source": rate.source_url}
            for rate in floor.fx
        ],
    }


def list_floors(tables: Tables, inputs: FloorInputs) -> list[DayFloor]:
    """Return the floors of the project's own countries over the week, for whoever has not said where they work."""
    days = _dates(inputs.starts, inputs.ends, "UTC")
    return [floor for code in inputs.countries for floor in floor_over(tables, code, days, inputs.currency)]


def _sum(costs: tuple[Cost, ...]) -> int:
    return sum(cost.amount_micro for cost in costs)


def _declared_costs(inputs: FloorInputs, figures: WeekFigures) -> list[Cost]:
    """Return the costs that the project's terms declare, each rounded up: data by the hour, FX spread by basic pay."""
    data = ceil_div(figures.paid_ms * inputs.data_hourly_micro, MS_PER_HOUR)
    spread = ceil_div(figures.basic_micro * inputs.fx_spread_permille, 1000)
    terms = f"terms version {inputs.terms_version}"
    found = [
        Cost("data", data, f"{terms}: {inputs.data_hourly_micro} micro-units an hour"),
        Cost("fx_spread", spread, f"{terms}: {inputs.fx_spread_permille} per thousand of pay for time"),
    ]
    return [cost for cost in found if cost.amount_micro]


def _status(floor: WeekFloor, figures: WeekFigures, gaps: tuple[Gap, ...], top_up: int) -> FloorStatus:
    if figures.paid_ms == 0 and figures.unknown_ms == 0:
        return FloorStatus.NO_TIME
    if gaps:
        return FloorStatus.UNKNOWN
    if top_up > 0:
        return FloorStatus.TOPPED_UP
    return FloorStatus.MET if floor.floor_micro else FloorStatus.NO_FLOOR


def _days_by_place(inputs: FloorInputs) -> list[tuple[str, list[date]]]:
    """Return the local dates of the week at each place the worker was at; a day of a move counts at both.

    The first place ever declared holds for the whole workweek in which it was declared.
    """
    found = []
    for index, place in enumerate(inputs.places):
        starts = inputs.starts if index == 0 else max(inputs.starts, place.since)
        later = inputs.places[index + 1 :]
        ends = min(inputs.ends, later[0].since) if later else inputs.ends
        if starts < ends:
            found.append((place.code, _dates(starts, ends, place.zone)))
    return found


def _dates(starts: datetime, ends: datetime, zone: str) -> list[date]:
    here = ZoneInfo(zone)
    first = starts.astimezone(here).date()
    last = (ends - timedelta(milliseconds=1)).astimezone(here).date()
    return [first + timedelta(days=count) for count in range((last - first).days + 1)]
