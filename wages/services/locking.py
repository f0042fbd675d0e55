"""The lock on a worker's clock row, and the one reading of the time that follows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from byhand.errors import NotFound
from byhand.statements import execute, fetch_one
from wages.rules import Stretch
from wages.work import Category, WorkKind, WorkRef

# the CTE is materialised, so that the time is read after the lock was granted, not while waiting for it
_LOCK = """
WITH locked AS MATERIALIZED (SELECT * FROM wages_workerclock WHERE worker_id = %s FOR UPDATE)
SELECT worker_id, simulated, category, project_id, work_kind, work_id, rate_card_id, tab, since, seen_at, asked_at,
       session_since, date_trunc('milliseconds', clock_timestamp()),
       (SELECT piece_micro FROM wages_ratecard WHERE id = locked.rate_card_id)
FROM locked
"""
_MAKE = """
INSERT INTO wages_workerclock (worker_id, simulated, category, work_kind, work_id, tab)
SELECT id, simulated, '', '', '', '' FROM accounts_user WHERE id = %s
ON CONFLICT DO NOTHING
"""


@dataclass
class LockedClock:
    """A worker's clock while this transaction holds its lock. `at` is now, in whole milliseconds.

    `piece_micro` is the price of a piece under the card that ran when the lock was taken, None by the hour.
    """

    worker_id: int
    simulated: bool
    category: Category | None
    project_id: UUID | None
    work: WorkRef | None
    rate_card_id: int | None
    tab: str
    since: datetime
    seen: datetime
    asked: datetime | None
    session_since: datetime
    at: datetime
    piece_micro: int | None = None

    def stretch(self) -> Stretch:
        """Return what is running, for the rules. The clock must not be stopped."""
        if self.category is None:
            raise ValueError("A stopped clock has no stretch.")
        return Stretch(self.category, self.since, self.seen, self.asked, held=self.work is not None)


def whole_ms(moment: datetime) -> datetime:
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def lock(worker_id: int, at: datetime | None = None) -> LockedClock:
    """Lock the clock row of a worker, making it if needed. Must run inside a transaction."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A clock is locked inside a transaction.")
    row = fetch_one(_LOCK, [worker_id])
    if row is None:
        execute(_MAKE, [worker_id])
        row = fetch_one(_LOCK, [worker_id])
    if row is None:
        raise NotFound(f"No worker {worker_id}.")
    return _locked(row, at)


def _locked(row: tuple[Any, ...], at: datetime | None) -> LockedClock:
    worker, simulated, category, project, kind, work, card, tab, since, seen, asked, session, now, piece = row
    moment = whole_ms(at) if at else now
    moment = max(moment, since) if since else moment
    return LockedClock(
        worker_id=worker,
        simulated=simulated,
        category=Category(category) if category else None,
        project_id=project,
        work=WorkRef(WorkKind(kind), work) if work else None,
        rate_card_id=card,
        tab=tab,
        since=since or moment,
        seen=seen or moment,
        asked=asked,
        session_since=session or moment,
        at=moment,
        piece_micro=piece,
    )
