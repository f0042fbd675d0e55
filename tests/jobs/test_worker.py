"""The worker runs a handler, keeps the lease, and writes the end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from byhand.accounts.models import User
from byhand.errors import Invalid
from byhand.jobs import registry, services, worker
from byhand.jobs.models import Job
from byhand.jobs.worker import JobContext


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Register a function as the handler of "test.echo" for this test."""
    monkeypatch.setattr(registry, "_handlers", {})
    yield lambda function: registry.handler("test.echo")(function)


@pytest.fixture
def quiet_lease(settings: Any) -> None:
    """No heartbeat during the test: its thread would not see the test's transaction."""
    settings.JOB_LEASE_SECONDS = 3600


pytestmark = pytest.mark.usefixtures("quiet_lease")


def test_it_works(job: Job, handle: Any) -> None:
    def echo(context: JobContext) -> dict[str, Any]:
        context.progress(1, 1, "done")
        context.event("metrics", {"loss": 0.5})
        assert context.run_dir.stat().st_mode & 0o777 == 0o700
        return {"n": context.payload["n"], "attempt": context.attempt}

    handle(echo)
    assert worker.run(job.pk) == "succeeded"
    job.refresh_from_db()
    assert (job.result, job.done, job.total, job.message) == ({"n": 1, "attempt": 1}, 1, 1, "done")
    assert [kind for (kind,) in job.events.order_by("pk").values_list("kind")] == [
        "state",
        "metrics",
        "state",
    ]


def test_a_second_ring_finds_nothing_to_do(job: Job, handle: Any) -> None:
    handle(lambda context: {})
    worker.run(job.pk)
    assert worker.run(job.pk) == "not claimed"


def test_a_domain_error_fails_the_job_with_every_problem(job: Job, handle: Any) -> None:
    def refuse(context: JobContext) -> dict[str, Any]:
        raise Invalid("The file can't be used.", ["line 3: no prompt"])

    handle(refuse)
    assert worker.run(job.pk) == "failed"
    job.refresh_from_db()
    assert (job.error, job.attempt) == ("The file can't be used.\n- line 3: no prompt", 1)


def test_another_error_is_tried_again_until_the_cap(job: Job, handle: Any) -> None:
    def crash(context: JobContext) -> dict[str, Any]:
        raise OSError("no space left")

    handle(crash)
    assert [worker.run(job.pk) for _ in range(4)] == ["queued", "queued", "failed", "not claimed"]
    assert Job.objects.get(pk=job.pk).error == "OSError: no space left"


def test_a_kind_without_handler_fails_clearly(job: Job, handle: Any) -> None:
    assert worker.run(job.pk) == "failed"
    assert Job.objects.get(pk=job.pk).error == "No installed app has a handler for jobs of kind 'test.echo'."


def test_a_cancelled_job_stops_at_its_next_check(job: Job, handle: Any, engineer: User) -> None:
    def long(context: JobContext) -> dict[str, Any]:
        services.request_cancel(actor=engineer, job=job)
        context.renew()
        context.check()
        return {"reached": True}

    handle(long)
    assert worker.run(job.pk) == "cancelled"
    assert Job.objects.get(pk=job.pk).result == {}


def test_a_worker_that_lost_its_lease_writes_nothing(job: Job, handle: Any) -> None:
    def slow(context: JobContext) -> dict[str, Any]:
        Job.objects.filter(pk=job.pk).update(fence=99)  # a second worker took over
        return {"late": True}

    handle(slow)
    assert worker.run(job.pk) == "fenced"
    job.refresh_from_db()
    assert (job.result, job.state, job.fence) == ({}, "running", 99)


def test_a_kind_has_one_handler(handle: Any) -> None:
    def other(context: JobContext) -> dict[str, Any]:
        return {}

    handle(lambda context: {})
    with pytest.raises(ValueError, match="two handlers"):
        handle(other)
