"""Proves the ledger from its rows: each check is one read that finds the first row that can't be right.

Trusts no constraint and no trigger: a restored, copied or hand-edited database is judged by what is in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from wages.freezing import entry as leaf_entry
from wages.models import PaidProject, Period, SliceLeaf
from wages.payout_checks import PAYOUT_CHECKS
from wages.reservation import left_micro
from wages.transparency import merkle


@dataclass(frozen=True)
class Finding:
    """One check and the first row that fails it; `bad` is None where it holds."""

    check: str
    bad: str | None


_CHECKS: dict[str, str] = {
    "every entry has two postings or more": """
        SELECT format('entry %s has %s postings', entry.id, count(posting.id)) FROM wages_entry entry
        LEFT JOIN wages_posting posting ON posting.entry_id = entry.id
        GROUP BY entry.id HAVING count(posting.id) < 2 ORDER BY entry.id LIMIT 1""",
    "every entry adds up to zero in each currency": """
        SELECT format('entry %s: its postings in %s add up to %s micro-units', entry_id, currency, sum(amount_micro))
        FROM wages_posting GROUP BY entry_id, currency HAVING sum(amount_micro) <> 0 ORDER BY entry_id LIMIT 1""",
    "every posting belongs to an entry and to an account of its currency": """
        SELECT format('posting %s: %s micro-units of %s in account %s of %s', posting.id, posting.amount_micro,
                      posting.currency, posting.account_id, coalesce(account.currency, 'nothing'))
        FROM wages_posting posting LEFT JOIN wages_ledgeraccount account ON account.id = posting.account_id
        LEFT JOIN wages_entry entry ON entry.id = posting.entry_id
        WHERE entry.id IS NULL OR account.currency IS DISTINCT FROM posting.currency
           OR account.project_id IS DISTINCT FROM entry.project_id ORDER BY posting.id LIMIT 1""",
    "simulated and real never touch": """
        SELECT format('%s %s', place, id) FROM (
            SELECT 'posting' AS place, posting.id FROM wages_posting posting
                JOIN wages_entry entry ON entry.id = posting.entry_id
                JOIN wages_ledgeraccount account ON account.id = posting.account_id
                WHERE posting.simulated <> entry.simulated OR posting.simulated <> account.simulated
            UNION ALL SELECT 'entry', entry.id FROM wages_entry entry
                JOIN wages_paidproject project ON project.id = entry.project_id
                WHERE entry.simulated <> project.simulated
            UNION ALL SELECT 'account', account.id FROM wages_ledgeraccount account
                JOIN wages_paidproject project ON project.id = account.project_id
                LEFT JOIN accounts_user worker ON worker.id = account.worker_id
                WHERE account.simulated <> project.simulated OR account.simulated <> worker.simulated
            UNION ALL SELECT 'interval', interval.id FROM wages_interval interval
                JOIN wages_paidproject project ON project.id = interval.project_id
                JOIN accounts_user worker ON worker.id = interval.worker_id
                WHERE interval.simulated <> project.simulated OR interval.simulated <> worker.simulated
        ) mixed ORDER BY place, id LIMIT 1""",
    "an interval's milliseconds are its period": """
        SELECT format('interval %s says %s ms for %s', id, ms, period) FROM wages_interval
        WHERE isempty(period) OR ms <> extract(epoch FROM upper(period) - lower(period)) * 1000 ORDER BY id LIMIT 1""",
    "no worker's intervals overlap": """
        SELECT format('interval %s of worker %s begins at %s, before an earlier one ends at %s', id, worker_id, begins,
                      ended)
        FROM (SELECT id, worker_id, lower(period) AS begins,
                     max(upper(period)) OVER (PARTITION BY worker_id ORDER BY lower(period), id
                                              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ended
              FROM wages_interval WHERE category NOT IN ('break', 'unknown')) ordered
        WHERE begins < ended ORDER BY id LIMIT 1""",
    "an answer lies inside the gap that it resolves": """
        SELECT format('interval %s resolves interval %s', answer.id, gap.id) FROM wages_interval answer
        JOIN wages_interval gap ON gap.id = answer.resolves_id
        WHERE gap.category <> 'unknown' OR gap.worker_id <> answer.worker_id OR NOT gap.period @> answer.period
        ORDER BY answer.id LIMIT 1""",
    "every accrual is the ceil of its total": """
        SELECT format('accrual %s: %s ms at %s an hour is %s micro-units, the row says %s', accrual.id, total_ms,
                      card.hourly_micro, div(total_ms::numeric * card.hourly_micro + 3599999, 3600000) + pieces_micro,
                      earned_micro)
        FROM wages_accrual accrual JOIN wages_ratecard card ON card.id = accrual.rate_card_id
        WHERE earned_micro <> div(total_ms::numeric * card.hourly_micro + 3599999, 3600000) + pieces_micro
           OR accrual.hourly_micro <> card.hourly_micro ORDER BY accrual.id LIMIT 1""",
    "accruals are the sums of their intervals": """
        SELECT format('accrual %s of worker %s, period %s, rate card %s: %s ms and %s micro-units,'
                      ' its intervals: %s and %s',
                      coalesce(accrual.id::text, '(missing)'), worker_id, period_id, rate_card_id,
                      accrual.total_ms, accrual.earned_micro - accrual.pieces_micro, worked.ms, worked.earned)
        FROM wages_accrual accrual FULL JOIN (
            SELECT worker_id, pay_period_id AS period_id, rate_card_id, sum(ms) AS ms, sum(earned_micro) AS earned
            FROM wages_interval WHERE rate_card_id IS NOT NULL GROUP BY 1, 2, 3) worked
        USING (worker_id, period_id, rate_card_id)
        WHERE accrual.total_ms IS DISTINCT FROM worked.ms
           OR accrual.earned_micro - accrual.pieces_micro IS DISTINCT FROM worked.earned
        ORDER BY worker_id, period_id, rate_card_id LIMIT 1""",
    "worked hours are the sums of their intervals": """
        SELECT format('hour %s of worker %s in project %s: %s ms, %s with an item, its intervals: %s and %s',
                      hour, worker_id, project_id, kept.worked_ms, kept.item_ms, worked.worked_ms, worked.item_ms)
        FROM wages_workedhour kept FULL JOIN (
            SELECT worker_id, project_id, hour, sum(part.ms) AS worked_ms,
                   coalesce(sum(part.ms) FILTER (WHERE work_id <> ''), 0) AS item_ms,
                   min(since) AS began, max(till) AS ended
            FROM wages_interval,
                generate_series(date_trunc('hour', lower(period), 'UTC'), upper(period), '1 hour') hour,
                LATERAL (SELECT greatest(lower(period), hour), least(upper(period), hour + interval '1 hour'))
                    AS cut (since, till),
                LATERAL (SELECT (extract(epoch FROM till - since) * 1000)::bigint AS ms) AS part
            WHERE rate_card_id IS NOT NULL AND since < till GROUP BY 1, 2, 3) worked
        USING (worker_id, project_id, hour)
        WHERE kept.worked_ms IS DISTINCT FROM worked.worked_ms OR kept.item_ms IS DISTINCT FROM worked.item_ms
           OR kept.began IS DISTINCT FROM worked.began OR kept.ended IS DISTINCT FROM worked.ended
        ORDER BY worker_id, hour LIMIT 1""",
    "every interval is posted once, with its amount": """
        SELECT format('interval %s earned %s micro-units, its entries post %s', worked.id, worked.earned_micro,
                      coalesce(sum(posting.amount_micro), 0))
        FROM wages_interval worked
        LEFT JOIN wages_entry entry ON entry.interval_id = worked.id AND entry.kind = 'work'
        LEFT JOIN wages_ledgeraccount account ON account.kind = 'worker_earned' AND account.worker_id = worked.worker_id
            AND account.project_id = worked.project_id
        LEFT JOIN wages_posting posting ON posting.entry_id = entry.id AND posting.account_id = account.id
        GROUP BY worked.id
        HAVING worked.earned_micro <> coalesce(sum(posting.amount_micro), 0)
            OR count(entry.id) <> (worked.earned_micro > 0)::int
            OR bool_or(entry.pay_period_id <> worked.pay_period_id) ORDER BY worked.id LIMIT 1""",
    "only unknown time and long breaks are unpaid": """
        SELECT format('interval %s (%s) has no rate card', id, category) FROM wages_interval
        WHERE (rate_card_id IS NULL AND category NOT IN ('break', 'unknown'))
           OR (rate_card_id IS NOT NULL AND category = 'unknown') ORDER BY id LIMIT 1""",
    "a reversal mirrors what it reverses": """
        SELECT format('entry %s does not mirror entry %s', reversal.id, reversal.reverses_id)
        FROM wages_entry reversal WHERE reversal.kind = 'reversal' AND EXISTS (
            SELECT account_id FROM wages_posting WHERE entry_id IN (reversal.id, reversal.reverses_id)
            GROUP BY account_id HAVING sum(amount_micro) <> 0) ORDER BY reversal.id LIMIT 1""",
    "every approved deposit is posted with its amount": """
        SELECT format('deposit %s of %s micro-units: entry %s', deposit.id, deposit.amount_micro,
                      coalesce(deposit.entry_id::text, '(missing)'))
        FROM wages_deposit deposit
        LEFT JOIN wages_ledgeraccount account ON account.project_id = deposit.project_id
            AND account.kind = 'reservation'
        LEFT JOIN wages_posting posting ON posting.entry_id = deposit.entry_id AND posting.account_id = account.id
        WHERE deposit.approved_at IS NOT NULL AND posting.amount_micro IS DISTINCT FROM deposit.amount_micro
        ORDER BY deposit.id LIMIT 1""",
    "rate cards of one project do not overlap": """
        SELECT format('rate card %s overlaps rate card %s', two.id, one.id) FROM wages_ratecard one
        JOIN wages_ratecard two ON two.project_id = one.project_id AND two.id > one.id AND two.period && one.period
        ORDER BY two.id LIMIT 1""",
    "a closed period froze the sum of its accruals": """
        SELECT format('period %s (%s) froze %s micro-units, its accruals are %s', period.id, period.label,
                      period.earned_micro, coalesce(sum(accrual.earned_micro), 0))
        FROM wages_period period LEFT JOIN wages_accrual accrual ON accrual.period_id = period.id
        WHERE period.closed_at IS NOT NULL GROUP BY period.id
        HAVING period.earned_micro <> coalesce(sum(accrual.earned_micro), 0) ORDER BY period.id LIMIT 1""",
    "a closed period froze what its entries spent": """
        SELECT format('period %s (%s) froze %s micro-units as spent, its entries took %s', period.id, period.label,
                      period.spent_micro, -coalesce(sum(posting.amount_micro), 0))
        FROM wages_period period
        LEFT JOIN wages_entry entry ON entry.pay_period_id = period.id
        LEFT JOIN (wages_posting posting JOIN wages_ledgeraccount account ON account.id = posting.account_id
            AND account.kind IN ('reservation', 'funder_receivable')) ON posting.entry_id = entry.id
        WHERE period.closed_at IS NOT NULL GROUP BY period.id
        HAVING period.spent_micro <> -coalesce(sum(posting.amount_micro), 0) ORDER BY period.id LIMIT 1""",
    "closing moved all that was earned to payable": """
        SELECT format('account %s (earned) still holds %s micro-units of closed period %s', account.id,
                      sum(posting.amount_micro), entry.pay_period_id)
        FROM wages_posting posting JOIN wages_entry entry ON entry.id = posting.entry_id
        JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.kind = 'worker_earned'
        JOIN wages_period period ON period.id = entry.pay_period_id AND period.closed_at IS NOT NULL
        GROUP BY account.id, entry.pay_period_id HAVING sum(posting.amount_micro) <> 0 ORDER BY account.id LIMIT 1""",
}


def verify() -> Iterator[Finding]:
    """Yield every check with the first bad row, in an order in which causes come before consequences."""
    for check, statement in (_CHECKS | PAYOUT_CHECKS).items():
        with connection.cursor() as cursor:
            cursor.execute(statement)
            row = cursor.fetchone()
        yield Finding(check, row[0] if row else None)
    yield Finding("leaves of a closed period are its postings, under its root", _bad_slice())
    yield Finding("what is left of a reservation is the sum of its postings", _bad_reservation())


def _bad_slice() -> str | None:
    for period in Period.objects.filter(closed_at__isnull=False).order_by("id"):
        rows = SliceLeaf.objects.filter(period=period).order_by("position")
        hashes, earned = [], 0
        for place, leaf in enumerate(rows.iterator()):
            if leaf.position != place:
                return f"period {period.pk} ({period.label}): leaf {place} is missing"
            hashes.append(merkle.leaf_hash(leaf_entry(bytes(leaf.salt), leaf.body)))
            earned += int(json.loads(leaf.body).get("earned_micro", "0"))
        if merkle.root(hashes).hex() != period.root:
            return f"period {period.pk} ({period.label}): its leaves do not have the root {period.root}"
        if earned != (posted := _posted(period.pk)):
            return f"period {period.pk} ({period.label}): its leaves hold {earned} micro-units, its postings {posted}"
    return None


def _posted(period_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT coalesce(sum(posting.amount_micro), 0)::bigint FROM wages_posting posting
               JOIN wages_entry entry ON entry.id = posting.entry_id AND entry.kind IN ('work', 'reversal')
               JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.kind = 'worker_earned'
               WHERE entry.pay_period_id = %s""",
            [period_id],
        )
        row = cursor.fetchone()
    return int(row[0])


def _bad_reservation() -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT account.project_id, sum(posting.amount_micro)::bigint FROM wages_posting posting
               JOIN wages_ledgeraccount account ON account.id = posting.account_id
               WHERE account.kind IN ('reservation', 'funder_receivable') GROUP BY 1"""
        )
        posted = dict(cursor.fetchall())
    for project_id in PaidProject.objects.order_by("id").values_list("id", flat=True):
        if posted.get(project_id, 0) != (left := left_micro(project_id)):
            return (
                f"project {project_id}: {left} micro-units left, its postings say {posted.get(project_id, 0)}"
            )
    return None
