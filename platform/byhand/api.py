"""Routes of the API, version 1. Each package keeps its own `api_urls.py`."""

from django.urls import include, path

urlpatterns = [
    path("", include("annotation.api_urls")),
    path("", include("wages.api_urls")),
    path("", include("rewardmodel.api_urls")),
]
