"""Routes of the rewardmodel API."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
