"""Routes of the wages API."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
