"""Time that nobody has said anything about yet: what is open of each gap, and how much of it the rule pays."""

from __future__ import annotations

from django.db.models import Exists, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from wages.closing.unknown_rule import task_p75_ms
from wages.models import Interval

__all__ = ["open_gaps", "task_p75_ms"]


def open_gaps(rows: QuerySet[Interval] | None = None) -> QuerySet[Interval]:
    """Return the gaps that a worker may still say something about, with `open_ms`: what is not paid of each."""
    answers = Interval.objects.filter(resolves=OuterRef("pk"))
    paid = Coalesce(Subquery(answers.filter(by_rule=True).values("ms")[:1]), 0, output_field=IntegerField())
    gaps = (Interval.objects.all() if rows is None else rows).filter(category="unknown")
    unsaid = gaps.filter(~Exists(answers.filter(by_rule=False)))
    return unsaid.annotate(open_ms=F("ms") - paid).filter(open_ms__gt=0)
