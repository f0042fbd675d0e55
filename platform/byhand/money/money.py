"""The value type, and amounts as people write and read them.

Adding two currencies is an error, and text that the currency can't hold is refused instead of rounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from byhand.money.currencies import exponent
from byhand.money.rounding import MICRO_DIGITS

_AMOUNT = re.compile(r"(?P<whole>[0-9]{1,12})(?:\.(?P<part>[0-9]+))?")


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies were put together."""


@dataclass(frozen=True, order=False)
class Money:
    """`micro` micro-units (1e-6 of the major unit) of `currency`. Raises UnknownCurrency for a bad code."""

    micro: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.micro) is not int:
            raise TypeError(f"Money is a whole number of micro-units, not {type(self.micro).__name__}.")
        exponent(self.currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.micro + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.micro - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.micro, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.micro < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.micro <= self._same(other)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} can't be put together.")
        return other.micro


class BadAmount(ValueError):
    """The text is not an amount of that currency; the message says what to write."""


def parse_amount(text: str, currency: str) -> int:
    """Return "18.50" of USD as 18_500_000 micro-units.

    Raises UnknownCurrency, and BadAmount for signs, separators, exponents, more than twelve digits before
    the point, or more decimals than the currency has (yen have none, Kuwaiti dinars three).
    """
    decimals = exponent(currency)
    match = _AMOUNT.fullmatch(text.strip()) if text.isascii() else None
    if match is None:
        raise BadAmount(f"{text!r} is not an amount; write digits with a point, such as 18.50.")
    part = match["part"] or ""
    if len(part) > decimals:
        raise BadAmount(f"{text!r} has {len(part)} decimals; {currency} has {decimals}.")
    return int(match["whole"] + part.ljust(MICRO_DIGITS, "0"))


def format_money(micro: int, currency: str, *, exact: bool = False) -> str:
    """Return "USD 18.50". Digits beyond the minor unit are cut off, never rounded up; `exact` shows all that matter."""
    decimals = exponent(currency)
    whole, part = divmod(abs(micro), 10**MICRO_DIGITS)
    digits = f"{part:0{MICRO_DIGITS}d}"
    shown = digits[:decimals]
    if exact:
        shown += digits[decimals:].rstrip("0")
    sign = "-" if micro < 0 and (whole or shown.strip("0")) else ""
    return f"{currency} {sign}{whole:,}{'.' if shown else ''}{shown}"
