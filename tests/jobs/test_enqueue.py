"""A job is inserted in the caller's transaction and the bell rings on commit."""

from __future__ import annotations

import pytest
from django.db import transaction

from byhand.jobs import services
from byhand.jobs.models import Job


def test_it_works(job: Job) -> None:
    assert (job.state, job.attempt, job.fence, job.payload) == ("queued", 0, 0, {"n": 1})


@pytest.mark.django_db
def test_the_same_dedupe_key_returns_the_first_job() -> None:
    first = services.enqueue(kind="test.echo", payload={"n": 1}, dedupe_key="once")
    second = services.enqueue(kind="test.echo", payload={"n": 2}, dedupe_key="once")
    assert second.pk == first.pk
    assert Job.objects.get().payload == {"n": 1}


@pytest.mark.django_db
def test_a_rolled_back_transaction_leaves_no_job() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        services.enqueue(kind="test.echo", payload={})
        raise RuntimeError
    assert Job.objects.count() == 0


def test_a_broker_that_is_away_never_fails_the_caller(own_database: str, settings: object) -> None:
    settings.CELERY_BROKER_URL = "redis+socket:///nowhere/broker.sock"  # type: ignore[attr-defined]
    job = services.enqueue(kind="test.echo", payload={})
    assert Job.objects.get(pk=job.pk).rung_at is None  # so the sweeper rings


@pytest.mark.broker
def test_the_bell_rings_on_commit_and_not_before(own_database: str, broker: object) -> None:
    with broker.client() as queue:  # type: ignore[attr-defined]
        with transaction.atomic():
            job = services.enqueue(kind="test.echo", payload={})
            assert queue.llen("default") == 0
        assert queue.llen("default") == 1
    assert Job.objects.get(pk=job.pk).rung_at is not None
