"""Celery tasks of wages. Each may run twice, or at the same time as itself."""

from celery import shared_task

from wages.services import clock


@shared_task(name="wages.sweep_clocks", ignore_result=True)  # type: ignore[untyped-decorator]
def sweep_clocks() -> int:
    """Close stretches whose session has ended in silence. Returns how many."""
    return clock.sweep()
