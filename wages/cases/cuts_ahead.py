"""Cuts of money that is payable already and whose reversal is in a period that has not closed yet. Reads only."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Sum

from wages.models import Posting


def cuts_ahead(project_id: UUID) -> dict[int, int]:
    """Return, by worker, the micro-units (above 0) that `payable` still holds and the next close takes out of it."""
    rows = (
        Posting.objects.filter(
            account__kind="worker_earned",
            entry__project_id=project_id,
            entry__kind="reversal",
            entry__pay_period__closed_at__isnull=True,
            entry__reverses__pay_period__closed_at__isnull=False,
        )
        .values_list("account__worker_id")
        .annotate(total=Sum("amount_micro"))
    )
    return {worker_id: -int(total) for worker_id, total in rows if worker_id is not None}
