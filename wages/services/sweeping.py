"""The sweep: closes what has gone silent, and asks where nobody has acted for hours. A return comes to the same."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from wages.models import WorkerClock
from wages.rules import ANSWER_WITHIN, ASK_ANYWAY, LONGEST_GAP
from wages.services.acts import ask_anyway, close_silence
from wages.services.locking import lock
from wages.services.projects import database_now
from wages.work import Category


def sweep(at: datetime | None = None) -> int:
    """Close every stretch whose session has ended without an act, and ask where nobody acted for hours.

    Returns how many it closed. Harmless to run twice.
    """
    now = at or database_now()
    due = WorkerClock.objects.exclude(category__in=["", Category.BREAK, Category.UNKNOWN]).filter(
        Q(seen_at__lt=now - LONGEST_GAP)
        | Q(asked_at__lte=now - ANSWER_WITHIN)
        | Q(asked_at__isnull=True, since__lte=now - ASK_ANYWAY)
    )
    return sum(_sweep_one(worker_id, at) for worker_id in due.values_list("worker_id", flat=True))


@transaction.atomic
def _sweep_one(worker_id: int, at: datetime | None) -> bool:
    clock = lock(worker_id, at)
    closed = close_silence(clock)
    ask_anyway(clock)
    return closed
