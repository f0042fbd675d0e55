"""The fees that workers bore to get their pay, as their own receipts say: a cost in the floor test of a closing period.

A receipt counts in the period in which it was made, whatever work the payment was for; the newest one of a line
in that period speaks for it. What an earlier period could count already, or what a `cost` entry has paid back,
is not counted again. Reads only, one query a batch.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db import connection

from wages.closing.batches import Batch
from wages.floors.week_test import Cost
from wages.models import Period

_FEES = """
SELECT line.worker_id, replace(line.id::text, '-', ''), newest.id,
       newest.fee_micro - greatest(counted.micro, refunded.micro) AS micro
FROM (SELECT DISTINCT ON (line_id) line_id, id, fee_micro FROM wages_payoutreceipt
      WHERE at >= %(starts)s AND at < %(ends)s ORDER BY line_id, id DESC) newest
JOIN wages_payoutline line ON line.id = newest.line_id AND line.worker_id BETWEEN %(first)s AND %(last)s
JOIN wages_payoutbatch batch ON batch.id = line.batch_id AND batch.project_id = %(project)s,
LATERAL (SELECT coalesce(max(fee_micro), 0) AS micro FROM wages_payoutreceipt
         WHERE line_id = newest.line_id AND at < %(starts)s) counted,
LATERAL (SELECT coalesce(sum(posting.amount_micro), 0)::bigint AS micro FROM wages_entry entry
         JOIN wages_posting posting ON posting.entry_id = entry.id AND posting.amount_micro > 0
         WHERE entry.key = 'cost:payout:' || replace(line.id::text, '-', '')) refunded
WHERE newest.fee_micro > greatest(counted.micro, refunded.micro)
ORDER BY line.worker_id, newest.id
"""


def fees_borne(batch: Batch, period: Period) -> dict[int, tuple[Cost, ...]]:
    """Return, by worker, each fee that counts in the period, with the payment and the receipt that name it."""
    values: dict[str, Any] = {
        **batch.values,
        "project": period.project_id,
        "starts": period.starts,
        "ends": period.ends,
    }
    found: defaultdict[int, list[Cost]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_FEES, values)
        for worker, line, receipt, micro in cursor.fetchall():
            found[worker].append(Cost("fee", micro, f"payment {line}: your receipt {receipt}"))
    return {worker: tuple(fees) for worker, fees in found.items()}
