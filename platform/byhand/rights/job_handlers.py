"""The kinds of jobs of this package."""

from __future__ import annotations

from typing import Any

from byhand.jobs.registry import handler
from byhand.jobs.worker import JobContext
from byhand.rights import services


@handler(services.BUNDLE_JOB)
def bundle(context: JobContext) -> dict[str, Any]:
    """Write a person's own copy of everything."""
    return services.make_bundle(context)


@handler(services.ERASURE_JOB)
def erase(context: JobContext) -> dict[str, Any]:
    """Erase a person."""
    return services.make_erasure(context)
