"""Celery tasks of wages. Each may run twice, or at the same time as itself."""

from celery import shared_task

from wages.services import cases, clock, close_jobs, retention


@shared_task(name="wages.sweep_clocks", ignore_result=True)  # type: ignore[untyped-decorator]
def sweep_clocks() -> int:
    """Close stretches whose session has ended in silence. Returns how many."""
    return clock.sweep()


@shared_task(name="wages.sweep_beats", ignore_result=True)  # type: ignore[untyped-decorator]
def sweep_beats() -> int:
    """Delete raw beats whose 90 days after settlement are over. Returns how many."""
    return retention.delete_old_beats()


@shared_task(name="wages.keep_deadlines", ignore_result=True)  # type: ignore[untyped-decorator]
def keep_deadlines() -> int:
    """Pay claims that nobody answered within seven days, and let proposed cuts lapse. Returns how many."""
    return cases.keep_deadlines()


@shared_task(name="wages.close_ended_periods", ignore_result=True)  # type: ignore[untyped-decorator]
def close_ended_periods() -> int:
    """Start the close of real weeks that ended an hour ago. Returns how many."""
    return close_jobs.start_ended()
