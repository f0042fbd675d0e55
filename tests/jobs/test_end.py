"""How a job ends: done, failed, tried again, cancelled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from byhand.accounts.models import User
from byhand.audit.models import AuditEvent
from byhand.errors import NotAllowed
from byhand.jobs import services
from byhand.jobs.models import Job
from tests.jobs.support import NOON, claimed, row


def test_a_result_is_kept(job: Job) -> None:
    services.finish(job_id=job.pk, fence=claimed(job), result={"n": 2}, at=NOON)
    job.refresh_from_db()
    assert (job.state, job.result, job.finished_at, job.lease_until) == ("succeeded", {"n": 2}, NOON, None)


def test_a_failure_that_may_pass_queues_the_job_again(job: Job) -> None:
    assert services.fail(job_id=job.pk, fence=claimed(job), error="disk", retry=True) == "queued"
    job.refresh_from_db()
    assert (job.error, job.rung_at, job.finished_at) == ("disk", None, None)


def test_a_refusal_is_final_at_once(job: Job) -> None:
    assert (
        services.fail(job_id=job.pk, fence=claimed(job), error="bad input", retry=False, at=NOON) == "failed"
    )
    job.refresh_from_db()
    assert (job.attempt, job.error, job.finished_at) == (1, "bad input", NOON)


def test_the_last_attempt_that_fails_ends_the_job(job: Job) -> None:
    ends = [
        services.fail(job_id=job.pk, fence=claimed(job, NOON + timedelta(hours=n)), error="x", retry=True)
        for n in range(3)
    ]
    assert ends == ["queued", "queued", "failed"]


def test_a_waiting_job_is_cancelled_at_once(job: Job, engineer: User) -> None:
    services.request_cancel(actor=engineer, job=job, at=NOON)
    job.refresh_from_db()
    assert (job.state, job.finished_at) == ("cancelled", NOON)
    assert services.claim(job_id=job.pk, worker="w") is None
    assert AuditEvent.objects.filter(action="job.cancel", actor_id=engineer.pk).count() == 1


def test_a_running_job_is_asked_by_its_next_heartbeat(job: Job, engineer: User) -> None:
    fence = claimed(job)
    services.request_cancel(actor=engineer, job=job)
    assert services.heartbeat(job_id=job.pk, fence=fence) is True
    services.stop(job_id=job.pk, fence=fence, at=NOON)
    assert Job.objects.get(pk=job.pk).state == "cancelled"


def test_asking_twice_changes_nothing(job: Job, engineer: User) -> None:
    claimed(job)
    services.request_cancel(actor=engineer, job=job)
    before, events = row(job), job.events.count()
    services.request_cancel(actor=engineer, job=job)
    assert (row(job), job.events.count()) == (before, events)


def test_a_stranger_may_not_cancel(job: Job, stranger: User) -> None:
    before = row(job)
    with pytest.raises(NotAllowed):
        services.request_cancel(actor=stranger, job=job)
    assert row(job) == before
    assert AuditEvent.objects.filter(action="job.cancel").count() == 0
