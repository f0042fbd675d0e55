"""Routes of wages pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
