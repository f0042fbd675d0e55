"""Follows a job in a terminal, for commands with `--wait`."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from byhand.jobs.models import ENDED, Job, JobState

_POLL_SECONDS = 0.25


def follow_in_terminal(job: Job, *, label: str = "", console: Console | None = None) -> Job:
    """Show a progress bar until the job has ended; return it as it is then. Ctrl-C leaves it running."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[message]}", style="dim"),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(label or job.kind, total=job.total or None, message=job.state)
        while True:
            job.refresh_from_db()
            bar.update(task, completed=job.done, total=job.total or None, message=_note(job))
            if job.state in ENDED:
                return job
            time.sleep(_POLL_SECONDS)


def _note(job: Job) -> str:
    if job.state == JobState.RUNNING:
        return job.message
    attempt = f", attempt {job.attempt} of {job.max_attempts}" if job.attempt > 1 else ""
    return f"{job.state}{attempt}"
