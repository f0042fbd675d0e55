from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "byhand.jobs"
    label = "jobs"

    def ready(self) -> None:
        autodiscover_modules("job_handlers")  # every app registers its handlers in job_handlers.py
