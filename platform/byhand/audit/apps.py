from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "byhand.audit"
    label = "audit"
