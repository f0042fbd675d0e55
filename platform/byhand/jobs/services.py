"""The only writer of jobs. The row is the truth; `bell` is a hint; whoever holds the newest fence may write.

Knows nothing of what a job does. Times are the database's, so that the clocks of the workers' machines don't
matter; `at` replaces them in tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from byhand.accounts.models import Organisation, User
from byhand.audit.services import record
from byhand.jobs import bell, policy
from byhand.jobs.errors import Fenced
from byhand.jobs.models import Job, JobEvent, JobState
from byhand.jobs.sweeper import Swept as Swept
from byhand.jobs.sweeper import sweep as sweep
from byhand.jobs.transitions import end, notify, requeue, tell


@dataclass(frozen=True)
class Claim:
    """The right to work on a job until its lease runs out, and to write while `fence` is the newest."""

    job_id: UUID
    fence: int


def enqueue(
    *,
    kind: str,
    payload: dict[str, Any],
    queue: str = "default",
    organisation: Organisation | None = None,
    created_by: User | None = None,
    dedupe_key: str | None = None,
    max_attempts: int = 3,
) -> Job:
    """Insert a job in the caller's transaction; ring on commit. A known dedupe key gives the first job."""
    job = Job(
        kind=kind, payload=payload, queue=queue, organisation=organisation, created_by=created_by,
        dedupe_key=dedupe_key, max_attempts=max_attempts,
    )  # fmt: skip
    with transaction.atomic():
        Job.objects.bulk_create([job], ignore_conflicts=dedupe_key is not None)
        if dedupe_key is not None:
            job = Job.objects.get(dedupe_key=dedupe_key)
        transaction.on_commit(partial(_ring_new, job.pk, job.queue), robust=True)
    return job


def _ring_new(job_id: UUID, queue: str) -> None:
    if Job.objects.filter(pk=job_id, state=JobState.QUEUED, rung_at=None).exists() and bell.ring(
        job_id, queue
    ):
        Job.objects.filter(pk=job_id, rung_at=None).update(rung_at=timezone.now())


_CLAIM = """
WITH clock AS (SELECT COALESCE(%(at)s, clock_timestamp()) AS now),
     ready AS (
        SELECT job.id FROM jobs_job job, clock
        WHERE job.id = %(job)s AND job.attempt < job.max_attempts AND NOT job.cancel_requested
          AND (job.state = 'queued' OR (job.state = 'running' AND job.lease_until < clock.now))
        FOR UPDATE OF job SKIP LOCKED)
UPDATE jobs_job job
   SET state = 'running', fence = job.fence + 1, attempt = job.attempt + 1, worker = %(worker)s, error = '',
       lease_until = clock.now + %(lease)s, started_at = COALESCE(job.started_at, clock.now)
  FROM ready, clock WHERE job.id = ready.id
RETURNING job.fence
"""


def claim(*, job_id: UUID, worker: str, at: datetime | None = None) -> Claim | None:
    """Take a job that is queued or whose lease ran out; None when there is nothing to take."""
    values: dict[str, Any] = {"job": job_id, "worker": worker[:120], "lease": _lease(), "at": at}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_CLAIM, values)
        row = cursor.fetchone()
        if row is None:
            return None
        job = Job.objects.get(pk=job_id)
        tell(job, "state", {"state": job.state, "attempt": job.attempt})
        return Claim(job_id=job_id, fence=row[0])


def _lease() -> timedelta:
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)


def heartbeat(*, job_id: UUID, fence: int, at: datetime | None = None) -> bool:
    """Renew the lease. Returns whether somebody asked to cancel; raises Fenced when the lease was lost."""
    values: list[Any] = [at, _lease(), job_id, fence]
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE jobs_job SET lease_until = COALESCE(%s, clock_timestamp()) + %s
               WHERE id = %s AND fence = %s AND state = 'running' RETURNING cancel_requested""",
            values,
        )
        row = cursor.fetchone()
    if row is None:
        raise Fenced
    return bool(row[0])


@contextmanager
def fenced(*, job_id: UUID, fence: int) -> Iterator[Job]:
    """Open a transaction in which this fence holds and the job's row is locked; else raise Fenced."""
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=job_id, fence=fence, state=JobState.RUNNING).first()
        if job is None:
            raise Fenced
        yield job


def progress(*, job_id: UUID, fence: int, done: int, total: int, message: str = "") -> None:
    with fenced(job_id=job_id, fence=fence) as job:
        job.done, job.total, job.message = done, total, message[:300]
        job.save(update_fields=["done", "total", "message"])
        notify(job_id)


def event(*, job_id: UUID, fence: int, kind: str, data: dict[str, Any]) -> JobEvent:
    with fenced(job_id=job_id, fence=fence) as job:
        return tell(job, kind, data)


def finish(*, job_id: UUID, fence: int, result: dict[str, Any], at: datetime | None = None) -> None:
    with fenced(job_id=job_id, fence=fence) as job:
        job.result = result
        end(job, JobState.SUCCEEDED, at)


def fail(*, job_id: UUID, fence: int, error: str, retry: bool, at: datetime | None = None) -> JobState:
    """End an attempt that went wrong. With `retry` the job is queued again while it has attempts left."""
    with fenced(job_id=job_id, fence=fence) as job:
        job.error = error
        if retry and job.attempt < job.max_attempts:
            requeue(job)
        else:
            end(job, JobState.FAILED, at)
        return JobState(job.state)


def stop(*, job_id: UUID, fence: int, at: datetime | None = None) -> None:
    """End a job as cancelled, by the worker that has stopped working on it."""
    with fenced(job_id=job_id, fence=fence) as job:
        end(job, JobState.CANCELLED, at)


def request_cancel(*, actor: User, job: Job, at: datetime | None = None) -> Job:
    """Ask a job to stop: a waiting one ends at once, a running one at its next safe point."""
    policy.require_control(actor, job)
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job.pk)
        if job.state not in (JobState.QUEUED, JobState.RUNNING) or job.cancel_requested:
            return job
        job.cancel_requested = True
        job.save(update_fields=["cancel_requested"])
        record(actor_id=actor.pk, action="job.cancel", subject=f"job:{job.pk}")
        if job.state == JobState.QUEUED:
            end(job, JobState.CANCELLED, at)
        else:
            tell(job, "cancel_requested", {})
    return job
