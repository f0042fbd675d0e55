"""The journal of a project's ledger for an accountant: every posting of a range, then all balances at its end.

A generator of text cells that holds a few thousand rows, however long the ledger. Positive amounts of the ledger are
credits: what is owed to workers, to the funder (the reservation) or to others; what is taken out is a debit. Workers
have numbers that hold within the project; no name and no address is in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django.db import connection

from byhand.errors import Invalid
from wages.models import PaidProject
from wages.paying.cells import guarded

HEADER = (
    "entry",
    "posted_at_utc",
    "kind",
    "key",
    "account",
    "worker",
    "debit",
    "credit",
    "currency",
    "pay_period",
    "reason",
    "simulated",
)
_AT_ONCE = 2000
# an account is never removed, so a worker's number never changes
_NUMBERS = """
    SELECT worker_id, row_number() OVER (ORDER BY min(id)) AS number FROM wages_ledgeraccount
    WHERE project_id = %(project)s AND worker_id IS NOT NULL GROUP BY worker_id
"""
_POSTINGS = f"""
WITH worker AS MATERIALIZED ({_NUMBERS})
SELECT entry.id, entry.at, entry.kind, entry.key, account.kind, worker.number, posting.amount_micro, posting.currency,
       coalesce(period.label, ''), entry.reason, posting.simulated
FROM wages_entry entry
JOIN wages_posting posting ON posting.entry_id = entry.id
JOIN wages_ledgeraccount account ON account.id = posting.account_id
LEFT JOIN worker ON worker.worker_id = account.worker_id
LEFT JOIN wages_period period ON period.id = entry.pay_period_id
WHERE entry.project_id = %(project)s AND (%(since)s::timestamptz IS NULL OR entry.at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR entry.at < %(until)s)
ORDER BY entry.id, posting.id
"""  # noqa: S608
_BALANCES = f"""
WITH worker AS MATERIALIZED ({_NUMBERS})
SELECT account.kind, worker.number, coalesce(sum(posting.amount_micro), 0)::bigint, account.currency,
       account.simulated
FROM wages_ledgeraccount account
JOIN wages_posting posting ON posting.account_id = account.id
JOIN wages_entry entry ON entry.id = posting.entry_id
LEFT JOIN worker ON worker.worker_id = account.worker_id
WHERE account.project_id = %(project)s AND (%(until)s::timestamptz IS NULL OR entry.at < %(until)s)
GROUP BY account.id, worker.number ORDER BY worker.number NULLS FIRST, account.kind
"""  # noqa: S608


def journal_rows(
    project: PaidProject, *, since: datetime | None = None, until: datetime | None = None
) -> Iterator[list[str]]:
    """Yield the header, the postings of [since, until) in the order of their entries, and the balances at `until`."""
    yield list(HEADER)
    values = {"project": project.pk, "since": since, "until": until}
    for entry, at, kind, key, account, number, micro, currency, label, reason, simulated in _stream(
        _POSTINGS, values
    ):
        cells = [str(entry), at.astimezone(UTC).isoformat(), kind, key, account, _worker(number)]
        cells += [*_sides(micro), currency, label, reason, "yes" if simulated else "no"]
        yield [guarded(cell) for cell in cells]
    end = until.astimezone(UTC).isoformat() if until else ""
    for account, number, micro, currency, simulated in _stream(_BALANCES, values):
        cells = ["", end, "balance", "", account, _worker(number), *_sides(micro), currency, "", ""]
        yield [*cells, "yes" if simulated else "no"]


def moment(text: str, name: str) -> datetime | None:
    """Read a date (its midnight, UTC) or an ISO 8601 time; None for nothing. Raises Invalid."""
    if not text.strip():
        return None
    try:
        if len(text.strip()) == 10:
            return datetime.combine(date.fromisoformat(text.strip()), time(), UTC)
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Invalid(f"{name}: a date such as 2026-03-02, or a time such as 2026-03-02T09:00Z.") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def decimal_of(micro: int) -> str:
    """Return micro-units (0 or more) as the exact decimal of the major unit, always with six places."""
    return f"{micro // 10**6}.{micro % 10**6:06d}"


def _sides(micro: int) -> tuple[str, str]:
    return (decimal_of(-micro), "") if micro < 0 else ("", decimal_of(micro))


def _worker(number: int | None) -> str:
    return "" if number is None else f"W{number}"


def _stream(sql: str, values: dict[str, UUID | datetime | None]) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, values)
        while rows := cursor.fetchmany(_AT_ONCE):
            yield from rows
