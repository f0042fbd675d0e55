"""Puts back what workers no longer hold, and rings for what waits. The only redelivery there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from byhand.jobs import bell
from byhand.jobs.models import Job, JobState
from byhand.jobs.transitions import end, requeue


@dataclass(frozen=True)
class Swept:
    requeued: int
    failed: int
    cancelled: int
    rung: int


def sweep(*, at: datetime | None = None) -> Swept:
    """Put back what dead workers held, and ring for what waits. Runs every few seconds and beside itself."""
    counts = {"requeued": 0, "failed": 0, "cancelled": 0}
    now = at or timezone.now()
    with transaction.atomic():
        lost = Job.objects.select_for_update(skip_locked=True).filter(
            state=JobState.RUNNING, lease_until__lt=now
        )
        for job in lost.order_by("created_at"):
            counts[_put_back(job, at)] += 1
    return Swept(**counts, rung=_ring_waiting(now))


def _put_back(job: Job, at: datetime | None) -> str:
    if job.cancel_requested:
        end(job, JobState.CANCELLED, at)
        return "cancelled"
    job.error = f"The worker {job.worker} stopped answering in attempt {job.attempt} of {job.max_attempts}."
    if job.attempt >= job.max_attempts:
        end(job, JobState.FAILED, at)
        return "failed"
    requeue(job)
    return "requeued"


# A bell is rung again after 15 s, then ever more slowly, so that a long queue does not fill the broker.
_UNHEARD = """
UPDATE jobs_job SET rung_at = %(now)s WHERE id IN (
    SELECT id FROM jobs_job WHERE state = 'queued' AND (rung_at IS NULL OR %(now)s - rung_at >=
        LEAST(GREATEST(rung_at - created_at, interval '15 seconds'), interval '2 minutes'))
    ORDER BY created_at LIMIT 500 FOR UPDATE SKIP LOCKED)
RETURNING id, queue
"""


def _ring_waiting(now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_UNHEARD, {"now": now})
        waiting = cursor.fetchall()
    for position, (job_id, queue) in enumerate(waiting):
        if not bell.ring(job_id, queue):  # the broker is away: leave the rest for the next sweep
            Job.objects.filter(pk__in=[row[0] for row in waiting[position:]]).update(rung_at=None)
            return position
    return len(waiting)


def hand_back(*, host: str, alive: Callable[[int], bool]) -> int:
    """Queue again what stopped workers of this machine held, with their attempt given back; return how many.

    For a platform that is stopped on purpose: stopping it is no failure of the job.
    """
    with transaction.atomic():
        held = Job.objects.select_for_update(skip_locked=True).filter(
            state=JobState.RUNNING, worker__startswith=f"{host}:"
        )
        stopped = [job for job in held if not alive(int(job.worker.rpartition(":")[2]))]
        for job in stopped:
            job.attempt -= 1
            job.error = "The platform was stopped; the job goes on when it runs again."
            requeue(job)
    return len(stopped)
