"""Celery tasks of this package. Each may run twice, or at the same time as itself."""

from celery import shared_task

from byhand.rights import services


@shared_task(name="rights.sweep", ignore_result=True)  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Begin the erasures that are due, and remove copies whose time is over."""
    services.begin_due_erasures()
    services.sweep_bundles()
