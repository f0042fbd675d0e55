"""Invariant: a bell that was lost delays a job and never loses it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from byhand.embedded.valkey import Broker
from byhand.jobs import bell, services
from byhand.jobs.models import Job
from tests.faults.support import KINDS, start, wait_state
from tests.fixtures_processes import CeleryWorker, eventually

pytestmark = pytest.mark.broker
Workers = Callable[..., CeleryWorker]


def _answers_again(broker: Broker) -> None:
    broker.start(tied=True)
    eventually(broker.answers, "the broker")


def test_a_job_enqueued_while_the_broker_is_down_is_done_afterwards(
    celery_worker: Workers, broker: Broker
) -> None:
    broker.stop()
    job = start("quick")
    assert Job.objects.get(pk=job.pk).rung_at is None
    _answers_again(broker)
    celery_worker(include=KINDS)
    wait_state(job, "succeeded")


def test_a_wiped_broker_is_rung_again(celery_worker: Workers, broker: Broker) -> None:
    job = start("quick")
    with broker.client() as client:
        assert client.llen("default") == 1
        client.flushall()
    celery_worker(include=KINDS)
    assert services.sweep(at=timezone.now() + timedelta(seconds=16)).rung == 1
    assert wait_state(job, "succeeded", sweeping=False).attempt == 1


def test_a_worker_finds_a_broker_that_was_killed_and_came_back(
    celery_worker: Workers, broker: Broker
) -> None:
    worker = celery_worker(include=KINDS)
    broker.stop()
    job = start("quick")
    _answers_again(broker)
    wait_state(job, "succeeded")
    assert (worker.process.poll(), job.attempt) == (None, 1)


def test_many_rings_for_one_job_run_it_once(celery_worker: Workers, broker: Broker) -> None:
    job = start("quick")
    for _ in range(5):
        assert bell.ring(job.pk, "default")
    celery_worker(include=KINDS)
    wait_state(job, "succeeded", sweeping=False)

    def all_heard() -> bool:
        with broker.client() as client:
            return int(client.llen("default")) == 0

    eventually(all_heard, "every ring to be answered")
    last = wait_state(start("quick"), "succeeded", sweeping=False)  # behind the five in the same queue
    job.refresh_from_db()
    assert (job.attempt, last.attempt) == (1, 1)
