"""Two workers hear the same bell at once: one of them gets the job."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection, transaction

from byhand.jobs import services
from byhand.jobs.models import Job, JobState

CLAIMERS = 8
ROUNDS = 10


def _at_once(job: Job, attempt: object) -> int:
    """Run `attempt(job, barrier)` in every claimer at once; return how many got the job."""
    barrier = threading.Barrier(CLAIMERS, timeout=20)

    def one() -> bool:
        try:
            return bool(attempt(job, barrier))  # type: ignore[operator]
        finally:
            connection.close()

    with ThreadPoolExecutor(CLAIMERS) as pool:
        return sum(pool.map(lambda _: one(), range(CLAIMERS)))


def _claim(job: Job, barrier: threading.Barrier) -> bool:
    barrier.wait()
    return services.claim(job_id=job.pk, worker="w") is not None


def _claim_without_lock(job: Job, barrier: threading.Barrier) -> bool:
    """What the claim would be if it read first and wrote afterwards."""
    with transaction.atomic():
        free = Job.objects.get(pk=job.pk).state == JobState.QUEUED
        barrier.wait()
        if free:
            Job.objects.filter(pk=job.pk).update(message="mine")
        return free


def test_one_of_eight_claimers_gets_the_job(own_database: str) -> None:
    for _ in range(ROUNDS):
        job = services.enqueue(kind="test.echo", payload={})
        assert _at_once(job, _claim) == 1
        job.refresh_from_db()
        assert (job.attempt, job.fence) == (1, 1)


def test_without_the_lock_every_claimer_would_get_it(own_database: str) -> None:
    job = services.enqueue(kind="test.echo", payload={})
    assert _at_once(job, _claim_without_lock) == CLAIMERS


def test_the_same_dedupe_key_from_many_at_once_makes_one_job(own_database: str) -> None:
    def ask(job: Job, barrier: threading.Barrier) -> bool:
        barrier.wait()
        return services.enqueue(kind="test.echo", payload={}, dedupe_key="once").pk is not None

    assert _at_once(Job(), ask) == CLAIMERS
    assert Job.objects.filter(dedupe_key="once").count() == 1
