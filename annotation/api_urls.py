"""Routes of the annotation API."""

from django.urls import path

from annotation.api import projects, work

urlpatterns = [
    path("work/<uuid:project_id>/", work.WorkState.as_view(), name="api-work"),
    path("work/<uuid:project_id>/join", work.Join.as_view(), name="api-work-join"),
    path("work/<uuid:project_id>/begin", work.Begin.as_view(), name="api-work-begin"),
    path("work/<uuid:project_id>/accept", work.Accept.as_view(), name="api-work-accept"),
    path("work/<uuid:project_id>/start", work.Start.as_view(), name="api-work-start"),
    path("work/<uuid:project_id>/next", work.Next.as_view(), name="api-work-next"),
    path("work/<uuid:project_id>/submit", work.Submit.as_view(), name="api-work-submit"),
    path("work/<uuid:project_id>/skip", work.SkipItem.as_view(), name="api-work-skip"),
    path("projects/", projects.Projects.as_view(), name="api-projects"),
    path("projects/<uuid:project_id>/", projects.ProjectDetail.as_view(), name="api-project"),
    path("projects/<uuid:project_id>/publish", projects.Publish.as_view(), name="api-project-publish"),
]
