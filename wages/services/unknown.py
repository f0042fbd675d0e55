"""What a gap was: by the worker's word at any time, or by rule where nobody answered before the close.

A gap stays on record; what it was is a new row that `resolves` it. The rule pays a gap up to the task's 75th
percentile, once. A later word about the gap pays what it says beyond that, and never takes anything back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from byhand.accounts.models import User
from byhand.errors import Invalid, NotFound
from byhand.statements import execute, fetch_all, fetch_one
from wages.errors import NotAnswerable
from wages.models import Interval, Period
from wages.reservation import LEFT_SQL
from wages.rules import RULE_VERSION, Piece
from wages.services.locking import lock
from wages.services.opening import ensure_accounts
from wages.services.projects import database_now
from wages.services.stretch import Source, write_piece
from wages.work import Category, WorkKind, WorkRef

# what ran when the gap began, and the card it was bound to: the stretch that ended there, else the item's first
_BOUND = """
    SELECT coalesce(before.category, CASE
               WHEN gap.work_id = '' THEN 'waiting' WHEN gap.work_kind = 'review' THEN 'review'
               ELSE coalesce((SELECT worked.category FROM wages_interval worked
                              WHERE worked.worker_id = gap.worker_id AND worked.work_kind = gap.work_kind
                                AND worked.work_id = gap.work_id AND worked.work_id <> ''
                                AND worked.category IN ('task', 'qualification')
                              ORDER BY worked.id DESC LIMIT 1), 'task') END) AS category,
           coalesce(before.rate_card_id,
               (SELECT worked.rate_card_id FROM wages_interval worked
                WHERE worked.worker_id = gap.worker_id AND worked.work_kind = gap.work_kind
                  AND worked.work_id = gap.work_id AND worked.work_id <> '' AND worked.project_id = gap.project_id
                  AND worked.rate_card_id IS NOT NULL
                ORDER BY worked.id LIMIT 1),
               (SELECT card.id FROM wages_ratecard card
                WHERE card.project_id = gap.project_id AND card.period @> lower(gap.period))) AS card_id
    FROM (SELECT 1) one LEFT JOIN LATERAL (
        SELECT category, rate_card_id FROM wages_interval
        WHERE worker_id = gap.worker_id AND upper(period) = lower(gap.period) AND project_id = gap.project_id
          AND work_kind = gap.work_kind AND work_id = gap.work_id AND rate_card_id IS NOT NULL
          AND category <> 'break' AND resolves_id IS NULL
        ORDER BY id LIMIT 1) before ON true
"""
_BOUND_OF_ONE = f"SELECT bound.* FROM wages_interval gap, LATERAL ({_BOUND}) bound WHERE gap.id = %s"  # noqa: S608
_UNANSWERED = """
    wages_interval gap
    WHERE gap.category = 'unknown' AND gap.pay_period_id = %(period)s AND gap.worker_id = ANY(%(workers)s)
      AND NOT EXISTS (SELECT 1 FROM wages_interval answer WHERE answer.resolves_id = gap.id)
"""
_WITHOUT_ACCOUNT = f"""
SELECT DISTINCT gap.worker_id FROM {_UNANSWERED} AND NOT EXISTS (
    SELECT 1 FROM wages_ledgeraccount account WHERE account.project_id = gap.project_id
      AND account.worker_id = gap.worker_id AND account.kind = 'worker_earned')
"""  # noqa: S608
_LOCK_CLOCKS = """
SELECT worker_id FROM wages_workerclock WHERE worker_id = ANY(%(workers)s) ORDER BY worker_id FOR UPDATE
"""
# the pay of the hot path in wages/services/stretch.py for many gaps at once: running totals instead of one; ids are
# drawn beforehand, since joins of what is being inserted are planned as if it were one row
_SETTLE = f"""
WITH gap AS MATERIALIZED (
    SELECT gap.id, gap.worker_id, gap.project_id, gap.simulated, gap.work_kind, gap.work_id,
           lower(gap.period) AS since, least(gap.ms, %(p75)s) AS ms, gap.pay_period_id AS period_id, bound.*
    FROM (SELECT gap.* FROM {_UNANSWERED}) gap JOIN LATERAL ({_BOUND}) bound ON true
    JOIN wages_period period ON period.id = gap.pay_period_id AND period.closed_at IS NULL
), total AS (
    SELECT gap.*, card.hourly_micro, coalesce(accrual.pieces_micro, 0) AS pieces,
           coalesce(accrual.total_ms, 0) + sum(gap.ms) OVER (PARTITION BY gap.worker_id, gap.card_id ORDER BY gap.id)
               AS total_ms
    FROM gap JOIN wages_ratecard card ON card.id = gap.card_id
    LEFT JOIN wages_accrual accrual ON accrual.worker_id = gap.worker_id AND accrual.period_id = gap.period_id
        AND accrual.rate_card_id = gap.card_id
), pay AS MATERIALIZED (
    SELECT total.*, div(total_ms * hourly_micro + 3599999, 3600000)::bigint AS earned_after,
           (div(total_ms * hourly_micro + 3599999, 3600000)
            - div((total_ms - ms) * hourly_micro + 3599999, 3600000))::bigint AS pay,
           nextval(pg_get_serial_sequence('wages_interval', 'id')) AS interval_id,
           nextval(pg_get_serial_sequence('wages_entry', 'id')) AS entry_id
    FROM (SELECT * FROM total ORDER BY worker_id, id) total
), funds AS MATERIALIZED (SELECT ({LEFT_SQL}) AS left_micro
), new_interval AS (
    INSERT INTO wages_interval (id, worker_id, project_id, simulated, category, work_kind, work_id, period, ms,
        rule_version, rate_card_id, earned_micro, pay_period_id, tab, resolves_id, by_rule, created_at)
    SELECT interval_id, worker_id, project_id, simulated, category, work_kind, work_id,
           tstzrange(since, since + ms * interval '1 millisecond'), ms, %(rule_version)s, card_id, pay, period_id, '',
           id, true, clock_timestamp()
    FROM pay RETURNING id
), new_accrual AS (
    INSERT INTO wages_accrual (worker_id, period_id, project_id, rate_card_id, hourly_micro, total_ms, pieces_micro,
        earned_micro)
    SELECT worker_id, period_id, project_id, card_id, hourly_micro, max(total_ms), pieces,
           max(earned_after) + pieces
    FROM pay GROUP BY worker_id, period_id, project_id, card_id, hourly_micro, pieces
    ON CONFLICT (worker_id, period_id, rate_card_id)
    DO UPDATE SET total_ms = EXCLUDED.total_ms, earned_micro = EXCLUDED.earned_micro
), new_hours AS (
    INSERT INTO wages_workedhour AS kept (worker_id, project_id, hour, worked_ms, item_ms, began, ended)
    SELECT worker_id, project_id, hour, sum(part.ms), sum(CASE WHEN work_id <> '' THEN part.ms ELSE 0 END),
           min(cut.since), max(cut.till)
    FROM pay, LATERAL (SELECT since + ms * interval '1 millisecond') AS ending (until),
        generate_series(date_trunc('hour', pay.since, 'UTC'), until, interval '1 hour') hour,
        LATERAL (SELECT greatest(pay.since, hour), least(until, hour + interval '1 hour')) AS cut (since, till),
        LATERAL (SELECT (extract(epoch FROM cut.till - cut.since) * 1000)::bigint AS ms) AS part
    WHERE cut.since < cut.till GROUP BY worker_id, project_id, hour
    ON CONFLICT (worker_id, hour, project_id) DO UPDATE
    SET worked_ms = kept.worked_ms + EXCLUDED.worked_ms, item_ms = kept.item_ms + EXCLUDED.item_ms,
        began = least(kept.began, EXCLUDED.began), ended = greatest(kept.ended, EXCLUDED.ended)
), new_entry AS (
    INSERT INTO wages_entry (id, kind, key, project_id, simulated, interval_id, pay_period_id, reason, at)
    SELECT entry_id, 'work', 'interval:' || interval_id, project_id, simulated, interval_id, period_id, '', %(at)s
    FROM pay WHERE pay > 0
), new_posting AS (
    INSERT INTO wages_posting (entry_id, account_id, amount_micro, currency, simulated)
    SELECT pay.entry_id, leg.account, leg.amount, earned.currency, earned.simulated
    FROM (SELECT *, sum(pay) OVER (ORDER BY worker_id, id) AS spent FROM pay) pay
    JOIN wages_ledgeraccount earned ON earned.project_id = pay.project_id AND earned.worker_id = pay.worker_id
        AND earned.kind = 'worker_earned'
    JOIN wages_ledgeraccount payer ON payer.project_id = pay.project_id AND payer.worker_id IS NULL
        AND payer.kind = (CASE WHEN (SELECT left_micro FROM funds) >= pay.spent THEN 'reservation'
                               ELSE 'funder_receivable' END),
    LATERAL (VALUES (earned.id, pay.pay), (payer.id, -pay.pay)) AS leg (account, amount)
    WHERE pay.pay > 0
)
SELECT count(*) FROM new_interval
"""  # noqa: S608


@transaction.atomic
def answer_unknown(*, worker: User, interval_id: int, paid_ms: int, at: datetime | None = None) -> Interval:
    """Settle a gap by the worker's word: all of it, none (0), or so many milliseconds from its start.

    What was work is paid at once, no proof asked; what the rule has paid at a close already counts towards it.
    Raises NotFound, Invalid or NotAnswerable (answered before, or paid whole by the rule).
    """
    clock = lock(worker.pk, at)
    gap = Interval.objects.filter(pk=interval_id, worker_id=worker.pk, category=Category.UNKNOWN).first()
    if gap is None:
        raise NotFound(_("There is no such gap in your time."))
    by_rule = _paid_by_rule(gap)
    if not 0 <= paid_ms <= gap.ms:
        raise Invalid(_("paid_ms: the gap is %(ms)s ms long; answer with 0 to %(ms)s.") % {"ms": gap.ms})
    start = gap.period.lower
    open_from = start + timedelta(milliseconds=by_rule)
    source, category = _source(gap)
    if paid_ms <= by_rule:
        return write_piece(source, Piece(Category.BREAK, open_from, gap.period.upper, paid=False), clock)
    end = start + timedelta(milliseconds=paid_ms)
    return write_piece(source, Piece(category, open_from, end, paid=True), clock)


def _paid_by_rule(gap: Interval) -> int:
    """Return how much of the gap was paid without an answer; raises NotAnswerable where nothing is open."""
    answers = dict(Interval.objects.filter(resolves=gap).values_list("by_rule", "ms"))
    if False in answers:
        raise NotAnswerable(_("You have answered this gap already; your answer stands."))
    if answers.get(True, 0) == gap.ms:
        raise NotAnswerable(
            _("This gap was paid whole when its period closed; there is nothing left to say.")
        )
    return answers.get(True, 0)


def _source(gap: Interval) -> tuple[Source, Category]:
    work = WorkRef(WorkKind(gap.work_kind), gap.work_id) if gap.work_id else None
    row = fetch_one(_BOUND_OF_ONE, [gap.pk])
    if row is None:
        raise NotFound(_("There is no such gap in your time."))
    category, card = row
    source = Source(gap.worker_id, gap.simulated, gap.project_id, work, card, resolves=gap.pk)
    return source, Category(category)


@transaction.atomic
def settle_unanswered(
    *, period: Period, worker_ids: Sequence[int], p75_ms: int | None, at: datetime | None = None
) -> int:
    """Pay each unanswered gap of these workers in this period up to `p75_ms`, in it, though it is closing.

    `p75_ms`: `wages.selectors.unknown.task_p75_ms(period)`; None pays nothing. What is beyond it stays unknown
    and answerable. Takes the workers' clock locks in order of their ids; call it with a bounded batch, before
    `closed_at` is set. Returns how many gaps it settled; a second call finds none.
    """
    if p75_ms is None or p75_ms <= 0 or not worker_ids:
        return 0
    values = {"period": period.pk, "project": period.project_id, "workers": list(worker_ids)}
    execute(_LOCK_CLOCKS, values)
    for (worker_id,) in fetch_all(_WITHOUT_ACCOUNT, values):
        ensure_accounts(period.project_id, worker_id)
    row = fetch_one(
        _SETTLE, {**values, "p75": p75_ms, "rule_version": RULE_VERSION, "at": at or database_now()}
    )
    return int(row[0]) if row else 0
