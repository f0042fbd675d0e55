"""Checks of pay statements: their hash, their sums, and each top-up computed again from the figures they state."""

from __future__ import annotations

# the time and money of a statement's floor test, as the numbers that they were hashed as
_FLOORS = """
    SELECT statement.id, statement.worker_id, floor ->> 'status' AS status,
           (floor ->> 'paid_ms')::numeric AS paid_ms, (floor ->> 'floor_micro')::numeric AS floor_micro,
           (floor ->> 'basic_micro')::numeric AS basic, (floor ->> 'costs_micro')::numeric AS costs,
           (floor ->> 'required_micro')::numeric AS required, (floor ->> 'top_up_micro')::numeric AS top_up,
           (said -> 'earned_micro' ->> 'work')::numeric AS worked,
           coalesce((said -> 'earned_micro' ->> 'top_up')::numeric, 0) AS posted,
           -- statements of before costs were listed one by one say their sum alone
           CASE WHEN floor ? 'costs' THEN (SELECT coalesce(sum((cost ->> 'amount_micro')::numeric), 0)
                                           FROM jsonb_array_elements(floor -> 'costs') cost)
                ELSE (floor ->> 'costs_micro')::numeric END AS listed,
           (said -> 'time' ->> 'paid_total_ms')::numeric AS stated_ms
    FROM wages_statement statement, LATERAL (SELECT body::jsonb) AS parsed (said),
        LATERAL (SELECT said -> 'floor') AS tested (floor)
    WHERE floor <> 'null'
"""
STATEMENTS: dict[str, str] = {
    "every statement has its hash": """
        SELECT format('statement %s: its body has the SHA-256 %s, the row says %s', id,
                      encode(sha256(convert_to(body, 'UTF8')), 'hex'), sha256)
        FROM wages_statement WHERE sha256 <> encode(sha256(convert_to(body, 'UTF8')), 'hex') ORDER BY id LIMIT 1""",
    "every statement says what it made payable": """
        SELECT format('statement %s says %s micro-units, its row says %s', id, body::jsonb ->> 'total_micro',
                      payable_micro)
        FROM wages_statement WHERE (body::jsonb ->> 'total_micro')::bigint IS DISTINCT FROM payable_micro
        ORDER BY id LIMIT 1""",
    "the kinds of a statement are its postings": """
        SELECT format('statement %s of worker %s says %s micro-units of %s, its postings %s',
                      coalesce(stated.id::text, '(missing)'), worker_id, coalesce(stated.micro, 0), kind,
                      coalesce(posted.micro, 0))
        FROM (
            SELECT statement.id, statement.period_id, statement.worker_id, part.key AS kind, part.value::bigint AS micro
            FROM wages_statement statement, jsonb_each_text(statement.body::jsonb -> 'earned_micro') part
            WHERE part.value::bigint <> 0) stated
        FULL JOIN (
            SELECT entry.pay_period_id AS period_id, account.worker_id, entry.kind, sum(posting.amount_micro) AS micro
            FROM wages_periodclose close
            JOIN wages_entry entry ON entry.pay_period_id = close.period_id AND entry.kind <> 'period'
            JOIN wages_posting posting ON posting.entry_id = entry.id
            JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.kind = 'worker_earned'
            WHERE close.finished_at IS NOT NULL
            GROUP BY 1, 2, 3 HAVING sum(posting.amount_micro) <> 0) posted USING (period_id, worker_id, kind)
        JOIN wages_periodclose finished USING (period_id)
        WHERE finished.finished_at IS NOT NULL
          AND stated.micro IS DISTINCT FROM posted.micro ORDER BY worker_id, period_id, kind LIMIT 1""",
    "the time of a statement is its accruals": """
        SELECT format('statement %s of worker %s says %s ms paid, its accruals %s', statement.id, statement.worker_id,
                      statement.body::jsonb -> 'time' ->> 'paid_total_ms', coalesce(sum(accrual.total_ms), 0))
        FROM wages_statement statement
        LEFT JOIN wages_accrual accrual ON accrual.period_id = statement.period_id
            AND accrual.worker_id = statement.worker_id
        GROUP BY statement.id
        HAVING (statement.body::jsonb -> 'time' ->> 'paid_total_ms')::numeric <> coalesce(sum(accrual.total_ms), 0)
        ORDER BY statement.id LIMIT 1""",
    "every top-up follows from the floor test that was stated": f"""
        SELECT format('statement %s of worker %s: %s ms at a floor of %s an hour need %s micro-units, %s less %s were'
                      ' earned (costs listed one by one %s); the top-up is %s, posted %s', id, worker_id, paid_ms,
                      floor_micro, required, basic, costs, listed, top_up, posted)
        FROM ({_FLOORS}) tested
        WHERE required <> ceil(paid_ms * floor_micro / 3600000) OR paid_ms <> stated_ms OR basic <> worked
           OR top_up <> CASE WHEN paid_ms = 0 THEN 0 ELSE greatest(0, required - (basic - costs)) END
           OR top_up <> posted OR costs <> listed
        ORDER BY id LIMIT 1""",  # noqa: S608
    "a statement is between two that name each other": """
        SELECT format('statement %s names %s as the one before it, which is %s', id,
                      coalesce(body::jsonb ->> 'previous_sha256', 'none'), coalesce(before, 'none'))
        FROM (SELECT id, body, lag(sha256) OVER (PARTITION BY project_id, worker_id ORDER BY id) AS before
              FROM wages_statement) chained
        WHERE body::jsonb ->> 'previous_sha256' IS DISTINCT FROM before
          -- the first that is left names one that was retired
          AND NOT (before IS NULL AND EXISTS (SELECT 1 FROM wages_retiredperiod gone
                   JOIN wages_period period ON period.id = gone.period_id
                   JOIN wages_statement mine ON mine.id = chained.id AND mine.project_id = period.project_id))
        ORDER BY id LIMIT 1""",
    "the leaves under a worker's name are their statement": """
        SELECT format('statement %s of worker %s says %s micro-units, the leaves under that name %s', statement.id,
                      statement.worker_id, statement.payable_micro, coalesce(leaves.micro, 0))
        FROM wages_leafname name
        JOIN wages_statement statement ON statement.period_id = name.period_id AND statement.worker_id = name.worker_id
        JOIN wages_period period ON period.id = name.period_id AND period.closed_at IS NOT NULL
        LEFT JOIN (SELECT period_id, body::jsonb ->> 'worker' AS name,
                          sum((body::jsonb ->> 'earned_micro')::bigint) AS micro
                   FROM wages_sliceleaf GROUP BY 1, 2) leaves ON leaves.period_id = name.period_id
            AND leaves.name = name.name
        WHERE statement.payable_micro <> coalesce(leaves.micro, 0) ORDER BY statement.id LIMIT 1""",
}
