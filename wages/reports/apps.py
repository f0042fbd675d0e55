from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "wages.reports"
    label = "reports"
