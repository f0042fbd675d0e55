"""Invariant: a worker that was frozen past its lease writes nothing when it wakes up."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import datetime

import pytest

from byhand.jobs import services
from byhand.jobs.models import Job
from tests.faults.support import KINDS, folder, let_go, start, started, wait_started, wait_state
from tests.fixtures_processes import CeleryWorker, eventually

pytestmark = pytest.mark.broker
Workers = Callable[..., CeleryWorker]


def test_the_late_write_of_a_frozen_worker_is_refused(celery_worker: Workers) -> None:
    frozen = celery_worker(include=KINDS, lease_seconds=2)
    job = start("stubborn")
    wait_started(job, 1)
    frozen.signal_all(signal.SIGSTOP)
    wait_state(job, "queued")
    celery_worker(include=KINDS, lease_seconds=2)
    wait_started(job, 2)
    let_go(job)
    wait_state(job, "succeeded")
    frozen.signal_all(signal.SIGCONT)  # it now writes its event and its result, both with fence 1
    eventually((folder(job) / "ended.1").exists, "the frozen attempt to come to its end")
    job.refresh_from_db()
    assert (job.state, job.result, job.fence) == ("succeeded", {"fence": 2}, 2)
    assert [event.data for event in job.events.filter(kind="late")] == [{"fence": 2}]


def test_a_heartbeat_keeps_a_long_job_with_its_worker(celery_worker: Workers) -> None:
    """The negative control: without a freeze, a job several leases long is not taken away."""
    worker = celery_worker(include=KINDS, lease_seconds=1)
    job = start("stubborn")
    wait_started(job, 1)
    job.refresh_from_db()
    first = job.lease_until
    assert first is not None
    eventually(lambda: _renewed_past(job, first, 3), "three leases to pass")
    let_go(job)
    wait_state(job, "succeeded")
    assert (job.attempt, worker.process.poll(), started(job)) == (1, None, ["1"])


def _renewed_past(job: Job, first: datetime, seconds: int) -> bool:
    """Sweep; whether the lease was renewed for so long after it was first read."""
    assert services.sweep().requeued == 0
    job.refresh_from_db()
    assert job.lease_until is not None
    return (job.lease_until - first).total_seconds() > seconds
