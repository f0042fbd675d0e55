"""Checks that take more than one statement: the leaves of closed periods under their roots, and reservations."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection

from wages.closing import freezing
from wages.models import PaidProject, Period
from wages.reservation import left_micro
from wages.services.slices import leaf_hashes

_MISSING = """
SELECT place FROM (SELECT position, row_number() OVER (ORDER BY position) - 1 AS place
                   FROM wages_sliceleaf WHERE period_id = %s) ordered
WHERE position <> place ORDER BY place LIMIT 1
"""
_FROZEN = """
SELECT count(*), coalesce(sum(coalesce((body::jsonb ->> 'earned_micro')::bigint, 0)), 0)::bigint
FROM wages_sliceleaf WHERE period_id = %s
"""
_POSTED = """
SELECT coalesce(sum(posting.amount_micro), 0)::bigint FROM wages_posting posting
JOIN wages_entry entry ON entry.id = posting.entry_id AND entry.kind <> 'period'
JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.kind = 'worker_earned'
WHERE entry.pay_period_id = %s
"""
_RESERVATIONS = """
SELECT account.project_id, sum(posting.amount_micro)::bigint FROM wages_posting posting
JOIN wages_ledgeraccount account ON account.id = posting.account_id
WHERE account.kind IN ('reservation', 'funder_receivable') GROUP BY 1
"""


def bad_slice() -> str | None:
    """Return the first closed period whose leaves lack one, miss its root, or hold other money than its postings."""
    for period in Period.objects.filter(closed_at__isnull=False, retired=None).order_by("id"):
        named = f"period {period.pk} ({period.label})"
        if missing := _rows(_MISSING, period.pk):
            return f"{named}: leaf {missing[0][0]} is missing"
        size, frozen = _rows(_FROZEN, period.pk)[0]
        if freezing.root(leaf_hashes(period.pk, size)) != period.root:
            return f"{named}: its leaves do not have the root {period.root}"
        posted = _rows(_POSTED, period.pk)[0][0]
        if frozen != posted:
            return f"{named}: its leaves hold {frozen} micro-units, its postings {posted}"
    return None


def bad_reservation() -> str | None:
    """Return the first project whose reservation, as offers read it, is not the sum of its postings."""
    posted: dict[UUID, int] = dict(_rows(_RESERVATIONS))
    for project_id in PaidProject.objects.order_by("id").values_list("id", flat=True):
        if posted.get(project_id, 0) != (left := left_micro(project_id)):
            return (
                f"project {project_id}: {left} micro-units left, its postings say {posted.get(project_id, 0)}"
            )
    return None


def _rows(sql: str, *values: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
