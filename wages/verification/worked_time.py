"""Checks of recorded time, and that what it earned is what was posted for it."""

from __future__ import annotations

WORKED_TIME: dict[str, str] = {
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
    "pieces are paid once beyond their time": """
        SELECT format('accrual %s of worker %s in period %s: %s micro-units for pieces, its entries post %s',
                      min(kept.id), worker_id, period_id, sum(kept.pieces_micro), coalesce(max(posted.micro), 0))
        FROM wages_accrual kept FULL JOIN (
            SELECT account.worker_id, entry.pay_period_id AS period_id, sum(posting.amount_micro) AS micro
            FROM wages_entry entry JOIN wages_posting posting ON posting.entry_id = entry.id
            JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.kind = 'worker_earned'
            WHERE entry.kind = 'piece' GROUP BY 1, 2) posted USING (worker_id, period_id)
        GROUP BY worker_id, period_id
        HAVING coalesce(sum(kept.pieces_micro), 0) <> coalesce(max(posted.micro), 0)
        ORDER BY worker_id, period_id LIMIT 1""",
}
