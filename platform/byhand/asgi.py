"""The event-stream process, for uvicorn. Pages are `byhand.wsgi`."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "byhand.settings")
django.setup()

from byhand.jobs.events import EventStream  # noqa: E402  (needs the app registry)

application = EventStream()
