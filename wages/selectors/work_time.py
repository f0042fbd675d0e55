"""How long a piece of work was worked on, as `wages` was told and paid it. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from wages.work import Category, WorkKind

# Intervals of one worker never overlap, so that their sum is the union of the time.
_TASK_MS = """
SELECT interval.work_id, sum(interval.ms)::bigint
FROM unnest(%(workers)s::bigint[], %(works)s::text[]) AS wanted (worker_id, work_id)
JOIN wages_interval interval ON interval.worker_id = wanted.worker_id AND interval.work_kind = %(kind)s
    AND interval.work_id = wanted.work_id AND interval.category = %(category)s
    AND interval.rate_card_id IS NOT NULL
GROUP BY interval.work_id
"""


def paid_task_ms(works: Sequence[tuple[int, str]], kind: WorkKind = WorkKind.RANK) -> dict[str, int]:
    """Return the paid task time of each (worker id, work id), by work id; work without any is left out."""
    values: dict[str, Any] = {
        "workers": [worker for worker, _work in works],
        "works": [work for _worker, work in works],
        "kind": kind.value,
        "category": Category.TASK.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TASK_MS, values)
        return dict(cursor.fetchall())
