from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "byhand.webhooks"
    label = "webhooks"
