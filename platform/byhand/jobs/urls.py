"""Routes of jobs pages. The event stream at /events/jobs/<id>/ is another process: `byhand.jobs.events`."""

from django.urls import path

from byhand.jobs import views

urlpatterns = [
    path("jobs/<uuid:job_id>/", views.page, name="job"),
    path("jobs/<uuid:job_id>/events.json", views.events, name="job_events"),
    path("jobs/<uuid:job_id>/cancel/", views.cancel, name="job_cancel"),
]
