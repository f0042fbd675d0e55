"""The forecast: exact figures by hand, a range that holds the truth, and silence where there is too little."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from annotation.forecast import Forecast, Stretch, forecast

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = 3_600_000


def of(counts: list[int], minutes: list[int | None] | None = None, **more: Any) -> Forecast | None:
    times: list[int | None] = minutes or list(counts)
    stretches = [
        Stretch(count, None if time is None else time * 60_000)
        for count, time in zip(counts, times, strict=True)
    ]
    given: dict[str, Any] = {"stretch_hours": 24.0, "remaining": 60, "hourly_micro": 30_000_000, "now": NOW}
    return forecast(stretches=stretches, **given | more)


def test_equal_days_have_no_range() -> None:
    found = of([20, 20, 20])
    assert found is not None
    assert (found.per_stretch.low, found.per_stretch.middle, found.per_stretch.high) == (20.0, 20.0, 20.0)
    assert found.earliest == found.expected == found.latest == NOW + timedelta(days=3)
    # 60 rankings of one minute at 30 an hour
    assert found.spend_micro == (30_000_000, 30_000_000, 30_000_000)


def test_the_range_is_two_standard_errors() -> None:
    found = of([10, 20, 30])
    assert found is not None
    error = (200 / 2 / 3) ** 0.5  # sample variance 100, three days
    assert found.per_stretch.middle == 20
    assert found.per_stretch.low == pytest.approx(20 - 2 * error)
    assert found.per_stretch.high == pytest.approx(20 + 2 * error)
    assert found.expected == NOW + timedelta(days=3)
    assert found.earliest == NOW + timedelta(days=60 / (20 + 2 * error))


def test_quiet_days_count_and_may_never_end() -> None:
    found = of([60, 0, 0])
    assert found is not None
    assert found.per_stretch.middle == 20
    assert (found.per_stretch.low, found.latest) == (0.0, None)


def test_spend_comes_from_time_per_ranking() -> None:
    found = of([10, 10, 10], [10, 20, 30])
    assert found is not None and found.spend_micro is not None
    low, middle, high = found.spend_micro
    assert middle == 60_000_000  # two minutes each, 60 of them, 30 an hour
    error = (200 / 2 / 3) ** 0.5 / 10  # of the ratio, in minutes
    assert (low, high) == (round((2 - 2 * error) * 30_000_000), round((2 + 2 * error) * 30_000_000))


@pytest.mark.parametrize("counts", [[], [5], [5, 5], [0, 0, 0, 0]])
def test_too_little_says_nothing(counts: list[int]) -> None:
    assert of(counts) is None


def test_nothing_left_needs_no_forecast() -> None:
    assert of([5, 5, 5], remaining=0) is None


def test_time_that_is_not_shown_is_not_used() -> None:
    found = of([10, 10, 10, 10], [10, None, 10, 10])
    assert found is not None and found.spend_micro == (30_000_000, 30_000_000, 30_000_000)
    hidden = of([10, 10, 10], [10, None, None])
    assert hidden is not None and hidden.spend_micro is None
    unpaid = of([10, 10, 10], hourly_micro=None)
    assert unpaid is not None and unpaid.spend_micro is None


def test_the_assumption_is_said_in_words() -> None:
    days, hours = of([20, 20, 20]), of([20, 20, 20], stretch_hours=1.0)
    assert days is not None and hours is not None
    assert days.assumption == (
        "People go on as in the last 3 days, the quiet ones included: 20.0 rankings a day "
        "(between 20.0 and 20.0), at the same pay."
    )
    assert "the last 3 hours" in hours.assumption and "rankings a hour" not in hours.assumption


def test_the_range_holds_the_true_pace_about_as_often_as_it_says() -> None:
    """A known pace, drawn 400 times: two standard errors of 7 days hold it in about nine cases of ten."""
    draw = random.Random(7)
    held = 0
    for _ in range(400):
        found = of([sum(draw.random() < 0.5 for _ in range(40)) for _ in range(7)])
        assert found is not None
        held += found.per_stretch.low <= 20 <= found.per_stretch.high
    assert 0.85 <= held / 400 <= 0.98
