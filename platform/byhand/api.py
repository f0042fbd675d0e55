"""Routes of the API, version 1. Each package keeps its own `api_urls.py`."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("", include("byhand.webhooks.api_urls")),
    path("", include("annotation.api_urls")),
    path("", include("wages.api_urls")),
    path("", include("rewardmodel.api_urls")),
]
