"""Routes of the wages API."""

from django.urls import path

from wages.api import rates

PAY = "pay/<uuid:project_id>/"

urlpatterns = [
    path(f"{PAY}rate-cards", rates.RateCards.as_view(), name="api-rate-cards"),
    path(f"{PAY}terms", rates.Terms.as_view(), name="api-pay-terms"),
    path(f"{PAY}pools", rates.Pools.as_view(), name="api-pools"),
    path(
        f"{PAY}pools/<int:pool_id>/intermediaries",
        rates.Intermediaries.as_view(),
        name="api-intermediaries",
    ),
]
