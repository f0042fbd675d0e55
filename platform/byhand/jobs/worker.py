"""Runs one job: claims it, keeps its lease alive in a thread, calls the handler, writes the end.

Knows nothing of Celery. A handler gets a `JobContext` and may write only through its fence.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections, connections

from byhand.errors import DomainError
from byhand.jobs import registry, services
from byhand.jobs.errors import Cancelled, Fenced
from byhand.jobs.models import Job, JobEvent

log = logging.getLogger(__name__)
_PROGRESS_EVERY_SECONDS = 0.2


class JobContext:
    """What a handler knows of its job, and the only way it reports."""

    def __init__(self, job: Job) -> None:
        self.job_id: UUID = job.pk
        self.fence: int = job.fence
        self.attempt: int = job.attempt
        self.payload: dict[str, Any] = job.payload
        self.organisation_id: UUID | None = job.organisation_id
        self._cancelled = threading.Event()
        self._lost = threading.Event()
        self._reported_at = 0.0

    @property
    def run_dir(self) -> Path:
        """The job's own folder, the same for every attempt, readable by this user alone."""
        folder = Path(settings.RUN_ROOT) / str(self.job_id)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def progress(self, done: int, total: int, message: str = "") -> None:
        """Report how far the job is; calls in quick succession are thinned out, the last one never is."""
        now = time.monotonic()
        if done < total and now - self._reported_at < _PROGRESS_EVERY_SECONDS:
            return
        self._reported_at = now
        services.progress(job_id=self.job_id, fence=self.fence, done=done, total=total, message=message)

    def event(self, kind: str, data: dict[str, Any]) -> JobEvent:
        return services.event(job_id=self.job_id, fence=self.fence, kind=kind, data=data)

    def fenced(self) -> AbstractContextManager[Job]:
        """Open a transaction in which this worker holds the job; raises Fenced when it was lost."""
        return services.fenced(job_id=self.job_id, fence=self.fence)

    def cancelled(self) -> bool:
        """Whether somebody asked this job to stop, as of the last heartbeat."""
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raise Fenced or Cancelled when the work should stop. Cheap: asks no database."""
        if self._lost.is_set():
            raise Fenced
        if self._cancelled.is_set():
            raise Cancelled

    def renew(self) -> None:
        """Renew the lease once and note what came back."""
        try:
            if services.heartbeat(job_id=self.job_id, fence=self.fence):
                self._cancelled.set()
        except Fenced:
            self._lost.set()


@contextmanager
def _lease_kept(context: JobContext) -> Iterator[None]:
    """Renew the lease in a thread, four times per lease, until the block ends."""
    ended = threading.Event()

    def keep() -> None:
        try:
            while not ended.wait(min(settings.JOB_LEASE_SECONDS / 4, 2.0)) and not context._lost.is_set():
                try:
                    context.renew()
                except DatabaseError as error:
                    log.warning("heartbeat of job %s failed: %s", context.job_id, type(error).__name__)
                    close_old_connections()
        finally:
            connections.close_all()

    thread = threading.Thread(target=keep, name=f"lease {context.job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def run(job_id: UUID) -> str:
    """Run the job if it can be claimed. Returns its state afterwards, or "not claimed" or "fenced"."""
    claim = services.claim(job_id=job_id, worker=worker_name())
    if claim is None:
        return "not claimed"
    context = JobContext(Job.objects.get(pk=job_id, fence=claim.fence))
    try:
        with _lease_kept(context):
            return _attempt(context)
    except Fenced:
        log.warning("job %s was taken over by another worker; nothing more is written for it", job_id)
        return "fenced"


def _attempt(context: JobContext) -> str:
    job_id, fence = context.job_id, context.fence
    try:
        handler = registry.find(Job.objects.values_list("kind", flat=True).get(pk=job_id))
        result = handler(context)
    except Fenced:
        raise
    except Cancelled:
        services.stop(job_id=job_id, fence=fence)
        return "cancelled"
    except DomainError as error:
        return services.fail(job_id=job_id, fence=fence, error=_in_words(error), retry=False)
    except Exception as error:
        log.exception("job %s failed in attempt %s", job_id, context.attempt)
        return services.fail(
            job_id=job_id,
            fence=fence,
            error="".join(traceback.format_exception_only(error)).strip(),
            retry=True,
        )
    services.finish(job_id=job_id, fence=fence, result=result or {})
    return "succeeded"


def _in_words(error: DomainError) -> str:
    problems = error.details.get("problems") or []
    return "\n".join([error.message, *(f"- {problem}" for problem in problems)])
