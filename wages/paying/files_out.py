"""The payout files: CSV (RFC 4180, UTF-8, CRLF), one layout for banks and one for wallets. Pure: same rows, same bytes.

bank:   key, amount, currency, holder, country, iban, account_number, bank_code, reference
wallet: key, amount, currency, holder, country, provider, msisdn, reference

`key` is the idempotency key of the line: whoever pays must pay a key once. Amounts are exact decimals with the
currency's own number of places; `msisdn` is the E.164 number without its plus sign, as wallets take it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from byhand.money import exponent
from byhand.money.rounding import MICRO_DIGITS
from wages.paying.cells import guarded
from wages.paying.details import Details

COLUMNS: dict[str, tuple[str, ...]] = {
    "bank": (
        "key", "amount", "currency", "holder", "country", "iban", "account_number", "bank_code", "reference",
    ),
    "wallet": ("key", "amount", "currency", "holder", "country", "provider", "msisdn", "reference"),
}  # fmt: skip


@dataclass(frozen=True)
class Payment:
    """A line with where it goes. `reference` is what the worker reads on the bank's paper."""

    key: str
    amount_micro: int
    reference: str
    to: Details


def payout_csv(layout: str, payments: Iterable[Payment]) -> bytes:
    """Return the file of one layout, its lines sorted by key; payments by another method are left out."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS[layout])
    for payment in sorted(payments, key=lambda payment: payment.key):
        if payment.to.method == layout:
            writer.writerow([guarded(cell) for cell in _cells(layout, payment)])
    return text.getvalue().encode("utf-8")


def decimal(micro: int, currency: str) -> str:
    """Return whole minor units as an exact decimal: 18.50 for USD, 19 for JPY, 18.500 for KWD."""
    places = exponent(currency)
    whole, part = divmod(micro, 10**MICRO_DIGITS)
    if micro < 0 or part % 10 ** (MICRO_DIGITS - places):
        raise ValueError("A payment is a whole number of minor units.")
    return f"{whole}.{part // 10 ** (MICRO_DIGITS - places):0{places}d}" if places else str(whole)


def _cells(layout: str, payment: Payment) -> list[str]:
    to = payment.to
    first = [payment.key, decimal(payment.amount_micro, to.currency), to.currency, to.holder, to.country]
    if layout == "bank":
        return [*first, to.iban, to.account_number, to.bank_code, payment.reference]
    return [*first, to.provider, to.phone.removeprefix("+"), payment.reference]
