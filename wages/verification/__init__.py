"""Proves the ledger from its rows: each check is one read that finds the first row that can't be right.

Trusts no constraint and no trigger: a restored, copied or hand-edited database is judged by what is in it. A new
check is one line: a statement in a module's dictionary, or a function in `FUNCTIONS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import connection

from wages.paying.checks import PAYOUT_CHECKS
from wages.timekeeping.rederiving import bad_derivation, bad_settlement
from wages.verification.cases import CASES
from wages.verification.entries import ENTRIES
from wages.verification.period_sums import PERIOD_SUMS
from wages.verification.slices import bad_reservation, bad_slice
from wages.verification.statements import STATEMENTS
from wages.verification.worked_time import WORKED_TIME

# in an order in which causes come before consequences; each statement gives the words for one bad row, or none
STATEMENTS_BY_CHECK: dict[str, str] = ENTRIES | WORKED_TIME | PERIOD_SUMS | STATEMENTS | PAYOUT_CHECKS | CASES
FUNCTIONS: dict[str, Callable[[], str | None]] = {
    "every interval is what its rule makes of its facts": bad_derivation,
    "an unanswered gap is paid up to the 75th percentile of its period": bad_settlement,
    "leaves of a closed period are its postings, under its root": bad_slice,
    "what is left of a reservation is the sum of its postings": bad_reservation,
}


@dataclass(frozen=True)
class Finding:
    """One check and the first row that fails it; `bad` is None where it holds."""

    check: str
    bad: str | None


def verify() -> Iterator[Finding]:
    """Yield every check with the first bad row."""
    for check, statement in STATEMENTS_BY_CHECK.items():
        with connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone()
        yield Finding(check, row[0] if row else None)
    for check, find in FUNCTIONS.items():
        yield Finding(check, find())
