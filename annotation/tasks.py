"""What the beat rings: only calls into services."""

from __future__ import annotations

from celery import shared_task

from annotation.services import drafts, quality, releasing, uploads
from annotation.services.exports import sweep_exports as sweep_old_exports
from annotation.services.leases import sweep_leases as sweep


@shared_task(name="annotation.sweep_leases")  # type: ignore[untyped-decorator]
def sweep_leases() -> int:
    return sweep()


@shared_task(name="annotation.sweep_exports")  # type: ignore[untyped-decorator]
def sweep_exports() -> int:
    return sweep_old_exports()


@shared_task(name="annotation.refresh_quality")  # type: ignore[untyped-decorator]
def refresh_quality() -> int:
    return quality.refresh_quality()


@shared_task(name="annotation.sweep_uploads")  # type: ignore[untyped-decorator]
def sweep_uploads() -> int:
    return uploads.sweep_uploads()


@shared_task(name="annotation.sweep_drafts")  # type: ignore[untyped-decorator]
def sweep_drafts() -> int:
    return drafts.sweep_drafts()


@shared_task(name="annotation.release_and_recall")  # type: ignore[untyped-decorator]
def release_and_recall() -> int:
    return releasing.recall_released() + releasing.release_waiting()
