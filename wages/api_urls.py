"""Routes of the wages API."""

from django.urls import path

from wages.api import rates
from wages.cases import api as case_api

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
    path("cases/", case_api.MyCases.as_view(), name="api-my-cases"),
    path("cases/<int:case_id>/", case_api.MyCase.as_view(), name="api-my-case"),
    path("statements/", case_api.MyStatements.as_view(), name="api-my-statements"),
    path(f"{PAY}cases/", case_api.ProjectCases.as_view(), name="api-project-cases"),
]
