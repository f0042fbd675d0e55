"""Kinds of jobs that the fault tests start in real workers (`celery_worker(include=...)`).

Each attempt leaves a file in the job's folder, so that a test can see from outside what ran. A test lets an
attempt go on by making the file `go` there.
"""

from __future__ import annotations

import os
import time
from typing import Any

from byhand.jobs.registry import handler
from byhand.jobs.worker import JobContext


def _leave(context: JobContext, name: str) -> None:
    (context.run_dir / f"{name}.{context.fence}").write_text(str(os.getpid()), encoding="ascii")


@handler("faults.quick")
def quick(context: JobContext) -> dict[str, Any]:
    _leave(context, "started")
    return {"fence": context.fence}


@handler("faults.held")
def held(context: JobContext) -> dict[str, Any]:
    """Wait for the test's `go`, then write a result; stop early when told to."""
    _leave(context, "started")
    while not (context.run_dir / "go").exists():
        context.check()
        time.sleep(0.05)
    return {"fence": context.fence}


@handler("faults.stubborn")
def stubborn(context: JobContext) -> dict[str, Any]:
    """Never ask whether the lease is still held, like a handler frozen in the middle of a write."""
    _leave(context, "started")
    while not (context.run_dir / "go").exists():
        time.sleep(0.05)
    try:
        context.event("late", {"fence": context.fence})
    finally:
        _leave(context, "ended")
    return {"fence": context.fence}


@handler("faults.dies")
def dies(context: JobContext) -> dict[str, Any]:
    """Take the pool's process down without a word, every time."""
    _leave(context, "started")
    os._exit(9)
