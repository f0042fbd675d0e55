"""Which of a worker's time is paid, or can still be settled in another way. Decides nothing."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from wages.cases.rules import Span
from wages.models import Case, CaseDecision, Interval


def paid_within(worker_id: int, span: Span) -> list[Span]:
    """Return the worker's paid stretches that overlap `span`, in order."""
    rows = _within(worker_id, span).filter(rate_card__isnull=False).order_by("period")
    return [(row.period.lower, row.period.upper) for row in rows]


def gap_within(worker_id: int, span: Span) -> Interval | None:
    """Return the first gap in `span` that the worker can still answer by their own word."""
    answers = Interval.objects.filter(resolves=OuterRef("pk"), by_rule=False)
    gaps = _within(worker_id, span).filter(~Exists(answers), category="unknown")
    return gaps.order_by("period").first()


def claim_within(worker_id: int, span: Span) -> Case | None:
    """Return the first claim in `span` that waits for its answer."""
    decided = CaseDecision.objects.filter(case=OuterRef("pk"))
    waiting = Case.objects.filter(~Exists(decided), kind="claim", worker=worker_id)
    return waiting.filter(starts__lt=span[1], ends__gt=span[0]).order_by("starts").first()


def _within(worker_id: int, span: Span) -> QuerySet[Interval]:
    return Interval.objects.filter(
        worker=worker_id, period__endswith__gt=span[0], period__startswith__lt=span[1]
    )
