"""Money: integers of micro-units with an ISO 4217 code. Standard library only; knows no database and no person.

A micro-unit is 1e-6 of the currency's major unit, whatever the currency's own minor unit is. There is no
float and no Decimal in here: text comes in through `parse_amount` and goes out through `format_money`.
"""

from byhand.money.currencies import UnknownCurrency, exponent
from byhand.money.money import BadAmount, CurrencyMismatch, Money, format_money, parse_amount
from byhand.money.rounding import MS_PER_HOUR, accrued, allocate, ceil_div, to_minor_up

__all__ = [
    "MS_PER_HOUR",
    "BadAmount",
    "CurrencyMismatch",
    "Money",
    "UnknownCurrency",
    "accrued",
    "allocate",
    "ceil_div",
    "exponent",
    "format_money",
    "parse_amount",
    "to_minor_up",
]
