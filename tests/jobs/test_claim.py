"""A claim gives the lease and a new fence to one worker."""

from __future__ import annotations

from datetime import timedelta

from byhand.jobs import services
from byhand.jobs.models import Job
from tests.jobs.support import NOON, claimed, row


def test_it_works(job: Job, settings: object) -> None:
    settings.JOB_LEASE_SECONDS = 20  # type: ignore[attr-defined]
    claim = services.claim(job_id=job.pk, worker="w1", at=NOON)
    assert claim == services.Claim(job_id=job.pk, fence=1)
    job.refresh_from_db()
    assert (job.state, job.attempt, job.worker) == ("running", 1, "w1")
    assert job.lease_until == NOON + timedelta(seconds=20)
    assert list(job.events.values_list("kind", "data")) == [("state", {"state": "running", "attempt": 1})]


def test_a_running_job_is_not_claimed_again(job: Job) -> None:
    claimed(job)
    before = row(job)
    assert services.claim(job_id=job.pk, worker="w2", at=NOON + timedelta(seconds=1)) is None
    assert row(job) == before


def test_a_job_whose_lease_ran_out_is_claimed_with_the_next_fence(job: Job) -> None:
    assert claimed(job) == 1
    assert claimed(job, at=NOON + timedelta(hours=1)) == 2


def test_a_job_without_attempts_left_is_not_claimed(job: Job) -> None:
    for hour in range(3):
        claimed(job, at=NOON + timedelta(hours=hour))
    before = row(job)
    assert services.claim(job_id=job.pk, worker="w", at=NOON + timedelta(hours=9)) is None
    assert row(job) == before


def test_a_finished_job_is_not_claimed(job: Job) -> None:
    services.finish(job_id=job.pk, fence=claimed(job), result={}, at=NOON)
    before = row(job)
    assert services.claim(job_id=job.pk, worker="w", at=NOON + timedelta(hours=9)) is None
    assert row(job) == before
