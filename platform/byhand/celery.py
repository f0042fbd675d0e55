"""The Celery application: the doorbell of `byhand.jobs`, and the beat that rings the sweepers."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "byhand.settings")
app = Celery("byhand")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
