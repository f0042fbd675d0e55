"""Every division of money that the platform does. Integers in, integers out, and always in the worker's favour."""

from __future__ import annotations

from collections.abc import Sequence

from byhand.money.currencies import exponent

MS_PER_HOUR = 3_600_000
MICRO_DIGITS = 6


def ceil_div(dividend: int, divisor: int) -> int:
    """Return the smallest integer that is at least dividend / divisor; the divisor is above zero."""
    if divisor <= 0:
        raise ValueError("The divisor must be above zero.")
    return -(-dividend // divisor)


def accrued(total_ms: int, hourly_micro: int) -> int:
    """Return the pay of `total_ms` at `hourly_micro` an hour, in micro-units, rounded up once over the total.

    A posting is the difference of this function before and after, so any splitting of the time pays the same.
    """
    if total_ms < 0 or hourly_micro < 0:
        raise ValueError("Time and rate can't be below zero.")
    return ceil_div(total_ms * hourly_micro, MS_PER_HOUR)


def to_minor_up(micro: int, currency: str) -> int:
    """Return the amount in the currency's minor units, rounded up. Done once, at payout, at the funder's cost."""
    return ceil_div(micro, 10 ** (MICRO_DIGITS - exponent(currency)))


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` by weights so that the parts add up to it exactly (largest remainder; ties to the first)."""
    whole = sum(weights)
    if total < 0 or whole <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("An amount is split by weights of at least zero that are not all zero.")
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: (-(total * weights[index] % whole), index))
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts
