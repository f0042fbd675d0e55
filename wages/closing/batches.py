"""What closing a period reads, a batch of workers at a time: who is in it, what they earned, what was posted.

A batch is a range of worker ids, so that every read is one range of an index. Nothing here writes. It lies
beside services and selectors, which do not import each other.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from django.db import connection

OPEN_GAPS = """
    SELECT gap.worker_id, gap.work_kind, gap.work_id,
           CASE WHEN settled.answered THEN 0 ELSE gap.ms - settled.ms END AS open_ms
    FROM wages_interval gap, LATERAL (
        SELECT coalesce(sum(ms) FILTER (WHERE by_rule), 0) AS ms, coalesce(bool_or(NOT by_rule), false) AS answered
        FROM wages_interval WHERE resolves_id = gap.id) settled
    WHERE gap.pay_period_id = %(period)s AND gap.worker_id BETWEEN %(first)s AND %(last)s
      AND gap.category = 'unknown'
"""
"""The gaps of a batch, and what neither a word nor the rule has said of each."""
_UNKNOWN = f"SELECT worker_id, sum(open_ms)::bigint FROM ({OPEN_GAPS}) gap GROUP BY 1"  # noqa: S608
_WORKERS = """
SELECT worker_id FROM (
    (SELECT DISTINCT worker_id FROM wages_interval WHERE pay_period_id = %(period)s AND worker_id > %(after)s
     ORDER BY worker_id LIMIT %(limit)s)
    UNION (SELECT DISTINCT worker_id FROM wages_accrual WHERE period_id = %(period)s AND worker_id > %(after)s
           ORDER BY worker_id LIMIT %(limit)s)
    UNION (SELECT DISTINCT account.worker_id FROM wages_entry entry
           JOIN wages_posting posting ON posting.entry_id = entry.id
           JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.worker_id > %(after)s
           WHERE entry.pay_period_id = %(period)s AND entry.kind NOT IN ('work', 'piece', 'period')
           ORDER BY 1 LIMIT %(limit)s)
) found ORDER BY worker_id LIMIT %(limit)s
"""
# three records of the same money: running totals, intervals, and what the entries of those intervals posted
_RECORDS = """
WITH accrued AS (
    SELECT worker_id, sum(earned_micro)::bigint AS earned, sum(pieces_micro)::bigint AS pieces, sum(total_ms) AS ms
    FROM wages_accrual WHERE period_id = %(period)s AND worker_id BETWEEN %(first)s AND %(last)s GROUP BY worker_id
), worked AS (
    SELECT worker_id, sum(earned_micro)::bigint AS earned,
           coalesce(sum(ms) FILTER (WHERE rate_card_id IS NOT NULL), 0) AS ms
    FROM wages_interval WHERE pay_period_id = %(period)s AND worker_id BETWEEN %(first)s AND %(last)s
    GROUP BY worker_id
), posted AS (
    SELECT worked.worker_id, count(*) FILTER (WHERE account.kind = 'worker_earned') AS entries,
           min(entry.id) AS first, max(entry.id) AS last,
           coalesce(sum(amount_micro) FILTER (WHERE account.kind = 'worker_earned'
                                              AND account.worker_id = worked.worker_id), 0)::bigint AS earned,
           coalesce(-sum(amount_micro) FILTER (WHERE account.kind IN ('reservation', 'funder_receivable')), 0)::bigint
               AS spent
    FROM wages_interval worked
    JOIN wages_entry entry ON entry.interval_id = worked.id AND entry.kind IN ('work', 'piece')
        AND entry.pay_period_id = worked.pay_period_id
    JOIN wages_posting posting ON posting.entry_id = entry.id
    JOIN wages_ledgeraccount account ON account.id = posting.account_id
    WHERE worked.pay_period_id = %(period)s AND worked.worker_id BETWEEN %(first)s AND %(last)s
    GROUP BY worked.worker_id
)
SELECT worker_id, coalesce(accrued.earned, 0), coalesce(accrued.pieces, 0), coalesce(accrued.ms, 0)::bigint,
       coalesce(worked.earned, 0), coalesce(worked.ms, 0)::bigint, coalesce(posted.earned, 0),
       coalesce(posted.spent, 0), coalesce(posted.entries, 0), posted.first, posted.last
FROM accrued FULL JOIN worked USING (worker_id) FULL JOIN posted USING (worker_id)
"""
_EXTRAS = """
SELECT account.worker_id, entry.id, entry.kind, coalesce(reversed.kind, ''), sum(posting.amount_micro)::bigint,
       entry.reason
FROM wages_entry entry
JOIN wages_posting posting ON posting.entry_id = entry.id
JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.kind = 'worker_earned'
    AND account.worker_id BETWEEN %(first)s AND %(last)s
LEFT JOIN wages_entry reversed ON reversed.id = entry.reverses_id
WHERE entry.pay_period_id = %(period)s AND entry.kind NOT IN ('work', 'piece', 'period')
GROUP BY account.worker_id, entry.id, reversed.kind ORDER BY entry.id
"""


@dataclass(frozen=True)
class Batch:
    """The workers of one step, in the order of their ids."""

    period_id: int
    workers: tuple[int, ...]

    @property
    def values(self) -> dict[str, int]:
        return {"period": self.period_id, "first": self.workers[0], "last": self.workers[-1]}


@dataclass(frozen=True)
class Records:
    """One worker's accrued pay as three tables have it, in micro-units and milliseconds; `entries` post it."""

    accrued_micro: int = 0
    pieces_micro: int = 0
    accrued_ms: int = 0
    worked_micro: int = 0
    worked_ms: int = 0
    posted_micro: int = 0
    spent_micro: int = 0
    entries: int = 0
    first_entry: int | None = None
    last_entry: int | None = None

    @property
    def agree(self) -> bool:
        return (
            self.accrued_micro
            == self.worked_micro + self.pieces_micro
            == self.posted_micro
            == self.spent_micro
            and self.accrued_ms == self.worked_ms
        )


@dataclass(frozen=True)
class Extra:
    """An entry beside accrued work, as it is in the worker's earned account; `of` is the kind that it reverses."""

    entry_id: int
    kind: str
    of: str
    amount_micro: int
    reason: str


def next_batch(period_id: int, *, after: int, limit: int) -> Batch | None:
    """Return the next workers with an interval, an accrual or an entry in the period; None when all are done."""
    with connection.cursor() as cursor:
        cursor.execute(_WORKERS, {"period": period_id, "after": after, "limit": limit})
        workers = tuple(row[0] for row in cursor.fetchall())
    return Batch(period_id, workers) if workers else None


def records(batch: Batch) -> dict[int, Records]:
    """Return the accrued pay of each worker of the batch."""
    with connection.cursor() as cursor:
        cursor.execute(_RECORDS, batch.values)
        found = {worker: Records(*rest) for worker, *rest in cursor.fetchall()}
    return {worker: found.get(worker, Records()) for worker in batch.workers}


def extras(batch: Batch) -> dict[int, list[Extra]]:
    """Return the other entries of each worker of the batch, oldest first."""
    found: defaultdict[int, list[Extra]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_EXTRAS, batch.values)
        for worker, *rest in cursor.fetchall():
            found[worker].append(Extra(*rest))
    return {worker: found[worker] for worker in batch.workers}


def unknown_ms(batch: Batch) -> dict[int, int]:
    """Return, by worker, the time of the period that neither a word nor the rule has said anything of."""
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN, batch.values)
        return dict(cursor.fetchall())
