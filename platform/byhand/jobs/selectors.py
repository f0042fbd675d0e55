"""Reads of jobs for pages and streams. Each takes the actor, and a job of others does not exist for them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from byhand.accounts.models import User
from byhand.jobs import policy
from byhand.jobs.errors import NoSuchJob
from byhand.jobs.models import ENDED, Job, JobEvent

PAGE = 500


def job_for(actor: User, job_id: UUID) -> Job:
    """Return a job that `actor` may follow; NoSuchJob otherwise, whether it exists or not."""
    job = policy.visible_jobs(actor).filter(pk=job_id).first()
    if job is None:
        raise NoSuchJob("There is no such job, or you may not see it.")
    return job


def snapshot(job: Job) -> dict[str, Any]:
    """Return what a live page shows of a job, as JSON."""
    return {
        "id": str(job.pk),
        "kind": job.kind,
        "state": job.state,
        "attempt": job.attempt,
        "max_attempts": job.max_attempts,
        "done": job.done,
        "total": job.total,
        "message": job.message,
        "error": job.error,
        "cancel_requested": job.cancel_requested,
    }


def feed(job_id: UUID, after: int) -> dict[str, Any]:
    """Return the job as it is and its next events after id `after`; `ended` once nothing more can come.

    The job is read before its events: what is written between the two reads is shown, never skipped.
    """
    job = Job.objects.get(pk=job_id)
    events = list(JobEvent.objects.filter(job_id=job_id, pk__gt=after).order_by("pk")[:PAGE])
    return {
        "job": snapshot(job),
        "events": [
            {"id": event.pk, "kind": event.kind, "at": event.at.isoformat(), "data": event.data}
            for event in events
        ],
        "ended": job.state in ENDED and len(events) < PAGE,
    }
