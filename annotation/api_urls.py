"""Routes of the annotation API."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
