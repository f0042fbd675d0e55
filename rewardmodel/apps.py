from django.apps import AppConfig


class RewardModelConfig(AppConfig):
    name = "rewardmodel"
