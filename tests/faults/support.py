"""What the fault tests of jobs share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings

from byhand.jobs import services
from byhand.jobs.models import Job
from tests.fixtures_processes import eventually

KINDS = "tests.faults.job_kinds"


def start(kind: str, **more: Any) -> Job:
    return services.enqueue(kind=f"faults.{kind}", payload={}, **more)


def folder(job: Job) -> Path:
    return Path(settings.RUN_ROOT) / str(job.pk)


def started(job: Job) -> list[str]:
    """Return which attempts began, by fence, oldest first."""
    return sorted(path.suffix.lstrip(".") for path in folder(job).glob("started.*"))


def let_go(job: Job) -> None:
    (folder(job) / "go").touch()


def wait_started(job: Job, fence: int) -> int:
    """Wait until the attempt with this fence runs; return the pid it runs in."""
    file = folder(job) / f"started.{fence}"
    eventually(lambda: file.exists() and file.read_text(encoding="ascii"), f"attempt {fence} of {job}")
    return int(file.read_text(encoding="ascii"))


def wait_state(job: Job, state: str, *, sweeping: bool = True) -> Job:
    """Wait for a state, sweeping as beat does (`sweep` is what beat calls; the wait is the test's own)."""

    def reached() -> bool:
        if sweeping:
            services.sweep()
        job.refresh_from_db()
        return job.state == state

    eventually(reached, f"{job} to be {state}")
    return job
