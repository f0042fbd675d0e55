"""Whether what an entry earned was sent. Reads only.

A payout takes all that is payable to a worker in a project, so what a period's close made payable is in the first
payment after it that did not come back. Closes and approvals hold the project's lock: ids tell their order.
"""

from __future__ import annotations

from django.db import connection

from wages.models import Entry

PAYMENT = """
    SELECT sent.id, substr(sent.key, 8) AS line FROM wages_posting taken
    JOIN wages_entry sent ON sent.id = taken.entry_id AND sent.kind = 'payout'
    WHERE taken.account_id = account.id AND sent.id > entry.id
      AND NOT EXISTS (SELECT 1 FROM wages_entry back WHERE back.key = 'returned:' || substr(sent.key, 8))
    ORDER BY sent.id LIMIT 1
"""
_PAID_OUT = f"""
SELECT EXISTS (
    SELECT 1 FROM wages_posting earned
    JOIN wages_ledgeraccount mine ON mine.id = earned.account_id AND mine.kind = 'worker_earned'
    JOIN wages_ledgeraccount account ON account.project_id = mine.project_id AND account.worker_id = mine.worker_id
        AND account.kind = 'worker_payable'
    JOIN wages_entry entry ON entry.pay_period_id = %(period)s AND entry.kind = 'period'
    JOIN wages_posting made ON made.entry_id = entry.id AND made.account_id = account.id
    CROSS JOIN LATERAL ({PAYMENT}) sent
    WHERE earned.entry_id = %(entry)s)
"""  # noqa: S608


def is_paid_out(entry: Entry) -> bool:
    """Return whether what the entry earned was sent to its worker, in a payment that did not come back.

    False while its period is open. From the approval of a batch on nothing in it is taken back.
    """
    if entry.pay_period_id is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_PAID_OUT, {"entry": entry.pk, "period": entry.pay_period_id})
        return bool(cursor.fetchone()[0])
