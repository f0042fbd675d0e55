from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class RightsConfig(AppConfig):
    name = "byhand.rights"
    label = "rights"

    def ready(self) -> None:
        autodiscover_modules("personal")  # every app says in personal.py what it holds of a person
