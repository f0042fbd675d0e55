"""What Celery beat runs: the sweep of deliveries that are due."""

from __future__ import annotations

from celery import shared_task

from byhand.webhooks import delivering


@shared_task(name="webhooks.sweep", ignore_result=True)  # type: ignore[untyped-decorator]
def sweep() -> int:
    return delivering.sweep()
