"""By how much the rule at a close settles a gap that nobody answered. Reads only; both a page and the close ask."""

from __future__ import annotations

from byhand.statements import fetch_one
from wages.models import Period

# rows that the rule wrote are left out, so that the figure is the same before and after it was used
_P75 = """
SELECT percentile_disc(0.75) WITHIN GROUP (ORDER BY piece.ms)::bigint FROM (
    SELECT sum(ms) AS ms FROM wages_interval
    WHERE pay_period_id = %(period)s AND category = 'task' AND rate_card_id IS NOT NULL AND work_id <> ''
      AND NOT by_rule
    GROUP BY worker_id, work_kind, work_id) piece
"""


def task_p75_ms(period: Period) -> int | None:
    """Return the 75th percentile (nearest rank) of paid task time per person and piece of work in this period.

    Whole milliseconds; None where nobody was paid for a task in it.
    """
    row = fetch_one(_P75, {"period": period.pk})
    return None if row is None or row[0] is None else int(row[0])
