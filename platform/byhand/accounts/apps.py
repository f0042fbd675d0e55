from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "byhand.accounts"
    label = "accounts"
