"""When PPO is stopped. Each guard has the figure just inside its limit as the negative control."""

from __future__ import annotations

import math

import pytest

from rewardmodel.ml.errors import GuardStop
from rewardmodel.ml.guards import Behaviour, Limits, behaviour, check, check_first_update, check_floor

REFERENCE = Behaviour(length=20.0, eos_rate=0.98, distinct_ratio=1.0)
LIMITS = Limits()


def updates(**figures: float) -> list[dict[str, float]]:
    sound = {"length": 20.0, "eos_rate": 0.98, "distinct_ratio": 1.0, "kl": 1.0}
    return [{**sound, **figures}] * LIMITS.window


@pytest.mark.parametrize(
    ("name", "inside", "outside", "code"),
    [
        ("length", 40.0, 40.1, "guard_length"),
        ("length", 10.0, 9.9, "guard_length"),
        ("eos_rate", 0.931, 0.929, "guard_eos"),
        ("distinct_ratio", 0.8, 0.79, "guard_distinct"),
    ],
)
def test_a_guard_stops_outside_its_limit_and_not_inside(
    name: str, inside: float, outside: float, code: str
) -> None:
    check(updates(**{name: inside}), REFERENCE, LIMITS)
    with pytest.raises(GuardStop) as stop:
        check(updates(**{name: outside}), REFERENCE, LIMITS)
    assert stop.value.code == code
    assert "reference at step 0" in stop.value.message


def test_one_bad_update_in_a_window_of_good_ones_stops_nothing() -> None:
    check([*updates()[1:], *updates(eos_rate=0.8)[:1]], REFERENCE, LIMITS)


def test_nothing_but_nan_is_judged_before_the_window_is_full() -> None:
    check(updates(length=1.0)[1:], REFERENCE, LIMITS)
    with pytest.raises(GuardStop, match="kl became nan: lower lr"):
        check(updates(kl=math.nan)[:1], REFERENCE, LIMITS)


def test_a_kl_at_step_zero_above_the_limit_stops() -> None:
    check_first_update(-9e-4, 0.0, LIMITS)
    with pytest.raises(GuardStop, match="reference is not the starting policy"):
        check_first_update(2e-3, 0.0, LIMITS)


def test_with_a_numerical_floor_the_limit_at_step_zero_is_five_times_the_floor() -> None:
    check_first_update(0.049, 0.01, LIMITS)
    with pytest.raises(GuardStop):
        check_first_update(0.051, 0.01, LIMITS)


def test_a_floor_above_a_twentieth_of_a_nat_a_token_refuses_to_start() -> None:
    check_floor(0.05, LIMITS)
    with pytest.raises(GuardStop, match="use dtype float32"):
        check_floor(0.051, LIMITS)


def test_nan_is_outside_every_limit() -> None:
    with pytest.raises(GuardStop):
        check_first_update(math.nan, 0.0, LIMITS)
    with pytest.raises(GuardStop):
        check_floor(math.nan, LIMITS)


def test_behaviour_counts_tokens_before_eos_and_distinct_answers() -> None:
    assert behaviour([[5, 6, 0, 9], [5, 6, 0, 0], [5, 6, 7, 8], [0, 9, 9, 9]], eos=0) == Behaviour(
        2.0, 0.75, 0.75
    )
