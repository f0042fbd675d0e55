"""All routes. Each package keeps its own `urls.py`; this file only says where it is mounted."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

urlpatterns = [
    path("api/v1/", include("byhand.api")),  # first: every request of the ranking cycle is one of these
    path("accounts/language/", login_not_required(set_language), name="set_language"),
    path("accounts/", include("allauth.urls")),
    path("", include("byhand.accounts.urls")),
    path("", include("byhand.jobs.urls")),
    path("", include("byhand.rights.urls")),
    path("", include("byhand.webhooks.urls")),
    path("", include("wages.urls")),
    path("", include("wages.transparency.urls")),
    path("", include("wages.reports.urls")),
    path("", include("annotation.urls")),
    path("", include("rewardmodel.urls")),
]

handler400 = "byhand.errors.bad_request"
handler403 = "byhand.errors.permission_denied"
handler404 = "byhand.errors.page_not_found"
handler500 = "byhand.errors.server_error"
