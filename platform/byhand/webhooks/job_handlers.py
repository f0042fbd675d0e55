"""The kinds of jobs of this package."""

from __future__ import annotations

from typing import Any

from byhand.jobs.registry import handler
from byhand.jobs.worker import JobContext
from byhand.webhooks import delivering


@handler("webhooks.deliver")
def deliver(context: JobContext) -> dict[str, Any]:
    """Try one delivery once."""
    return delivering.attempt(context)
