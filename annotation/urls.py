"""Routes of annotation pages."""

from django.urls import path

from annotation.views import projects, work

urlpatterns = [
    path("projects/", projects.project_list, name="projects"),
    path("projects/new/", projects.project_new, name="project-new"),
    path("projects/<uuid:project_id>/", projects.project_page, name="project"),
    path("projects/<uuid:project_id>/import/", projects.project_import, name="project-import"),
    path("projects/<uuid:project_id>/publish/", projects.project_publish, name="project-publish"),
    path("projects/<uuid:project_id>/pause/", projects.project_pause, name="project-pause"),
    path("projects/<uuid:project_id>/invite/", projects.project_invite, name="project-invite"),
    path(
        "projects/<uuid:project_id>/terms/",
        projects.project_document,
        {"kind": "terms"},
        name="project-terms",
    ),
    path(
        "projects/<uuid:project_id>/guidelines/",
        projects.project_document,
        {"kind": "guidelines"},
        name="project-guidelines",
    ),
    path("work/", work.work_list, name="work"),
    path("work/<uuid:project_id>/", work.work_project, name="work-project"),
    path("work/<uuid:project_id>/join/", work.work_join, name="work-join"),
    path("work/<uuid:project_id>/begin/", work.work_begin, name="work-begin"),
    path("work/<uuid:project_id>/accept/<uuid:document_id>/", work.work_accept, name="work-accept"),
    path("work/<uuid:project_id>/guide/", work.work_guide, name="work-guide"),
    path("work/<uuid:project_id>/start/", work.work_start, name="work-start"),
    path("work/<uuid:project_id>/next/", work.work_next, name="work-next"),
    path("work/<uuid:project_id>/submit/<uuid:lease_id>/", work.work_submit, name="work-submit"),
    path("work/<uuid:project_id>/skip/<uuid:lease_id>/", work.work_skip, name="work-skip"),
]
