from django.apps import AppConfig


class TransparencyConfig(AppConfig):
    name = "wages.transparency"
    label = "transparency"
