"""Routes of the public reports. No address here is ever given another meaning: reports are cited by them."""

from django.urls import path

from wages.reports import views

VERSION = "reports/<slug:slug>/<slug:period>/v<int:version>"

urlpatterns = [
    path("reports/", views.index, name="reports"),
    path("reports/<slug:slug>/", views.versions, name="report_versions"),
    path(f"{VERSION}/", views.page, name="report"),
    path(f"{VERSION}.json", views.document, name="report_json"),
    path(f"{VERSION}.proof", views.proof, name="report_proof"),
    path("methods/<slug:version>/", views.method_page, name="method"),
    path("schema/labor-report/v1.json", views.schema, name="report_schema"),
    path("verify_report.py", views.verifier, name="report_verifier"),
]
