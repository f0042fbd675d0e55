"""Routes of jobs pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
