"""What is left of a project's reservation, derived from the ledger without a lock. Reads only.

left = what entries outside pay periods put into `reservation` and `funder receivable` (deposits, fees, refunds)
       - what closed periods have spent (frozen at their close; also of retired ones,
         so the entries that carry those are left out)
       - what accrues in periods that are not closed (one row a worker and card)
       + what other entries of those periods put in (bonuses, top-ups, corrections: few rows).
Below zero it is owed by the funder. `verify_ledger` proves that it equals the sum of all postings.
"""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from wages.models.ledger import BETWEEN_WORKER_ACCOUNTS

_OUTSIDE = ", ".join(f"'{kind}'" for kind in BETWEEN_WORKER_ACCOUNTS)

LEFT_SQL = f"""
    coalesce((
        SELECT sum(posting.amount_micro)
        FROM wages_entry entry
        JOIN wages_posting posting ON posting.entry_id = entry.id
        JOIN wages_ledgeraccount account ON account.id = posting.account_id
        WHERE entry.project_id = %(project)s AND entry.pay_period_id IS NULL AND entry.kind NOT IN ({_OUTSIDE})
          AND entry.kind <> 'retired'
          AND account.kind IN ('reservation', 'funder_receivable')
    ), 0)
    - coalesce((SELECT sum(spent_micro) FROM wages_period
                WHERE project_id = %(project)s AND closed_at IS NOT NULL), 0)
    - coalesce((SELECT sum(accrual.earned_micro) FROM wages_accrual accrual
                JOIN wages_period period ON period.id = accrual.period_id
                WHERE period.project_id = %(project)s AND period.closed_at IS NULL), 0)
    + coalesce((
        SELECT sum(posting.amount_micro)
        FROM wages_period period
        JOIN wages_entry entry ON entry.pay_period_id = period.id AND entry.kind NOT IN ('work', 'piece', 'period')
        JOIN wages_posting posting ON posting.entry_id = entry.id
        JOIN wages_ledgeraccount account ON account.id = posting.account_id
        WHERE period.project_id = %(project)s AND period.closed_at IS NULL
          AND account.kind IN ('reservation', 'funder_receivable')
    ), 0)
"""  # noqa: S608


def left_micro(project_id: UUID) -> int:
    """Return the reservation minus all pay, in micro-units; below zero: owed by the funder."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({LEFT_SQL})::bigint", {"project": project_id})
        row = cursor.fetchone()
    return int(row[0])
