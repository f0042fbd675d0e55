"""Checks of closed periods: what was frozen is the sum of what it was frozen from."""

from __future__ import annotations

PERIOD_SUMS: dict[str, str] = {
    "a closed period froze the sum of its accruals": """
        SELECT format('period %s (%s) froze %s micro-units, its accruals are %s', period.id, period.label,
                      period.earned_micro, coalesce(sum(accrual.earned_micro), 0))
        FROM wages_period period LEFT JOIN wages_accrual accrual ON accrual.period_id = period.id
        WHERE period.closed_at IS NOT NULL
            AND period.id NOT IN (SELECT period_id FROM wages_retiredperiod) GROUP BY period.id
        HAVING period.earned_micro <> coalesce(sum(accrual.earned_micro), 0) ORDER BY period.id LIMIT 1""",
    "a closed period froze what its entries spent": """
        SELECT format('period %s (%s) froze %s micro-units as spent, its entries took %s', period.id, period.label,
                      period.spent_micro, -coalesce(sum(posting.amount_micro), 0))
        FROM wages_period period
        LEFT JOIN wages_entry entry ON entry.pay_period_id = period.id
        LEFT JOIN (wages_posting posting JOIN wages_ledgeraccount account ON account.id = posting.account_id
            AND account.kind IN ('reservation', 'funder_receivable')) ON posting.entry_id = entry.id
        WHERE period.closed_at IS NOT NULL
            AND period.id NOT IN (SELECT period_id FROM wages_retiredperiod) GROUP BY period.id
        HAVING period.spent_micro <> -coalesce(sum(posting.amount_micro), 0) ORDER BY period.id LIMIT 1""",
    "closing moved all that was earned to payable": """
        SELECT format('account %s (earned) still holds %s micro-units of closed period %s', account.id,
                      sum(posting.amount_micro), entry.pay_period_id)
        FROM wages_posting posting JOIN wages_entry entry ON entry.id = posting.entry_id
        JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.kind = 'worker_earned'
        JOIN wages_period period ON period.id = entry.pay_period_id AND period.closed_at IS NOT NULL
        GROUP BY account.id, entry.pay_period_id HAVING sum(posting.amount_micro) <> 0 ORDER BY account.id LIMIT 1""",
    "a close has stated and paid every worker of its period": """
        SELECT format('period %s: its close counts %s workers and %s micro-units, its statements %s and %s',
                      close.period_id, close.workers, close.due_micro, count(statement.id),
                      coalesce(sum(statement.payable_micro), 0))
        FROM wages_periodclose close LEFT JOIN wages_statement statement ON statement.period_id = close.period_id
        WHERE close.finished_at IS NOT NULL
            AND close.period_id NOT IN (SELECT period_id FROM wages_retiredperiod) GROUP BY close.period_id
        HAVING close.workers <> count(statement.id) OR close.due_micro <> coalesce(sum(statement.payable_micro), 0)
        ORDER BY close.period_id LIMIT 1""",
    "a retired period has left nothing but its sums": """
        SELECT format('period %s is retired, and %s still has rows of it', period_id, place) FROM wages_retiredperiod,
            LATERAL (
                SELECT 'wages_interval' AS place FROM wages_interval WHERE pay_period_id = period_id
                UNION SELECT 'wages_entry' FROM wages_entry WHERE pay_period_id = period_id
                UNION SELECT 'wages_statement' FROM wages_statement s
                    WHERE s.period_id = wages_retiredperiod.period_id
                UNION SELECT 'wages_sliceleaf' FROM wages_sliceleaf l
                    WHERE l.period_id = wages_retiredperiod.period_id) rest
        ORDER BY period_id LIMIT 1""",
    "what retired periods spent is what their carrying entries took": """
        SELECT format('project %s: retired periods spent %s micro-units, their carrying entries took %s', project_id,
                      sum(spent_micro), carried)
        FROM (SELECT project_id, sum(spent_micro) AS spent_micro FROM wages_period
              WHERE id IN (SELECT period_id FROM wages_retiredperiod) GROUP BY 1) gone
        LEFT JOIN LATERAL (
            SELECT -coalesce(sum(posting.amount_micro), 0) AS carried FROM wages_entry entry
            JOIN wages_posting posting ON posting.entry_id = entry.id
            JOIN wages_ledgeraccount account ON account.id = posting.account_id
                AND account.kind IN ('reservation', 'funder_receivable')
            WHERE entry.project_id = gone.project_id AND entry.kind = 'retired') kept ON true
        WHERE spent_micro <> carried GROUP BY project_id, carried ORDER BY project_id LIMIT 1""",
    "no draft leaf outlives its close": """
        SELECT format('draft leaf %s of closed period %s', leaf.id, leaf.period_id) FROM wages_draftleaf leaf
        JOIN wages_period period ON period.id = leaf.period_id AND period.closed_at IS NOT NULL
        ORDER BY leaf.id LIMIT 1""",
}
