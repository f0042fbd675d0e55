"""Closing one stretch with its pay and beginning the next: the hot path, one SQL statement each.

Everything here runs under the worker's clock lock, so the worker's own accrual can't move in between. The
statement that pays changes nothing unless the open period and all three accounts are there; they are made
on the first miss only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from byhand.errors import NotFound
from byhand.statements import fetch_one
from wages.errors import LedgerMismatch, NoRateInForce, SimulatedMix
from wages.models import Interval, PaidProject, WorkerClock
from wages.reservation import LEFT_SQL
from wages.rules import RULE_VERSION, Piece, Stretch
from wages.services.locking import LockedClock
from wages.services.opening import ensure_accounts, ensure_period
from wages.work import Category, WorkRef

# FOR SHARE against the FOR UPDATE of close_period: work either is in the slice or waits for the next period
_OPEN_PERIOD = """
    SELECT id FROM wages_period
    WHERE project_id = %(project)s AND closing_at IS NULL AND ends >= %(until)s
    ORDER BY starts LIMIT 1 FOR SHARE
"""
_INTERVAL_COLUMNS = """
    worker_id, project_id, simulated, category, work_kind, work_id, period, ms, rule_version, rate_card_id,
    earned_micro, pay_period_id, tab, resolves_id, created_at,
    stretch_category, stretch_since, stretch_seen, stretch_asked, stretch_held, judged_at
"""
# what the rule decided from; empty where a person's word is written
_FACTS = """%(stretch_category)s, %(stretch_since)s::timestamptz, %(stretch_seen)s::timestamptz,
           %(stretch_asked)s::timestamptz, %(stretch_held)s::boolean, %(judged_at)s::timestamptz"""
_PAY = f"""
WITH pay_period AS MATERIALIZED ({_OPEN_PERIOD}),
card AS (
    SELECT card.id AS card_id, card.hourly_micro, project.currency, project.simulated
    FROM wages_ratecard card JOIN wages_paidproject project ON project.id = card.project_id
    WHERE card.id = %(rate_card)s
), account AS (
    SELECT max(id) FILTER (WHERE kind = 'worker_earned') AS earned_account,
           max(id) FILTER (WHERE kind = 'reservation') AS reservation,
           max(id) FILTER (WHERE kind = 'funder_receivable') AS receivable
    FROM wages_ledgeraccount
    WHERE project_id = %(project)s
      AND (kind = 'worker_earned' AND worker_id = %(worker)s
           OR kind IN ('reservation', 'funder_receivable') AND worker_id IS NULL)
), before AS (
    SELECT coalesce(sum(total_ms), 0)::bigint AS total_ms, coalesce(sum(pieces_micro), 0)::bigint AS pieces,
           coalesce(sum(earned_micro), 0)::bigint AS earned
    FROM wages_accrual JOIN pay_period ON pay_period.id = period_id
    WHERE worker_id = %(worker)s AND rate_card_id = %(rate_card)s
), after AS MATERIALIZED (
    SELECT pay_period.id AS period_id, card.*, account.*, before.total_ms + %(ms)s AS total_ms,
           before.earned AS earned_before, before.pieces,
           div((before.total_ms + %(ms)s)::numeric * hourly_micro + 3599999, 3600000)::bigint + before.pieces
               AS earned_after
    FROM pay_period, card, account, before
    WHERE earned_account IS NOT NULL AND reservation IS NOT NULL AND receivable IS NOT NULL
), pay AS MATERIALIZED (
    SELECT after.*, earned_after - earned_before AS pay, ({LEFT_SQL}) AS left_micro FROM after
), new_interval AS (
    INSERT INTO wages_interval ({_INTERVAL_COLUMNS})
    SELECT %(worker)s, %(project)s, %(simulated)s, %(category)s, %(work_kind)s, %(work_id)s,
           tstzrange(%(since)s, %(until)s), %(ms)s, %(rule_version)s, card_id, pay, period_id, %(tab)s,
           %(resolves)s::bigint, clock_timestamp(), {_FACTS}
    FROM pay RETURNING id
), new_accrual AS (
    INSERT INTO wages_accrual (worker_id, period_id, project_id, rate_card_id, hourly_micro, total_ms, pieces_micro,
        earned_micro)
    SELECT %(worker)s, period_id, %(project)s, card_id, hourly_micro, total_ms, pieces, earned_after FROM pay
    ON CONFLICT (worker_id, period_id, rate_card_id)
    DO UPDATE SET total_ms = EXCLUDED.total_ms, earned_micro = EXCLUDED.earned_micro
), new_hours AS (
    INSERT INTO wages_workedhour AS kept (worker_id, project_id, hour, worked_ms, item_ms, began, ended)
    SELECT %(worker)s, %(project)s, hour, part.ms, CASE WHEN %(work_id)s <> '' THEN part.ms ELSE 0 END, since, till
    FROM pay, generate_series(date_trunc('hour', %(since)s::timestamptz, 'UTC'), %(until)s, interval '1 hour') hour,
        LATERAL (SELECT greatest(%(since)s, hour), least(%(until)s, hour + interval '1 hour')) AS cut (since, till),
        LATERAL (SELECT (extract(epoch FROM till - since) * 1000)::bigint AS ms) AS part
    WHERE since < till
    ON CONFLICT (worker_id, hour, project_id) DO UPDATE
    SET worked_ms = kept.worked_ms + EXCLUDED.worked_ms, item_ms = kept.item_ms + EXCLUDED.item_ms,
        began = least(kept.began, EXCLUDED.began), ended = greatest(kept.ended, EXCLUDED.ended)
), new_entry AS (
    INSERT INTO wages_entry (kind, key, project_id, simulated, interval_id, pay_period_id, reason, at)
    SELECT 'work', 'interval:' || new_interval.id, %(project)s, simulated, new_interval.id, period_id, '', %(at)s
    FROM new_interval, pay WHERE pay.pay > 0 RETURNING id
), new_posting AS (
    INSERT INTO wages_posting (entry_id, account_id, amount_micro, currency, simulated)
    SELECT new_entry.id, leg.account, leg.amount, currency, simulated
    FROM new_entry, pay, LATERAL (VALUES
        (earned_account, pay.pay),
        (CASE WHEN left_micro >= pay.pay THEN reservation ELSE receivable END, -pay.pay)) AS leg (account, amount)
)
SELECT new_interval.id, pay.pay, pay.period_id FROM new_interval, pay
"""  # noqa: S608
_NOTE = f"""
WITH pay_period AS MATERIALIZED ({_OPEN_PERIOD})
INSERT INTO wages_interval ({_INTERVAL_COLUMNS})
SELECT %(worker)s, %(project)s, %(simulated)s, %(category)s, %(work_kind)s, %(work_id)s,
       tstzrange(%(since)s, %(until)s), %(ms)s, %(rule_version)s, NULL, 0, id, %(tab)s, %(resolves)s::bigint,
       clock_timestamp(), {_FACTS}
FROM pay_period RETURNING id, earned_micro, pay_period_id
"""  # noqa: S608
# work binds to the card it was first shown under; time without an item to the card in force when it begins
_BEGIN = """
UPDATE wages_workerclock AS clock
SET category = %(category)s, project_id = project.id, work_kind = %(work_kind)s, work_id = %(work_id)s,
    rate_card_id = card.id, tab = %(tab)s, since = %(at)s, seen_at = %(seen)s, asked_at = NULL,
    session_since = %(session_since)s
FROM wages_paidproject project
JOIN wages_ratecard card ON card.project_id = project.id AND card.id = coalesce(
    %(bound)s::bigint,
    (SELECT first.rate_card_id FROM wages_interval first
     WHERE first.worker_id = %(worker)s AND first.work_kind = %(work_kind)s AND first.work_id = %(work_id)s
       AND first.work_id <> '' AND first.project_id = %(project)s AND first.rate_card_id IS NOT NULL
       AND %(category)s <> 'break'
     ORDER BY first.id LIMIT 1),
    (SELECT now.id FROM wages_ratecard now WHERE now.project_id = %(project)s AND now.period @> %(at)s))
WHERE clock.worker_id = %(worker)s AND project.id = %(project)s AND project.simulated = clock.simulated
RETURNING clock.rate_card_id
"""
_HALT = """
UPDATE wages_workerclock
SET category = '', project_id = NULL, work_kind = '', work_id = '', rate_card_id = NULL, tab = '', since = %s,
    asked_at = NULL, session_since = NULL
WHERE worker_id = %s
"""


@dataclass(frozen=True)
class Source:
    """What a piece is written for: whose time, which project and work, bound to which card.

    `judged`: the stretch that a rule closed; None where a person's word is written.
    """

    worker_id: int
    simulated: bool
    project_id: UUID
    work: WorkRef | None
    rate_card_id: int
    tab: str = ""
    resolves: int | None = None
    judged: Stretch | None = None


def write_piece(source: Source, piece: Piece, clock: LockedClock) -> Interval:
    """Append one interval and, if it is paid, its accrual, entry and two postings. One round trip."""
    work = source.work if piece.category is not Category.BREAK else None
    values: dict[str, Any] = {
        "worker": source.worker_id,
        "project": source.project_id,
        "simulated": source.simulated,
        "category": piece.category.value,
        "work_kind": work.kind.value if work else "",
        "work_id": work.id if work else "",
        "since": piece.start,
        "until": piece.end,
        "ms": piece.ms,
        "rule_version": RULE_VERSION,
        "rate_card": source.rate_card_id,
        "tab": source.tab,
        "resolves": source.resolves,
        "at": clock.at,
        **_facts(source.judged, clock.at),
    }
    row = fetch_one(_PAY if piece.paid else _NOTE, values)
    if row is None:
        ensure_accounts(source.project_id, source.worker_id)
        # a close may win the race for the period once; a second miss means that something is broken
        for _attempt in range(3):
            ensure_period(source.project_id, piece.end)
            row = fetch_one(_PAY if piece.paid else _NOTE, values)
            if row is not None:
                break
        else:
            raise LedgerMismatch(f"Project {source.project_id} has no open period and none could be opened.")
    return Interval(
        id=row[0],
        worker_id=source.worker_id,
        project_id=source.project_id,
        simulated=source.simulated,
        category=values["category"],
        work_kind=values["work_kind"],
        work_id=values["work_id"],
        period=(piece.start, piece.end),
        ms=piece.ms,
        rule_version=RULE_VERSION,
        rate_card_id=source.rate_card_id if piece.paid else None,
        earned_micro=row[1],
        pay_period_id=row[2],
        tab=source.tab,
        resolves_id=source.resolves,
        **_facts(source.judged, clock.at),
    )


def _facts(judged: Stretch | None, at: datetime) -> dict[str, Any]:
    return {
        "stretch_category": judged.category.value if judged else "",
        "stretch_since": judged.since if judged else None,
        "stretch_seen": judged.seen if judged else None,
        "stretch_asked": judged.asked if judged else None,
        "stretch_held": judged.held if judged else None,
        "judged_at": at if judged else None,
    }


def begin(
    clock: LockedClock,
    *,
    category: Category,
    project_id: UUID,
    work: WorkRef | None,
    tab: str = "",
    seen: datetime | None = None,
) -> None:
    """Let the next stretch run from `clock.at`, bound to its rate card. One round trip.

    `seen`: the last proof of presence, where it is later than the beginning.
    """
    same_work = (
        work is not None and work == clock.work and clock.category not in {Category.BREAK, Category.UNKNOWN}
    )
    row = fetch_one(
        _BEGIN,
        {
            "worker": clock.worker_id,
            "category": category.value,
            "project": project_id,
            "tab": tab,
            "at": clock.at,
            "seen": seen or clock.at,
            "work_kind": work.kind.value if work else "",
            "work_id": work.id if work else "",
            "bound": clock.rate_card_id if same_work and category is not Category.BREAK else None,
            "session_since": clock.session_since,
        },
    )
    if row is None:
        raise _why_not(clock, project_id)
    clock.category, clock.project_id, clock.work, clock.tab = category, project_id, work, tab
    clock.rate_card_id, clock.since, clock.seen, clock.asked = row[0], clock.at, seen or clock.at, None


def halt(clock: LockedClock, moment: datetime) -> None:
    """Stop the clock as of `moment`; what ran until then must be closed already."""
    with connection.cursor() as cursor:
        cursor.execute(_HALT, [moment, clock.worker_id])
    clock.category = clock.project_id = clock.work = clock.rate_card_id = clock.asked = None
    clock.tab, clock.since = "", moment


def fall_silent(clock: LockedClock, moment: datetime) -> None:
    """Let the clock run on as `unknown` from `moment`, with what is in hand; the return closes it."""
    clock.category, clock.since, clock.seen = Category.UNKNOWN, moment, max(moment, clock.seen)
    WorkerClock.objects.filter(pk=clock.worker_id).update(
        category=clock.category, since=clock.since, seen_at=clock.seen
    )


def mark_seen(clock: LockedClock) -> None:
    """Take this moment as a proof of presence; what runs goes on."""
    clock.seen = max(clock.seen, clock.at)
    WorkerClock.objects.filter(pk=clock.worker_id).update(seen_at=clock.seen)


def go_on(clock: LockedClock) -> None:
    """Write that what ran before a silence has gone on, seen and asked as `clock` says."""
    WorkerClock.objects.filter(pk=clock.worker_id).update(
        category=clock.category, seen_at=clock.seen, asked_at=clock.asked
    )


def source_of(clock: LockedClock) -> Source:
    if clock.project_id is None or clock.rate_card_id is None:
        raise ValueError("A stopped clock pays nothing.")
    return Source(
        clock.worker_id,
        clock.simulated,
        clock.project_id,
        clock.work,
        clock.rate_card_id,
        clock.tab,
        judged=clock.stretch(),
    )


def _why_not(clock: LockedClock, project_id: UUID) -> Exception:
    project = PaidProject.objects.filter(pk=project_id).first()
    if project is None:
        return NotFound(f"No paid project {project_id}.")
    if project.simulated != clock.simulated:
        return SimulatedMix("Simulated people work in simulated projects only, and nobody else does.")
    return NoRateInForce(
        f"Project {project.title!r} has no rate in force, so nobody can be asked to work in it yet."
    )
