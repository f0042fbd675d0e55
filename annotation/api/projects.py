"""The engineer's API: projects of their organisations, and publishing."""

from __future__ import annotations

import uuid
from typing import cast

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api import serializers
from annotation.api.schema import describe
from annotation.models import Project
from annotation.selectors.projects import progress, project_for_engineer, projects_of
from annotation.services.projects import publish_project
from byhand.accounts.models import User

MOST = 200


def _detail(project: Project) -> Response:
    project.progress = progress(project)  # type: ignore[attr-defined]
    return Response(serializers.ProjectDetailOut(project).data)


class Projects(APIView):
    @describe(responses=serializers.ProjectOut(many=True))
    def get(self, request: Request) -> Response:
        found = projects_of(cast(User, request.user))[:MOST]
        return Response(serializers.ProjectOut(found, many=True).data)


class ProjectDetail(APIView):
    @describe(responses=serializers.ProjectDetailOut)
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        return _detail(project_for_engineer(cast(User, request.user), project_id))


class Publish(APIView):
    @describe(request=None, responses=serializers.ProjectDetailOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        user = cast(User, request.user)
        return _detail(publish_project(actor=user, project=project_for_engineer(user, project_id)))
