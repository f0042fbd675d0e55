"""What Celery runs: the doorbell's answer and the sweeper. Both only call the services."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from byhand.jobs import services, worker


@shared_task(name="byhand.jobs.run", ignore_result=True)  # type: ignore[untyped-decorator]
def run(job_id: str) -> str:
    return worker.run(UUID(job_id))


@shared_task(name="byhand.jobs.sweep", ignore_result=True)  # type: ignore[untyped-decorator]
def sweep() -> None:
    services.sweep()
