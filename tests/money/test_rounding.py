"""The pay formula and the splitting of amounts, by exact examples and by properties."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byhand.money import CurrencyMismatch, Money, accrued, allocate, ceil_div

MS = st.integers(0, 10**11)
RATE = st.integers(0, 10**12)


@pytest.mark.parametrize(
    ("ms", "hourly", "pay"),
    [
        (3_600_000, 18_500_000, 18_500_000),
        (600_000, 18_500_000, 3_083_334),
        (1, 1, 1),
        (0, 18_500_000, 0),
        (1, 0, 0),
    ],
)
def test_pay_is_the_ceil_of_time_by_rate(ms: int, hourly: int, pay: int) -> None:
    assert accrued(ms, hourly) == pay


@given(MS, RATE)
def test_the_ceil_is_never_a_micro_unit_off(ms: int, hourly: int) -> None:
    exact = Fraction(ms * hourly, 3_600_000)
    assert exact <= accrued(ms, hourly) < exact + 1


@given(st.lists(st.integers(0, 10**9), max_size=20), RATE)
def test_any_splitting_of_the_time_pays_the_same(parts: list[int], hourly: int) -> None:
    total = posted = 0
    for part in parts:
        difference = accrued(total + part, hourly) - accrued(total, hourly)
        assert difference >= 0
        total, posted = total + part, posted + difference
    assert posted == accrued(sum(parts), hourly)


@given(st.integers(0, 10**15), st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any))
def test_allocated_parts_add_up_and_are_less_than_one_off(total: int, weights: list[int]) -> None:
    parts = allocate(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


def test_what_can_not_be_computed_is_refused() -> None:
    for bad in (
        lambda: accrued(-1, 1),
        lambda: accrued(1, -1),
        lambda: ceil_div(1, 0),
        lambda: allocate(1, []),
        lambda: allocate(1, [0]),
    ):
        with pytest.raises(ValueError, match=r"."):
            bad()


def test_two_currencies_are_never_added() -> None:
    assert Money(1, "USD") + Money(2, "USD") == Money(3, "USD")
    with pytest.raises(CurrencyMismatch):
        Money(1, "USD") + Money(1, "EUR")
    with pytest.raises(TypeError):
        Money(1.0, "USD")  # type: ignore[arg-type]
