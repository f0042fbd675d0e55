"""The floor test by hand: what is required, what is deducted, what is topped up, and what stays unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byhand.money import MS_PER_HOUR
from wages.floors.rows import Gap, floor_on, fx_between
from wages.floors.tables import FloorRow, FxRow, Tables
from wages.floors.week_test import (
    Cost,
    FloorInputs,
    FloorStatus,
    Place,
    WeekFigures,
    in_figures,
    run,
    week_floor,
)

WEEK = datetime(2026, 3, 2, tzinfo=UTC)
MONDAY = WEEK.date()
EARLY = WEEK - timedelta(days=90)
FEE = Cost("fee", 1_500_000, "payment 1: your receipt 2")


def row(country: str, amount: int | None, currency: str, **changes: object) -> FloorRow:
    plain = FloorRow(
        "statutory_min",
        country,
        "",
        "",
        amount,
        currency,
        "hour",
        True,
        date(2026, 1, 1),
        None,
        "Law",
        "https://l",
        "",
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def fx(day: date, base: str, quote: str, rate: str) -> FxRow:
    return FxRow(day, base, quote, Fraction(rate), rate, "Bank", "https://b")


US = row("US", 7_250_000, "USD")
CA = row("US", 16_900_000, "USD", subdivision="US-CA")
DE = row("DE", 13_900_000, "EUR")
DK = row("DK", None, "DKK")
KE = row("KE", 16_113_750_000, "KES", unit="month")
EURUSD = (fx(MONDAY, "EUR", "USD", "1.10"), fx(MONDAY + timedelta(days=2), "EUR", "USD", "1.15"))
TABLES = Tables((US, CA, DE, DK, KE), EURUSD, {})
INPUTS = FloorInputs(
    starts=WEEK,
    ends=WEEK + timedelta(days=7),
    currency="USD",
    declared_micro=5_000_000,
    countries=("US-CA", "DK"),
    places=(Place("US-CA", "America/Los_Angeles", EARLY),),
)


def at(code: str, zone: str = "UTC", since: datetime = EARLY) -> FloorInputs:
    return replace(INPUTS, places=(Place(code, zone, since),))


def test_a_shortfall_is_topped_up_to_the_micro_unit() -> None:
    result = run(TABLES, INPUTS, WeekFigures(paid_ms=1_234_567, basic_micro=5_000_000))
    # 1,234,567 ms x 16.90 an hour = 5,795,606.19...
    assert (result.status, result.required_micro, result.top_up_micro) == (
        FloorStatus.TOPPED_UP,
        5_795_607,
        795_607,
    )
    assert result.deciding is not None and result.deciding.row == CA
    assert result.below_before


def test_costs_are_deducted_before_the_test() -> None:
    inputs = replace(INPUTS, terms_version=2, data_hourly_micro=300_000)
    figures = WeekFigures(paid_ms=10 * MS_PER_HOUR, basic_micro=170_000_000, fees=(FEE,))
    result = run(TABLES, inputs, figures)
    assert (result.costs_micro, result.required_micro) == (4_500_000, 169_000_000)
    assert in_figures(result)["costs"] == [
        {
            "kind": "data",
            "amount_micro": "3000000",
            "source": "terms version 2: 300000 micro-units an hour",
        },
        {"kind": "fee", "amount_micro": "1500000", "source": "payment 1: your receipt 2"},
    ]
    assert result.top_up_micro == 169_000_000 - (170_000_000 - 4_500_000)


def test_a_declared_spread_is_a_part_of_basic_pay_rounded_up() -> None:
    inputs = replace(INPUTS, terms_version=3, fx_spread_permille=25)
    result = run(TABLES, inputs, WeekFigures(paid_ms=MS_PER_HOUR, basic_micro=17_000_001))
    assert result.costs == (Cost("fx_spread", 425_001, "terms version 3: 25 per thousand of pay for time"),)
    assert result.top_up_micro == 16_900_000 - (17_000_001 - 425_001)


def test_a_cost_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="below zero"):
        WeekFigures(1, 1, fees=(Cost("fee", -1, ""),))


def test_reaching_the_floor_exactly_is_met() -> None:
    result = run(TABLES, INPUTS, WeekFigures(MS_PER_HOUR, 16_900_000))
    assert (result.status, result.top_up_micro, result.gaps) == (FloorStatus.MET, 0, ())


def test_the_declared_floor_counts_where_it_is_higher() -> None:
    result = run(TABLES, replace(INPUTS, declared_micro=18_000_000), WeekFigures(MS_PER_HOUR, 17_000_000))
    assert (result.floor_micro, result.deciding, result.top_up_micro) == (18_000_000, None, 1_000_000)


def test_the_subdivision_is_above_its_country() -> None:
    assert floor_on(TABLES, "US-CA", MONDAY, "USD").hourly_micro == 16_900_000
    texas = floor_on(TABLES, "US-TX", MONDAY, "USD")
    assert (texas.hourly_micro, texas.gap) == (7_250_000, Gap.NO_SUBDIVISION_ROW)
    somewhere = floor_on(TABLES, "US", MONDAY, "USD")
    assert (somewhere.hourly_micro, somewhere.known) == (16_900_000, False)


def test_an_undeclared_place_gets_the_highest_of_the_list_and_is_never_met() -> None:
    inputs = replace(INPUTS, places=())
    for basic, top_up in ((16_000_000, 900_000), (20_000_000, 0)):
        result = run(TABLES, inputs, WeekFigures(MS_PER_HOUR, basic))
        assert (result.status, result.floor_micro, result.top_up_micro) == (
            FloorStatus.UNKNOWN,
            16_900_000,
            top_up,
        )
        assert result.gaps == (Gap.PLACE_UNDECLARED,)


def test_unknown_time_never_cancels_a_top_up_on_known_time() -> None:
    known = run(TABLES, INPUTS, WeekFigures(MS_PER_HOUR, 16_000_000))
    result = run(TABLES, INPUTS, WeekFigures(MS_PER_HOUR, 16_000_000, unknown_ms=5 * MS_PER_HOUR))
    assert result.top_up_micro == known.top_up_micro == 900_000
    assert (result.status, result.gaps) == (FloorStatus.UNKNOWN, (Gap.TIME_UNKNOWN,))


@pytest.mark.parametrize(("place", "gap"), [("KE", Gap.NO_HOURLY_ROW), ("AR", Gap.NO_ROW)])
def test_a_place_without_a_usable_row_gets_the_list_and_stays_unknown(place: str, gap: Gap) -> None:
    result = run(TABLES, at(place), WeekFigures(MS_PER_HOUR, 20_000_000))
    assert (result.status, result.gaps, result.floor_micro) == (FloorStatus.UNKNOWN, (gap,), 16_900_000)


def test_no_statutory_minimum_is_a_value() -> None:
    met = run(TABLES, at("DK"), WeekFigures(MS_PER_HOUR, 5_000_000))
    assert (met.status, met.floor_micro) == (FloorStatus.MET, 5_000_000)
    none = run(TABLES, replace(at("DK"), declared_micro=0), WeekFigures(MS_PER_HOUR, 1))
    assert (none.status, none.top_up_micro) == (FloorStatus.NO_FLOOR, 0)


@pytest.mark.parametrize(
    ("inputs", "unknown"),
    [
        (replace(at("KE"), countries=("DK",)), ("KE",)),
        (replace(at("AR"), countries=("DK", "KE")), ("AR", "KE")),
        (replace(INPUTS, places=(), countries=("DK",)), ()),
    ],
)
def test_another_places_none_is_no_floor_of_a_place_that_is_not_known(
    inputs: FloorInputs, unknown: tuple[str, ...]
) -> None:
    result = run(TABLES, replace(inputs, declared_micro=0), WeekFigures(MS_PER_HOUR, 1))
    assert (result.status, result.floor_micro, result.deciding) == (FloorStatus.UNKNOWN, 0, None)
    assert result.unknown_places == unknown
    assert in_figures(result)["no_floor_known_for"] == list(unknown)


def test_ones_own_none_by_law_decides_also_where_some_time_is_unknown() -> None:
    result = run(TABLES, replace(at("DK"), declared_micro=0), WeekFigures(MS_PER_HOUR, 1, unknown_ms=5))
    assert result.deciding is not None and result.deciding.row == DK
    assert (result.status, result.unknown_places) == (FloorStatus.UNKNOWN, ())


def test_another_currency_is_carried_over_on_the_least_favourable_day() -> None:
    result = run(TABLES, at("DE"), WeekFigures(MS_PER_HOUR, 15_000_000))
    assert (result.floor_micro, result.top_up_micro) == (
        15_985_000,
        985_000,
    )  # 13.90 x 1.15 from Wednesday on
    assert [rate.text for rate in result.fx] == ["1.15"]


def test_without_an_exchange_rate_the_floor_is_not_known() -> None:
    result = run(replace(TABLES, fx=()), at("DE"), WeekFigures(MS_PER_HOUR, 20_000_000))
    assert (result.status, result.gaps) == (FloorStatus.UNKNOWN, (Gap.NO_FX,))


def test_rates_are_inverted_and_crossed_exactly_and_grow_old() -> None:
    table = replace(TABLES, fx=(*EURUSD, fx(MONDAY, "EUR", "KES", "140")))
    inverse = fx_between(table, "USD", "EUR", MONDAY)
    crossed = fx_between(table, "KES", "USD", MONDAY)
    assert inverse is not None and inverse[0] == Fraction(10, 11)
    assert crossed is not None and crossed[0] == Fraction(11, 1400)
    assert fx_between(table, "KES", "USD", MONDAY - timedelta(days=1)) is None
    assert fx_between(table, "EUR", "KES", MONDAY + timedelta(days=31)) is not None
    assert fx_between(table, "EUR", "KES", MONDAY + timedelta(days=32)) is None


def test_a_law_that_changes_within_the_week_counts_from_its_day_on() -> None:
    old = replace(CA, valid_to=date(2026, 3, 4))
    new = replace(CA, amount_micro=17_500_000, valid_from=date(2026, 3, 5))
    result = run(Tables((US, old, new), (), {}), INPUTS, WeekFigures(MS_PER_HOUR, 17_000_000))
    assert (result.floor_micro, result.top_up_micro) == (17_500_000, 500_000)


def test_days_are_those_of_the_declared_zone() -> None:
    next_week = replace(CA, amount_micro=17_500_000, valid_from=date(2026, 3, 9))
    table = Tables((US, replace(CA, valid_to=date(2026, 3, 8)), next_week), (), {})
    assert week_floor(table, at("US-CA", "America/Los_Angeles")).floor_micro == 16_900_000
    assert week_floor(table, at("US-CA", "Pacific/Auckland")).floor_micro == 17_500_000


def test_a_worker_who_moves_is_held_to_the_higher_of_both_places() -> None:
    moved = replace(
        INPUTS,
        places=(Place("DK", "UTC", EARLY), Place("US-CA", "UTC", WEEK + timedelta(days=6))),
    )
    floor = week_floor(TABLES, moved)
    assert floor.floor_micro == 16_900_000
    assert {each.place for each in floor.considered} == {"DK", "US-CA"}


def test_the_first_place_holds_for_the_whole_workweek() -> None:
    floor = week_floor(TABLES, at("US-CA", since=WEEK + timedelta(days=5)))
    assert (floor.gaps, len(floor.considered)) == ((), 7)


def test_volunteers_hours_are_counted_and_not_topped_up() -> None:
    result = run(TABLES, replace(INPUTS, volunteers=True), WeekFigures(MS_PER_HOUR, 0))
    assert (result.status, result.top_up_micro, result.paid_ms) == (FloorStatus.VOLUNTEER, 0, MS_PER_HOUR)


def test_no_time_is_no_test() -> None:
    result = run(TABLES, INPUTS, WeekFigures(0, 0, fees=(FEE,)))
    assert (result.status, result.top_up_micro) == (FloorStatus.NO_TIME, 0)


def test_figures_are_strings_that_can_be_computed_again() -> None:
    shown = in_figures(run(TABLES, at("DE"), WeekFigures(MS_PER_HOUR, 15_000_000)))
    assert shown["top_up_micro"] == "985000"
    assert shown["deciding"]["row"] == "statutory_min:DE:2026-01-01"
    assert shown["deciding"]["fx"][0] == {
        "date": "2026-03-04",
        "base": "EUR",
        "quote": "USD",
        "rate": "1.15",
        "source": "https://b",
    }


@given(
    ms=st.integers(1, 10**9),
    basic=st.integers(0, 10**11),
    costs=st.integers(0, 10**9),
    unknown=st.integers(0, 10**9),
)
def test_after_the_top_up_nobody_is_below(ms: int, basic: int, costs: int, unknown: int) -> None:
    result = run(TABLES, INPUTS, WeekFigures(ms, basic, unknown, (Cost("fee", costs, ""),)))
    net = basic + result.top_up_micro - result.costs_micro
    assert net * MS_PER_HOUR >= ms * result.floor_micro
    assert result.top_up_micro == 0 or net * MS_PER_HOUR < (ms * result.floor_micro) + MS_PER_HOUR
