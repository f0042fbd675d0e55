"""Premiums are split exactly at their boundaries, on the clock of the place where the worker works."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byhand.money import MS_PER_HOUR
from wages.closing.premiums import Bonus, CardTerms, Premium, PremiumKind, Worked, premiums, weekly_bonus

BERLIN, NAIROBI, HAVANA = "Europe/Berlin", "Africa/Nairobi", "America/Havana"
HOUR = 3_600_000
NIGHT = CardTerms(1, 20_000_000, night_permille=250)
WEEKEND = CardTerms(1, 20_000_000, weekend_permille=500)


def worked(start: str, end: str, card: CardTerms, zone: str | None) -> Worked:
    """Times are on the wall clock of the zone (UTC without one)."""
    here = ZoneInfo(zone or "UTC")
    return Worked(_wall(start, here), _wall(end, here), card, zone)


def _wall(text: str, here: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=here).astimezone(UTC)


def only(found: list[Premium]) -> Premium:
    (one,) = found
    return one


@pytest.mark.parametrize(
    ("start", "end", "ms"),
    [
        ("2026-03-03T20:00", "2026-03-03T20:01", 0),
        ("2026-03-03T21:59:59.999", "2026-03-03T22:00:00.001", 1),
        ("2026-03-03T22:00", "2026-03-04T06:00", 8 * HOUR),
        ("2026-03-04T05:59:59.999", "2026-03-04T06:30", 1),
        ("2026-03-03T12:00", "2026-03-04T12:00", 8 * HOUR),
        ("2026-03-03T23:30", "2026-03-04T00:30", HOUR),
    ],
)
def test_a_night_begins_at_22_and_ends_at_6(start: str, end: str, ms: int) -> None:
    found = premiums([worked(start, end, NIGHT, NAIROBI)])
    assert sum(each.ms for each in found) == ms


def test_the_amount_is_the_premium_part_rounded_up_once() -> None:
    stretches = [
        worked(f"2026-03-0{day}T22:00:00", f"2026-03-0{day}T22:00:00.001", NIGHT, NAIROBI)
        for day in (3, 4, 5)
    ]
    night = only(premiums(stretches))
    assert (night.ms, night.micro) == (3, 5)  # 3 ms x 20.00 x 25 % = 4.17 micro-units
    assert len(night.parts) == 3
    full = only(premiums([worked("2026-03-03T22:00", "2026-03-04T06:00", NIGHT, NAIROBI)]))
    assert (full.permille, full.micro) == (250, 40_000_000)


def test_a_night_on_which_the_clock_goes_forward_is_seven_hours() -> None:
    night = only(premiums([worked("2026-03-28T20:00", "2026-03-29T08:00", NIGHT, BERLIN)]))
    assert (night.ms, night.micro) == (7 * HOUR, 35_000_000)


def test_a_night_on_which_the_clock_goes_back_is_nine_hours() -> None:
    night = only(premiums([worked("2026-10-24T20:00", "2026-10-25T08:00", NIGHT, BERLIN)]))
    assert (night.ms, night.micro) == (9 * HOUR, 45_000_000)
    assert night.parts == ((datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 25, 5, tzinfo=UTC)),)


def test_a_weekend_is_saturday_and_sunday_there() -> None:
    stretch = worked("2026-03-06T23:00", "2026-03-09T01:00", WEEKEND, NAIROBI)
    weekend = only(premiums([stretch]))
    assert weekend.ms == 48 * HOUR
    assert weekend.parts[0][0] == datetime(2026, 3, 6, 21, tzinfo=UTC)
    elsewhere = Worked(stretch.start, stretch.end, WEEKEND, "UTC")
    assert only(premiums([elsewhere])).parts[0][0] == datetime(2026, 3, 7, tzinfo=UTC)


def test_a_weekend_with_a_change_of_the_clock_is_an_hour_shorter_or_longer() -> None:
    spring = only(premiums([worked("2026-03-27T12:00", "2026-03-30T12:00", WEEKEND, BERLIN)]))
    autumn = only(premiums([worked("2026-10-23T12:00", "2026-10-26T12:00", WEEKEND, BERLIN)]))
    assert (spring.ms, autumn.ms) == (47 * HOUR, 49 * HOUR)


def test_midnight_that_does_not_exist_is_the_jump_itself() -> None:
    # in Havana clocks go from Sunday 00:00 to 01:00
    saturday = only(premiums([worked("2026-03-07T12:00", "2026-03-08T12:00", WEEKEND, HAVANA)]))
    assert saturday.ms == 23 * HOUR


def test_without_a_declared_zone_utc_is_used_and_said() -> None:
    night = only(premiums([worked("2026-03-03T22:00", "2026-03-03T23:00", NIGHT, None)]))
    assert (night.ms, night.zone_assumed) == (HOUR, True)
    assert not only(premiums([worked("2026-03-03T22:00", "2026-03-03T23:00", NIGHT, "UTC")])).zone_assumed


def test_overtime_begins_at_the_millisecond_that_passes_the_limit() -> None:
    card = CardTerms(1, 20_000_000, overtime_permille=500, overtime_after_ms=40 * HOUR)
    days = [worked(f"2026-03-0{day}T08:00", f"2026-03-0{day}T17:00", card, "UTC") for day in range(2, 7)]
    overtime = only(premiums(reversed(days)))
    assert (overtime.ms, overtime.micro) == (5 * HOUR, 50_000_000)
    assert overtime.parts == ((datetime(2026, 3, 6, 12, tzinfo=UTC), datetime(2026, 3, 6, 17, tzinfo=UTC)),)


def test_late_work_goes_on_where_its_own_week_left_off() -> None:
    card = CardTerms(1, 20_000_000, overtime_permille=500, overtime_after_ms=40 * HOUR)
    late = worked("2026-03-06T08:00", "2026-03-06T10:00", card, "UTC")
    week = datetime(2026, 3, 2, tzinfo=UTC)
    assert only(premiums([late], week_ms_before={week: 39 * HOUR})).ms == HOUR
    assert premiums([late]) == []


def test_overtime_counts_time_under_every_card_and_is_paid_by_the_card_it_falls_under() -> None:
    plain = CardTerms(1, 10_000_000)
    extra = CardTerms(2, 20_000_000, overtime_permille=1000, overtime_after_ms=HOUR)
    found = premiums(
        [
            worked("2026-03-02T08:00", "2026-03-02T09:00", plain, None),
            worked("2026-03-02T10:00", "2026-03-02T11:00", extra, None),
        ]
    )
    assert [(each.card_id, each.kind, each.micro, each.zone_assumed) for each in found] == [
        (2, PremiumKind.OVERTIME, 20_000_000, False)
    ]


def test_premiums_add_up() -> None:
    card = CardTerms(1, 20_000_000, night_permille=250, weekend_permille=500)
    found = premiums([worked("2026-03-07T22:00", "2026-03-07T23:00", card, NAIROBI)])
    assert [(each.kind, each.micro) for each in found] == [
        (PremiumKind.NIGHT, 5_000_000),
        (PremiumKind.WEEKEND, 10_000_000),
    ]


def test_the_weekly_bonus_is_reached_by_all_paid_time_and_given_once() -> None:
    one = CardTerms(1, 1, bonus_micro=5_000_000, bonus_after_ms=10 * HOUR)
    two = CardTerms(2, 1, bonus_micro=4_000_000, bonus_after_ms=0)
    assert weekly_bonus([(one, 9 * HOUR), (two, HOUR)]) == Bonus(1, 5_000_000, 10 * HOUR)
    assert weekly_bonus([(one, 9 * HOUR), (two, HOUR - 1)]) == Bonus(2, 4_000_000, 10 * HOUR - 1)
    assert weekly_bonus([(one, HOUR)]) is None
    assert weekly_bonus([(two, 0)]) is None


@given(
    start=st.integers(0, 400 * 24 * 60),
    cuts=st.lists(st.integers(1, 48 * 3_600_000), min_size=1, max_size=6),
    zone=st.sampled_from([BERLIN, NAIROBI, HAVANA, "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)
def test_any_splitting_of_the_time_pays_the_same(start: int, cuts: list[int], zone: str) -> None:
    card = CardTerms(1, 18_500_000, 250, 500, 500, 20 * HOUR)
    begin = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(minutes=start)
    pieces, at = [], begin
    for ms in cuts:
        pieces.append(Worked(at, at + timedelta(milliseconds=ms), card, zone))
        at = pieces[-1].end
    whole, split = premiums([Worked(begin, at, card, zone)]), premiums(pieces)
    assert [(each.kind, each.ms, each.micro) for each in whole] == [
        (each.kind, each.ms, each.micro) for each in split
    ]
    for each in whole:
        assert sum(((end - begin) // timedelta(milliseconds=1)) for begin, end in each.parts) == each.ms
        assert each.ms * each.permille * card.hourly_micro <= each.micro * 1000 * MS_PER_HOUR
