"""Caps stop offers: 8 hours in any 24, 40 in any 7 days, 11 hours of rest, and what a project exposes people to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from wages.caps import DAY, Stop, StopReason, WorkedHour, stop, with_running

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
MS = timedelta(milliseconds=1)


def at(*, days: int = 0, hours: float = 0, minutes: float = 0) -> datetime:
    return MONDAY + timedelta(days=days, hours=hours, minutes=minutes)


def worked(*stretches: tuple[datetime, datetime], on_item: bool = True) -> list[WorkedHour]:
    hours: list[WorkedHour] = []
    for since, until in stretches:
        hours = with_running(hours, since, until, on_item=on_item)
    return hours


def test_a_millisecond_less_than_eight_hours_is_no_stop_and_eight_are() -> None:
    assert stop(worked((at(hours=9), at(hours=17) - MS)), at(hours=17)) is None
    assert stop(worked((at(hours=9), at(hours=17))), at(hours=17)) == Stop(
        StopReason.DAY, at(days=1, hours=9) + MS
    )


def test_the_window_of_a_day_rolls_and_knows_no_midnight() -> None:
    evening = worked((at(hours=20), at(days=1, hours=4)))
    found = stop(evening, at(days=1, hours=4))
    assert found == Stop(StopReason.DAY, at(days=1, hours=20) + MS)


def test_somebody_who_works_nine_to_five_every_day_is_not_stopped_in_the_morning() -> None:
    hours = worked((at(hours=9), at(hours=17)))
    assert stop(hours, at(days=1, hours=9) + MINUTE) is None


def test_forty_hours_in_seven_days_stop_until_the_first_of_them_has_passed_out() -> None:
    hours = worked(*((at(days=day, hours=9), at(days=day, hours=17)) for day in range(5)))
    assert stop(hours, at(days=5, hours=9)) == Stop(StopReason.WEEK, at(days=7, hours=9) + MS)


def test_after_thirteen_hours_from_the_first_work_eleven_hours_of_rest_come_first() -> None:
    hours = worked((at(hours=8), at(hours=9)), (at(hours=19), at(hours=20)))
    assert stop(hours, at(hours=20, minutes=59)) is None
    assert stop(hours, at(hours=21)) == Stop(StopReason.REST, at(days=1, hours=7))
    assert stop(hours, at(days=1, hours=7)) is None


def test_a_rest_of_eleven_hours_begins_a_new_day_and_a_shorter_one_does_not() -> None:
    slept = worked((at(hours=8), at(hours=9)), (at(hours=20), at(hours=22)))
    assert stop(slept, at(hours=22)) is None
    short = worked((at(hours=8), at(hours=9)), (at(hours=20) - MS, at(hours=22)))
    assert stop(short, at(hours=22)) == Stop(StopReason.REST, at(days=1, hours=9))


def test_exposure_counts_time_with_an_item_alone() -> None:
    limit = 2 * HOUR
    reading = worked((at(hours=9), at(hours=12)), on_item=False)
    assert stop(reading, at(hours=12), exposure=limit) is None
    ranking = worked((at(hours=9), at(hours=11)))
    assert stop(ranking, at(hours=11), exposure=limit) == Stop(StopReason.EXPOSURE, at(days=1, hours=9) + MS)


def test_of_several_stops_the_last_to_end_is_told() -> None:
    hours = worked((at(hours=8), at(hours=16)), (at(hours=20), at(hours=21)))
    found = stop(hours, at(hours=21))
    assert found is not None
    assert (found.reason, found.until) == (StopReason.DAY, at(days=1, hours=9) + MS)


def test_what_runs_now_counts_and_is_split_at_the_hour() -> None:
    hours = with_running([], at(hours=9, minutes=45), at(hours=10, minutes=10), on_item=True)
    assert [(hour.start, hour.worked, hour.item) for hour in hours] == [
        (at(hours=9), 15 * MINUTE, 15 * MINUTE),
        (at(hours=10), 10 * MINUTE, 10 * MINUTE),
    ]
    more = with_running(hours, at(hours=10, minutes=20), at(hours=10, minutes=30), on_item=False)
    assert (more[1].worked, more[1].item, more[1].ended) == (
        20 * MINUTE,
        10 * MINUTE,
        at(hours=10, minutes=30),
    )


@given(st.lists(st.tuples(st.integers(0, 240), st.integers(1, 180)), max_size=20), st.integers(0, 600))
def test_no_offer_is_made_where_the_exact_window_is_full_and_until_is_when_it_is_not(
    gaps: list[tuple[int, int]], later: int
) -> None:
    """Against the stretches themselves, minute by minute: the hours never let a cap be passed."""
    moment, stretches = MONDAY, []
    for gap, length in gaps:
        since = moment + gap * MINUTE
        moment = since + length * MINUTE
        stretches.append((since, moment))
    now = moment + later * MINUTE
    hours = worked(*stretches)
    exact = sum(
        (max(until - max(since, now - DAY), timedelta()) for since, until in stretches), start=timedelta()
    )
    found = stop(hours, now)
    if exact >= 8 * HOUR:
        assert found is not None
    if found is not None:
        assert found.until >= now
        assert stop(hours, max(found.until, now + MS)) is None
