"""Invariant: a job whose worker is killed is done once, by another attempt, and never for ever."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from tests.faults.support import KINDS, let_go, start, started, wait_started, wait_state
from tests.fixtures_processes import CeleryWorker

pytestmark = pytest.mark.broker
Workers = Callable[..., CeleryWorker]


def test_nothing_killed_the_job_is_done_at_the_first_attempt(celery_worker: Workers) -> None:
    celery_worker(include=KINDS)
    job = wait_state(start("quick"), "succeeded", sweeping=False)
    assert (job.attempt, job.result) == (1, {"fence": 1})


def test_a_killed_pool_process_is_followed_by_a_second_attempt(celery_worker: Workers) -> None:
    celery_worker(include=KINDS, lease_seconds=2)
    job = start("held")
    os.kill(wait_started(job, 1), signal.SIGKILL)
    wait_state(job, "queued")
    wait_started(job, 2)
    let_go(job)
    wait_state(job, "succeeded")
    assert (job.attempt, job.result, started(job)) == (2, {"fence": 2}, ["1", "2"])


def test_a_killed_worker_is_followed_by_another_one(celery_worker: Workers) -> None:
    first = celery_worker(include=KINDS, lease_seconds=2)
    job = start("held")
    wait_started(job, 1)
    first.kill()
    celery_worker(include=KINDS, lease_seconds=2)
    wait_state(job, "queued")
    wait_started(job, 2)
    let_go(job)
    wait_state(job, "succeeded")
    assert (job.attempt, job.result) == (2, {"fence": 2})


def test_a_job_that_kills_its_worker_is_given_up_after_the_cap(celery_worker: Workers) -> None:
    celery_worker(include=KINDS, lease_seconds=1)
    job = start("dies", max_attempts=2)
    wait_state(job, "failed")
    assert (job.attempt, started(job)) == (2, ["1", "2"])
    assert "stopped answering in attempt 2 of 2" in job.error
