"""The Celery application: the doorbell of `byhand.jobs`, and the beat that rings the sweepers."""

import os
import signal
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

from byhand.embedded.process import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "byhand.settings")
app = Celery("byhand")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect  # type: ignore[untyped-decorator]
def end_with_the_worker(**_: Any) -> None:
    """End a pool child with its worker: it may hold a sibling's pipe open and then never learn of a kill -9."""
    die_with_parent(signal.SIGKILL)()
