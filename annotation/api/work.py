"""The annotator's API: state, join, read, accept, start, next, submit, skip."""

from __future__ import annotations

import uuid
from typing import Any, cast

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from annotation.api import serializers
from annotation.api.schema import describe
from annotation.models import Lease, Project
from annotation.selectors.work import held_item, next_step, project_for_worker
from annotation.services import documents, submitting, taking
from annotation.services.participation import join_project
from annotation.services.starting import begin_reading, start
from byhand.accounts.models import User
from byhand.errors import Invalid
from wages.selectors import clock_view
from wages.services.clock import clock_token


class WorkView(APIView):
    """Holds what every view below shares: who asks, the checked body, the state as JSON."""

    def user(self) -> User:
        return cast(User, self.request.user)

    def project(self, project_id: uuid.UUID) -> Project:
        return project_for_worker(self.user(), project_id)

    def body(self, request: Request, shape: type[Serializer[Any]]) -> dict[str, Any]:
        """Return the checked fields of the body; raises Invalid with every problem."""
        serializer = shape(data=request.data)
        if not serializer.is_valid():
            problems = [f"{name}: {' '.join(map(str, texts))}" for name, texts in serializer.errors.items()]
            raise Invalid("The request can't be used.", problems)
        return dict(serializer.validated_data)

    def state(self, project: Project) -> Response:
        user = self.user()
        step = next_step(user, project)
        lease = held_item(step.lease) if step.lease else None
        session = self.request.session.session_key or ""
        out = {
            "project": project.pk,
            "title": project.title,
            "k": project.k,
            "simulated": project.simulated,
            "step": step.name,
            "document": step.document,
            "lease": lease,
            "clock": clock_view(user),
            "clock_token": clock_token(user, session),
        }
        return Response(serializers.WorkOut(out).data)


class WorkState(WorkView):
    @describe(responses=serializers.WorkOut)
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        return self.state(self.project(project_id))


class Join(WorkView):
    @describe(request=None, responses=serializers.WorkOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        join_project(user=self.user(), project_id=project_id)
        return self.state(self.project(project_id))


class Begin(WorkView):
    """The page of a required text opened: the paid clock starts."""

    @describe(request=serializers.Tab, responses=serializers.WorkOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        project = self.project(project_id)
        begin_reading(worker=self.user(), project=project, tab=self.body(request, serializers.Tab)["tab"])
        return self.state(project)


class Accept(WorkView):
    @describe(request=serializers.AcceptIn, responses=serializers.WorkOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        project = self.project(project_id)
        documents.accept_document(
            user=self.user(),
            document_id=self.body(request, serializers.AcceptIn)["document"],
            project_id=project.pk,
        )
        return self.state(project)


class Start(WorkView):
    @describe(request=serializers.Tab, responses=serializers.WorkOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        project = self.project(project_id)
        start(worker=self.user(), project=project, tab=self.body(request, serializers.Tab)["tab"])
        return self.state(project)


class Next(WorkView):
    @describe(request=serializers.Tab, responses=serializers.NextOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        project = self.project(project_id)
        tab = self.body(request, serializers.Tab)["tab"]
        lease: Lease | None = taking.take_next(worker=self.user(), project=project, tab=tab)
        out = {"status": "leased" if lease else "waiting", "lease": held_item(lease) if lease else None}
        return Response(serializers.NextOut(out).data)


class Submit(WorkView):
    @describe(request=serializers.SubmitIn, responses=serializers.SubmitOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        self.project(project_id)
        answer = self.body(request, serializers.SubmitIn)
        result = submitting.submit_ballot(
            worker=self.user(),
            lease_id=answer["lease"],
            groups=answer["groups"],
            unacceptable=answer["unacceptable"],
            key=answer["key"],
            note=answer["note"],
        )
        return Response({"status": result.status, "ballot": str(result.ballot.pk)})


class SkipItem(WorkView):
    @describe(request=serializers.SkipIn, responses=serializers.SkipOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        self.project(project_id)
        fields = self.body(request, serializers.SkipIn)
        skip = submitting.skip_item(
            worker=self.user(), lease_id=fields["lease"], reason=fields["reason"], key=fields["key"]
        )
        return Response({"status": "skipped", "lease": str(skip.lease_id)})
