from django.apps import AppConfig


class ByhandConfig(AppConfig):
    name = "byhand"
    verbose_name = "Byhand"

    def ready(self) -> None:
        from byhand import celery, checks  # noqa: F401  (the doorbell, and the system checks)
