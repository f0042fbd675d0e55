"""What several tests of jobs say in one line."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from byhand.jobs import services
from byhand.jobs.models import Job

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def claimed(job: Job, at: datetime = NOON) -> int:
    """Claim the job and return the fence."""
    claim = services.claim(job_id=job.pk, worker="tester", at=at)
    assert claim is not None
    return claim.fence


def state(job_id: UUID) -> str:
    return Job.objects.get(pk=job_id).state


def row(job: Job) -> dict[str, object]:
    """Return every column of the job as it is in the database now."""
    return dict(Job.objects.values().get(pk=job.pk))
