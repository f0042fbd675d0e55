"""Whoever lost the lease writes nothing more: not progress, not events, not a result."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from byhand.jobs import services
from byhand.jobs.errors import Fenced
from byhand.jobs.models import Job
from tests.jobs.support import NOON, claimed, row

WRITES: dict[str, Callable[[Job, int], object]] = {
    "heartbeat": lambda job, fence: services.heartbeat(job_id=job.pk, fence=fence),
    "progress": lambda job, fence: services.progress(job_id=job.pk, fence=fence, done=9, total=9),
    "event": lambda job, fence: services.event(job_id=job.pk, fence=fence, kind="metrics", data={}),
    "finish": lambda job, fence: services.finish(job_id=job.pk, fence=fence, result={"late": True}),
    "fail": lambda job, fence: services.fail(job_id=job.pk, fence=fence, error="late", retry=True),
    "stop": lambda job, fence: services.stop(job_id=job.pk, fence=fence),
}


@pytest.mark.parametrize("write", WRITES)
def test_the_old_fence_is_refused(job: Job, write: str) -> None:
    old = claimed(job)
    claimed(job, at=NOON + timedelta(hours=1))
    before, events = row(job), job.events.count()
    with pytest.raises(Fenced):
        WRITES[write](job, old)
    assert (row(job), job.events.count()) == (before, events)


@pytest.mark.parametrize("write", WRITES)
def test_nothing_is_written_after_the_end(job: Job, write: str) -> None:
    fence = claimed(job)
    services.finish(job_id=job.pk, fence=fence, result={"n": 1}, at=NOON)
    before, events = row(job), job.events.count()
    with pytest.raises(Fenced):
        WRITES[write](job, fence)
    assert (row(job), job.events.count()) == (before, events)


def test_a_heartbeat_renews_the_lease(job: Job, settings: object) -> None:
    settings.JOB_LEASE_SECONDS = 20  # type: ignore[attr-defined]
    fence = claimed(job)
    assert services.heartbeat(job_id=job.pk, fence=fence, at=NOON + timedelta(seconds=10)) is False
    job.refresh_from_db()
    assert job.lease_until == NOON + timedelta(seconds=30)


def test_a_fenced_block_rolls_back_as_one(job: Job) -> None:
    fence = claimed(job)
    with pytest.raises(RuntimeError), services.fenced(job_id=job.pk, fence=fence) as held:
        held.message = "half"
        held.save()
        raise RuntimeError
    assert Job.objects.get(pk=job.pk).message == ""
