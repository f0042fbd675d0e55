"""Rings Celery. A ring is only a hint: the sweeper rings again, so nothing here may fail a request."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from celery import current_app
from django.conf import settings
from kombu.exceptions import KombuError

log = logging.getLogger(__name__)
RUN_TASK = "byhand.jobs.run"
TIMEOUT_SECONDS = 1.0

# Bounded on purpose: Celery's own defaults retry for ever, inside the request that rings.
_REDIS_OPTIONS: dict[str, Any] = {
    "socket_timeout": TIMEOUT_SECONDS,
    "socket_connect_timeout": TIMEOUT_SECONDS,
}
_RETRY_OPTIONS: dict[str, Any] = {
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}


def _transport_options() -> dict[str, Any]:
    options = dict(getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {}))
    redis = settings.CELERY_BROKER_URL.startswith(("redis", "valkey", "sentinel"))
    return {**options, **_RETRY_OPTIONS, **(_REDIS_OPTIONS if redis else {})}


def ring(job_id: UUID, queue: str) -> bool:
    """Tell a worker of `queue` that the job is ready. False: the broker did not take it in about a second."""
    connection = current_app.connection_for_write(
        url=settings.CELERY_BROKER_URL,
        connect_timeout=TIMEOUT_SECONDS,
        transport_options=_transport_options(),
    )
    try:
        with connection:
            current_app.send_task(
                RUN_TASK,
                args=[str(job_id)],
                queue=queue,
                connection=connection,
                retry=False,
                ignore_result=True,
            )
    except (OSError, KombuError) as error:
        log.warning("nobody heard the bell of job %s (%s); the sweeper rings again", job_id, error)
        return False
    return True
