"""Time that nobody has said anything about yet: what is open of each gap, and how much of it the rule pays."""

from __future__ import annotations

from django.db.models import Exists, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from byhand.statements import fetch_one
from wages.models import Interval, Period

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


def open_gaps(rows: QuerySet[Interval] | None = None) -> QuerySet[Interval]:
    """Return the gaps that a worker may still say something about, with `open_ms`: what is not paid of each."""
    answers = Interval.objects.filter(resolves=OuterRef("pk"))
    paid = Coalesce(Subquery(answers.filter(by_rule=True).values("ms")[:1]), 0, output_field=IntegerField())
    gaps = (Interval.objects.all() if rows is None else rows).filter(category="unknown")
    unsaid = gaps.filter(~Exists(answers.filter(by_rule=False)))
    return unsaid.annotate(open_ms=F("ms") - paid).filter(open_ms__gt=0)
