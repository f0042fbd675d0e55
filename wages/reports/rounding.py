"""How public figures are rounded: deterministically, from exact integers, the same way every time. Pure.

Rounding with fresh noise could be averaged away; rounding by rule can't. Fractions in, decimal text out.
"""

from __future__ import annotations

from fractions import Fraction

from byhand.money import exponent

MICRO = 1_000_000
MS_PER_HOUR = 3_600_000
SIGNIFICANT = 3


def decimal_text(value: Fraction, decimals: int, *, down: bool = False) -> str:
    """Return `value` (at least 0) with so many decimals, half up or down; negative decimals give zeros."""
    scaled = value * Fraction(10) ** decimals
    number = int(scaled) if down else int(scaled + Fraction(1, 2))
    if decimals <= 0:
        return str(number * 10**-decimals)
    whole, part = divmod(number, 10**decimals)
    return f"{whole}.{part:0{decimals}d}"


def significant(value: Fraction, most_decimals: int = 6) -> str:
    """Return `value` to three significant figures, never with more than `most_decimals` decimals."""
    if value == 0:
        return "0"
    magnitude = 0
    while value >= Fraction(10) ** (magnitude + 1):
        magnitude += 1
    while value < Fraction(10) ** magnitude:
        magnitude -= 1
    return decimal_text(value, min(SIGNIFICANT - 1 - magnitude, most_decimals))


def hours(ms: int) -> str:
    return significant(Fraction(ms, MS_PER_HOUR))


def money_total(micro: int, currency: str) -> str:
    """Return a sum of money to three significant figures, no finer than the currency's minor unit."""
    decimals = exponent(currency)
    if micro == 0:
        return decimal_text(Fraction(0), decimals)
    text = significant(Fraction(micro, MICRO), decimals)
    whole, point, part = text.partition(".")
    return f"{whole}.{part.ljust(decimals, '0')}" if point else text


def money_exact(micro: int, currency: str) -> str:
    """Return a policy's amount, such as an hourly rate, with every digit that matters."""
    decimals = exponent(currency)
    whole, part = divmod(micro, MICRO)
    digits = f"{part:06d}".rstrip("0").ljust(decimals, "0")
    return f"{whole}.{digits}" if digits else str(whole)


def hourly(micro: int, ms: int, currency: str) -> str:
    """Return pay by the hour, rounded down to the minor unit so that it never flatters."""
    return decimal_text(Fraction(micro * MS_PER_HOUR, ms * MICRO), exponent(currency), down=True)


def percent(part: int, whole: int) -> str:
    return significant(Fraction(100 * part, whole), 1)
