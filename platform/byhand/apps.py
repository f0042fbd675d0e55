from django.apps import AppConfig


class ByhandConfig(AppConfig):
    name = "byhand"
    verbose_name = "Byhand"

    def ready(self) -> None:
        from byhand import checks  # noqa: F401  (registers the system checks)
