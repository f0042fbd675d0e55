"""The kinds of jobs of this package."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from byhand.accounts.models import User
from byhand.jobs.registry import handler
from byhand.jobs.worker import JobContext
from wages.models import PeriodClose
from wages.services.close_jobs import KIND
from wages.services.periods import close_period


@handler(KIND)
def close(context: JobContext) -> dict[str, Any]:
    """Close one pay period, batch by batch; a job that is stopped or killed is gone on with by the next one."""

    def watch(done: PeriodClose) -> None:
        context.check()
        total = max(done.expected, done.workers)
        context.progress(
            done.workers, total, f"{context.payload['label']}: {done.workers} of {total} workers"
        )

    actor = context.payload["actor"]
    period = close_period(
        actor=User.objects.get(pk=actor) if actor is not None else None,
        project_id=UUID(context.payload["project"]),
        period_id=context.payload["period"],
        watch=watch,
    )
    done = period.closing
    context.progress(done.workers, done.workers, f"{period.label} is closed.")
    return {"period": period.label, "workers": done.workers, "topped_up": done.topped_up, "root": period.root}
