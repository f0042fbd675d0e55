"""The body of a pay statement: facts in, canonical JSON (RFC 8785) out. Pure; knows no database.

Money is micro-units (1e-6 of the currency's major unit) and time is milliseconds, both as strings, so that no
reader's floating point can change them. A figure that is not known is null, never 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from wages.transparency.canonical import canonical

VERSION = 1


@dataclass(frozen=True)
class Terms:
    """One rate card that priced time of the period, with what it priced."""

    id: str
    basis: str
    hourly_micro: int
    piece_micro: int | None
    night_permille: int
    weekend_permille: int
    overtime_permille: int
    overtime_after_ms: int | None
    bonus_micro: int
    bonus_after_ms: int | None
    valid_from: datetime
    valid_to: datetime | None


@dataclass(frozen=True)
class Issue:
    """What all statements of one period share."""

    project: str
    title: str
    currency: str
    simulated: bool
    label: str
    starts: datetime
    ends: datetime
    issued_at: datetime
    cards: Mapping[int, Terms]
    log_size: int
    log_root: str


@dataclass(frozen=True)
class Late:
    """Time that was worked before the period began and posted in it: the day (UTC) that it was worked."""

    day: date
    ms: int
    earned_micro: int


@dataclass(frozen=True)
class Listed:
    """The rows that belong to the statement, in their own tables: how many, and the range of their ids."""

    count: int = 0
    first: int | None = None
    last: int | None = None


@dataclass(frozen=True)
class CostLine:
    entry: int
    amount_micro: int
    reason: str


@dataclass(frozen=True)
class Facts:
    """What one worker's statement says. `earned` has one sum per kind of entry, reversals below zero.

    `payer` is who pays their own pool, None where nobody is named. `priced` is (ms, micro) by rate card; `floor` is
    the floor test as stored, with all of its figures and sources.
    """

    worker: str
    paid: Mapping[str, int]
    unknown_ms: int
    break_ms: int
    priced: Mapping[int, tuple[int, int]]
    earned: Mapping[str, int]
    earned_balance_micro: int
    payable_balance_micro: int
    intervals: Listed
    entries: Listed
    costs: tuple[CostLine, ...] = ()
    late: tuple[Late, ...] = ()
    floor: Mapping[str, Any] | None = None
    previous: str | None = None
    payer: Mapping[str, str] | None = None

    @property
    def total_micro(self) -> int:
        return sum(self.earned.values())


def body(issue: Issue, facts: Facts) -> str:
    """Return the statement's one canonical text."""
    return canonical(document(issue, facts)).decode()


def digest(text: str) -> str:
    """Return the SHA-256 of a body's bytes, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def document(issue: Issue, facts: Facts) -> dict[str, Any]:
    """Return the statement as JSON values."""
    return {
        "v": VERSION,
        "kind": "pay statement",
        "worker": facts.worker,
        "project": {"id": issue.project, "title": issue.title},
        "payer": dict(facts.payer) if facts.payer else None,
        "currency": issue.currency,
        "simulated": issue.simulated,
        "period": {"label": issue.label, "starts": _time(issue.starts), "ends": _time(issue.ends)},
        "issued_at": _time(issue.issued_at),
        "time": {
            "paid_ms": _texts(facts.paid),
            "paid_total_ms": str(sum(facts.paid.values())),
            "unknown_ms": str(facts.unknown_ms),
            "break_ms": str(facts.break_ms),
        },
        "rate_cards": [_card(issue.cards[card], *facts.priced[card]) for card in sorted(facts.priced)],
        "earned_micro": _texts(facts.earned),
        "total_micro": str(facts.total_micro),
        "costs": [
            {"entry": str(cost.entry), "amount_micro": str(cost.amount_micro), "reason": cost.reason}
            for cost in facts.costs
        ],
        "floor": dict(facts.floor) if facts.floor is not None else None,
        "late": [
            {"day": late.day.isoformat(), "ms": str(late.ms), "earned_micro": str(late.earned_micro)}
            for late in facts.late
        ],
        "balances_micro": {
            "earned": str(facts.earned_balance_micro),
            "payable": str(facts.payable_balance_micro),
        },
        "previous_sha256": facts.previous,
        "log": {"size": str(issue.log_size), "root": issue.log_root} if issue.log_size else None,
        "intervals": _listed(facts.intervals),
        "entries": _listed(facts.entries),
    }


def _card(terms: Terms, ms: int, earned_micro: int) -> dict[str, Any]:
    return {
        "id": terms.id,
        "basis": terms.basis,
        "hourly_micro": str(terms.hourly_micro),
        "piece_micro": _text(terms.piece_micro),
        "night_permille": terms.night_permille,
        "weekend_permille": terms.weekend_permille,
        "overtime_permille": terms.overtime_permille,
        "overtime_after_ms": _text(terms.overtime_after_ms),
        "bonus_micro": str(terms.bonus_micro),
        "bonus_after_ms": _text(terms.bonus_after_ms),
        "valid_from": _time(terms.valid_from),
        "valid_to": _time(terms.valid_to) if terms.valid_to else None,
        "ms": str(ms),
        "earned_micro": str(earned_micro),
    }


def _listed(listed: Listed) -> dict[str, Any]:
    return {"count": str(listed.count), "first": _text(listed.first), "last": _text(listed.last)}


def _texts(numbers: Mapping[str, int]) -> dict[str, str]:
    return {name: str(number) for name, number in numbers.items()}


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _time(moment: datetime) -> str:
    return moment.isoformat()
