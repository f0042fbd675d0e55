"""Checks of entries, postings and accounts: what must hold of any ledger."""

from __future__ import annotations

ENTRIES: dict[str, str] = {
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
    "every approved refund is posted with its amount, and no other refund": """
        SELECT format('refund %s of %s micro-units: entry %s', coalesce(refund.id::text, '(missing)'),
                      refund.amount_micro, coalesce(entry.id::text, '(missing)'))
        FROM (SELECT * FROM wages_refund WHERE approved_at IS NOT NULL) refund
        FULL JOIN (SELECT * FROM wages_entry WHERE kind = 'refund') entry ON entry.id = refund.entry_id
        LEFT JOIN wages_ledgeraccount account ON account.project_id = refund.project_id
            AND account.kind = 'reservation'
        LEFT JOIN wages_posting posting ON posting.entry_id = entry.id AND posting.account_id = account.id
        WHERE posting.amount_micro IS DISTINCT FROM -refund.amount_micro OR refund.id IS NULL OR entry.id IS NULL
        ORDER BY refund.id LIMIT 1""",
    "rate cards of one project do not overlap": """
        SELECT format('rate card %s overlaps rate card %s', two.id, one.id) FROM wages_ratecard one
        JOIN wages_ratecard two ON two.project_id = one.project_id AND two.id > one.id AND two.period && one.period
        ORDER BY two.id LIMIT 1""",
    "an entry of a period is between one worker and the project": """
        SELECT format('entry %s (%s) posts %s micro-units to %s workers, and takes %s from the project', entry.id,
                      entry.kind, coalesce(sum(amount_micro) FILTER (WHERE account.kind = 'worker_earned'), 0),
                      count(*) FILTER (WHERE account.kind = 'worker_earned'),
                      coalesce(-sum(amount_micro) FILTER (WHERE account.kind <> 'worker_earned'), 0))
        FROM wages_entry entry JOIN wages_posting posting ON posting.entry_id = entry.id
        JOIN wages_ledgeraccount account ON account.id = posting.account_id
        WHERE entry.pay_period_id IS NOT NULL AND entry.kind <> 'period'
        GROUP BY entry.id
        HAVING count(*) FILTER (WHERE account.kind = 'worker_earned') <> 1
            OR count(*) <> count(*) FILTER (WHERE account.kind IN ('worker_earned', 'reservation', 'funder_receivable'))
        ORDER BY entry.id LIMIT 1""",
    "an entry is of the project of its period": """
        SELECT format('entry %s of project %s is in period %s of project %s', entry.id, entry.project_id, period.id,
                      period.project_id)
        FROM wages_entry entry JOIN wages_period period ON period.id = entry.pay_period_id
        WHERE period.project_id <> entry.project_id ORDER BY entry.id LIMIT 1""",
}
