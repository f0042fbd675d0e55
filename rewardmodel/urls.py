"""Routes of rewardmodel pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
