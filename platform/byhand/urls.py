"""All routes. Each package keeps its own `urls.py`; this file only says where it is mounted."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("", include("byhand.accounts.urls")),
    path("", include("byhand.jobs.urls")),
    path("", include("wages.urls")),
    path("", include("wages.transparency.urls")),
    path("", include("wages.reports.urls")),
    path("", include("annotation.urls")),
    path("", include("rewardmodel.urls")),
    path("api/v1/", include("byhand.api")),
]

handler400 = "byhand.errors.bad_request"
handler403 = "byhand.errors.permission_denied"
handler404 = "byhand.errors.page_not_found"
handler500 = "byhand.errors.server_error"
