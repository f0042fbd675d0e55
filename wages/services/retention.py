"""Deletes raw beats when their time is over: 90 days after the pay they prove has arrived, and no case is open."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from wages.retiring.terms import BEATS_STAY
from wages.services.projects import database_now

BATCH = 5000
# A period is settled for a worker when what they have received in the project covers all that had become payable up
# to and with it; where nothing was payable, and in simulated projects, whose money goes nowhere, when it closed.
_BEATS_BEFORE = """
WITH mine AS (
    SELECT DISTINCT worker_id, pay_period_id FROM wages_interval
), owed AS (
    SELECT account.worker_id, account.project_id, entry.pay_period_id,
        sum(posting.amount_micro) AS due,
        sum(sum(posting.amount_micro)) OVER (
            PARTITION BY account.worker_id, account.project_id ORDER BY min(entry.id)) AS due_so_far
    FROM wages_entry entry JOIN wages_posting posting ON posting.entry_id = entry.id
    JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.kind = 'worker_payable'
    WHERE entry.kind = 'period' GROUP BY 1, 2, 3
), got AS (
    SELECT account.worker_id, account.project_id, entry.at,
        sum(posting.amount_micro) OVER (
            PARTITION BY account.worker_id, account.project_id ORDER BY entry.id) AS got_so_far
    FROM wages_entry entry JOIN wages_posting posting ON posting.entry_id = entry.id
    JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.kind = 'worker_received'
    WHERE entry.kind IN ('received', 'returned')
), settled AS (
    SELECT mine.worker_id, period.starts, CASE
        WHEN project.simulated OR coalesce(owed.due, 0) <= 0 THEN period.closed_at
        ELSE greatest(period.closed_at, (
            SELECT min(got.at) FROM got WHERE got.worker_id = mine.worker_id
            AND got.project_id = period.project_id AND got.got_so_far >= owed.due_so_far))
    END AS at, coalesce(owed.due, 0) <= 0 OR project.simulated OR EXISTS (
        SELECT 1 FROM got WHERE got.worker_id = mine.worker_id
        AND got.project_id = period.project_id AND got.got_so_far >= owed.due_so_far) AS paid
    FROM mine JOIN wages_period period ON period.id = mine.pay_period_id
    JOIN wages_paidproject project ON project.id = period.project_id
    LEFT JOIN owed ON owed.worker_id = mine.worker_id AND owed.pay_period_id = period.id
)
SELECT beats.worker_id, least(%(limit)s, (
    SELECT min(settled.starts) FROM settled WHERE settled.worker_id = beats.worker_id
    AND (settled.at IS NULL OR NOT settled.paid OR settled.at > %(limit)s)))
FROM (SELECT DISTINCT worker_id FROM wages_beat WHERE at < %(limit)s) beats
WHERE NOT EXISTS (  -- as selectors.cases.has_open_case
    SELECT 1 FROM wages_case opened WHERE opened.worker_id = beats.worker_id AND (
        NOT EXISTS (SELECT 1 FROM wages_casedecision WHERE case_id = opened.id AND round = 1)
        OR EXISTS (SELECT 1 FROM wages_caseevent WHERE case_id = opened.id AND kind = 'appealed')
        AND NOT EXISTS (SELECT 1 FROM wages_casedecision WHERE case_id = opened.id AND round = 2)))
"""
_DELETE = """
DELETE FROM wages_beat WHERE id IN (
    SELECT id FROM wages_beat WHERE worker_id = %(worker)s AND at < %(before)s LIMIT %(batch)s)
"""


def delete_old_beats(*, at: datetime | None = None) -> int:
    """Delete the beats whose time is over, in batches that each commit; return how many. May run beside itself."""
    now, deleted = at or database_now(), 0
    for worker, before in beats_to_delete(now):
        while (gone := _batch(worker, before)) > 0:
            deleted += gone
    return deleted


def _batch(worker: int, before: datetime) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_DELETE, {"worker": worker, "before": before, "batch": BATCH})
        return int(cursor.rowcount)


def beats_to_delete(at: datetime) -> list[tuple[int, datetime]]:
    """Return (worker, moment): the worker's beats before that moment have had their time. An open case keeps all."""
    with connection.cursor() as cursor:
        cursor.execute(_BEATS_BEFORE, {"limit": at - BEATS_STAY})
        return [(worker, before) for worker, before in cursor.fetchall()]
