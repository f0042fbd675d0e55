"""The sweeper puts back what dead workers held and rings for what waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from byhand.accounts.models import User
from byhand.jobs import bell, services, sweeper
from byhand.jobs.models import Job
from tests.jobs.support import NOON, claimed, row

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Hear what is rung, instead of a broker (which `tests/faults` has)."""
    heard: list[str] = []
    monkeypatch.setattr(bell, "ring", _ear(heard, answer=True))
    return heard


def _ear(heard: list[str], *, answer: bool) -> Callable[[UUID, str], bool]:
    def ring(job_id: UUID, queue: str) -> bool:
        heard.append(str(job_id))
        return answer

    return ring


def test_a_job_of_a_dead_worker_is_queued_and_rung(job: Job, rings: list[str]) -> None:
    claimed(job)
    assert services.sweep(at=LATER) == services.Swept(requeued=1, failed=0, cancelled=0, rung=1)
    job.refresh_from_db()
    assert (job.state, job.lease_until, rings) == ("queued", None, [str(job.pk)])
    assert job.error == "The worker tester stopped answering in attempt 1 of 3."


def test_a_job_whose_lease_holds_is_left_alone(job: Job, rings: list[str]) -> None:
    claimed(job)
    before = row(job)
    assert services.sweep(at=NOON) == services.Swept(requeued=0, failed=0, cancelled=0, rung=0)
    assert row(job) == before


def test_after_the_last_attempt_the_job_fails(job: Job, rings: list[str]) -> None:
    for hour in range(3):
        claimed(job, NOON + timedelta(hours=hour))
    assert services.sweep(at=NOON + timedelta(hours=4)).failed == 1
    job.refresh_from_db()
    assert (job.state, job.attempt, rings) == ("failed", 3, [])


def test_a_cancelled_job_of_a_dead_worker_ends_cancelled(job: Job, engineer: User, rings: list[str]) -> None:
    claimed(job)
    services.request_cancel(actor=engineer, job=job)
    assert services.sweep(at=LATER).cancelled == 1
    assert Job.objects.get(pk=job.pk).state == "cancelled"


def test_a_waiting_job_is_rung_at_growing_distances(job: Job, rings: list[str]) -> None:
    Job.objects.filter(pk=job.pk).update(created_at=NOON)
    seconds = [s for s in range(0, 240, 5) if services.sweep(at=NOON + timedelta(seconds=s)).rung]
    assert seconds == [0, 15, 30, 60, 120]


def test_a_deaf_broker_leaves_every_job_to_the_next_sweep(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(bell, "ring", _ear(asked, answer=False))
    services.enqueue(kind="test.echo", payload={})
    assert services.sweep(at=LATER).rung == 0
    assert len(asked) == 1  # one timeout a sweep, not one a job
    assert set(Job.objects.values_list("rung_at", flat=True)) == {None}


def test_a_stopped_platform_hands_its_job_back_with_the_attempt(job: Job) -> None:
    fence = claimed(job)
    Job.objects.filter(pk=job.pk).update(worker="here:41")
    assert sweeper.hand_back(host="here", alive=lambda pid: False) == 1
    job.refresh_from_db()
    assert (job.state, job.attempt, job.fence, job.lease_until) == ("queued", 0, fence, None)


def test_jobs_of_living_workers_and_of_other_machines_stay(job: Job) -> None:
    claimed(job)
    Job.objects.filter(pk=job.pk).update(worker="here:41")
    before = row(job)
    assert sweeper.hand_back(host="here", alive=lambda pid: pid == 41) == 0
    assert sweeper.hand_back(host="there", alive=lambda pid: False) == 0
    assert row(job) == before
