"""The engineer's API: projects of their organisations, their settings, their state, and how far they are."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api import project_shapes as shapes
from annotation.models import Project
from annotation.project_settings import NAMES, Settings
from annotation.selectors.progress import progress_page
from annotation.selectors.projects import project_for_engineer, projects_of
from annotation.services import projects
from byhand.accounts.models import Role
from byhand.accounts.selectors import organisations_as
from byhand.errors import NotFound
from byhand.rest.schema import describe, page_of
from byhand.rest.views import ApiView


class ProjectView(ApiView):
    """A view of one project, which does not exist for who is no engineer of its organisation."""

    def project(self, project_id: uuid.UUID) -> Project:
        return project_for_engineer(self.user, project_id)


def _shown(project: Project) -> dict[str, Any]:
    return dict(shapes.ProjectDetailOut(project).data)


class Projects(ApiView):
    scopes = {"GET": "projects:read", "POST": "projects:write"}
    filters = shapes.ProjectFilters
    paged = True

    @describe(responses=page_of(shapes.ProjectOut))
    def get(self, request: Request) -> Response:
        """The projects of every organisation in which you are an engineer, newest first."""
        found = projects_of(self.user)
        if state := self.query().get("state"):
            found = found.filter(state=state)
        return self.page(found, shapes.ProjectOut)

    @describe(request=shapes.NewProject, responses={201: shapes.ProjectDetailOut})
    def post(self, request: Request) -> Response:
        """Make a draft. Its texts, pay and prompts follow before it can be published."""
        fields = self.checked(shapes.NewProject, only_known=True)
        organisation = (
            organisations_as(self.user, Role.ENGINEER).filter(pk=fields.pop("organisation")).first()
        )
        if organisation is None:
            raise NotFound("You are an engineer of no such organisation.")
        project_id = fields.pop("id", None)
        for name in ("languages", "dimensions"):
            if name in fields:
                fields[name] = tuple(fields[name])
        made = projects.create_draft(
            actor=self.user, organisation=organisation, settings=Settings(**fields), project_id=project_id
        )
        return Response(_shown(made), status=201)


class ProjectDetail(ProjectView):
    scopes = {"GET": "projects:read", "PATCH": "projects:write"}

    @describe(responses=shapes.ProjectDetailOut)
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        return Response(_shown(self.project(project_id)))

    @describe(request=shapes.ProjectSettings, responses=shapes.ProjectDetailOut)
    def patch(self, request: Request, project_id: uuid.UUID) -> Response:
        """Change settings. With If-Match, only where nobody changed them meanwhile."""
        changes = self.checked(shapes.ProjectSettings, only_known=True)
        with transaction.atomic():
            project = self.project(project_id)
            locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
            self.require_match(_shown(locked))
            changed = projects.edit_project(
                actor=self.user, project=locked, changes={n: v for n, v in changes.items() if n in NAMES}
            )
        return Response(_shown(changed))


class Progress(ProjectView):
    scopes = {"GET": "projects:read"}

    @describe(responses=shapes.ProgressOut)
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        """Counts, throughput, hours, cost and forecast. Kept for some seconds; `at` says as of when."""
        return Response(shapes.ProgressOut(progress_page(self.project(project_id))).data)


class Publish(ProjectView):
    scopes = {"POST": "projects:write"}

    @describe(request=None, responses=shapes.ProjectDetailOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        """Open the project for work; an open one stays as it is."""
        return Response(_shown(projects.publish_project(actor=self.user, project=self.project(project_id))))


class Pause(ProjectView):
    scopes = {"POST": "projects:write"}

    @describe(request=shapes.Words, responses=shapes.ProjectDetailOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        """Offer no new work. Whoever holds an item finishes it and is paid."""
        words = self.checked(shapes.Words)["words"]
        paused = projects.pause_project(
            actor=self.user, project=self.project(project_id), reason="engineer", words=words
        )
        return Response(_shown(paused))


class Close(ProjectView):
    scopes = {"POST": "projects:write"}

    @describe(request=shapes.Words, responses=shapes.ProjectDetailOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        """End the project; it can be opened again by publishing it."""
        words = self.checked(shapes.Words)["words"]
        return Response(
            _shown(projects.close_project(actor=self.user, project=self.project(project_id), words=words))
        )
