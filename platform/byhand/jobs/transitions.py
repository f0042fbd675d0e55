"""The steps between a job's states, for `services` and `sweeper`. The caller has the job's row locked."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from byhand.jobs.models import Job, JobEvent, JobState

CHANNEL = "byhand_jobs"


def requeue(job: Job) -> None:
    """Back into the queue; the sweeper rings, which leaves a short pause before the next attempt."""
    job.state, job.lease_until, job.rung_at = JobState.QUEUED, None, None
    job.save(update_fields=["state", "lease_until", "rung_at", "attempt", "error"])
    tell(job, "state", {"state": job.state, "error": job.error})


def end(job: Job, state: JobState, at: datetime | None) -> None:
    job.state, job.lease_until, job.finished_at = state, None, at or timezone.now()
    job.save(update_fields=["state", "lease_until", "finished_at", "result", "error"])
    tell(job, "state", {"state": job.state, "error": job.error})


def tell(job: Job, kind: str, data: dict[str, Any]) -> JobEvent:
    """Append an event, notify on commit. The caller has the job's row locked: events commit in id order."""
    told = JobEvent.objects.create(job=job, kind=kind, data=data)
    notify(job.pk)
    return told


def notify(job_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(job_id)])
