"""What the beat rings: only calls into services."""

from __future__ import annotations

from celery import shared_task

from annotation.services.leases import sweep_leases as sweep


@shared_task(name="annotation.sweep_leases")  # type: ignore[untyped-decorator]
def sweep_leases() -> int:
    return sweep()
