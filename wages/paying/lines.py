"""What a payout line sends, and the hash of a batch that both stewards compare. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from byhand.money import exponent, to_minor_up
from byhand.money.rounding import MICRO_DIGITS
from wages.transparency.canonical import canonical


@dataclass(frozen=True)
class Line:
    """One payment: amounts in micro-units, `amount = payable + rounding` in whole minor units."""

    key: str
    worker_id: int
    account_id: int
    account_digest: str
    payable_micro: int
    rounding_micro: int
    amount_micro: int


def rounded_up(payable_micro: int, currency: str) -> tuple[int, int]:
    """Return (amount, rounding): the payable rounded up once to the minor unit, and what the funder adds for it."""
    if payable_micro <= 0:
        raise ValueError("Only a payable above zero is sent.")
    amount = to_minor_up(payable_micro, currency) * 10 ** (MICRO_DIGITS - exponent(currency))
    return amount, amount - payable_micro


def content_sha256(*, batch: str, project: str, currency: str, lines: Iterable[Line]) -> str:
    """Return the SHA-256, in hex, of the canonical JSON of a batch: what is approved is what was made."""
    rows: Sequence[list[str]] = [
        [
            line.key,
            str(line.worker_id),
            str(line.account_id),
            line.account_digest,
            str(line.payable_micro),
            str(line.rounding_micro),
            str(line.amount_micro),
        ]
        for line in sorted(lines, key=lambda line: line.key)
    ]
    body = {"batch": batch, "project": project, "currency": currency, "lines": rows}
    return hashlib.sha256(canonical(body)).hexdigest()
