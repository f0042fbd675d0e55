"""The annotator's API: state, join, read, accept, start, next, submit, skip."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api import serializers
from annotation.errors import NoOffer
from annotation.models import Lease, Project
from annotation.selectors.offers import refusal_now
from annotation.selectors.work import held_item, next_step, project_for_worker
from annotation.services import documents, submitting, taking
from annotation.services.participation import join_project
from annotation.services.replacing import replace_ballot
from annotation.services.starting import begin_reading, start
from byhand.rest.schema import describe
from byhand.rest.views import ApiView
from wages.selectors import clock_view
from wages.services.clock import clock_token

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class WorkView(ApiView):
    """Holds what every view below shares: whose project, and the state as JSON."""

    scopes = {"GET": "work", "POST": "work"}

    def project(self, project_id: uuid.UUID) -> Project:
        return project_for_worker(self.user, project_id)

    def state(self, project: Project) -> Response:
        user = self.user
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
            "no_offer": _said(refusal_now(user, project) if step.name in {"start", "waiting"} else None),
        }
        return Response(serializers.WorkOut(out).data)


class WorkState(WorkView):
    @describe(responses=serializers.WorkOut)
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        return self.state(self.project(project_id))


class Join(WorkView):
    @describe(request=None, responses=serializers.WorkOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        join_project(user=self.user, project_id=project_id)
        return self.state(self.project(project_id))


class Begin(WorkView):
    """The page of a required text opened: the paid clock starts."""

    @describe(request=serializers.Tab, responses=serializers.WorkOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        project = self.project(project_id)
        begin_reading(worker=self.user, project=project, tab=self.checked(serializers.Tab)["tab"])
        return self.state(project)


class Accept(WorkView):
    @describe(request=serializers.AcceptIn, responses=serializers.WorkOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        project = self.project(project_id)
        documents.accept_document(
            user=self.user,
            document_id=self.checked(serializers.AcceptIn)["document"],
            project_id=project.pk,
        )
        return self.state(project)


class Start(WorkView):
    @describe(request=serializers.Tab, responses=serializers.WorkOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        project = self.project(project_id)
        start(worker=self.user, project=project, tab=self.checked(serializers.Tab)["tab"])
        return self.state(project)


class Next(WorkView):
    @describe(request=serializers.Tab, responses=serializers.NextOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        project = self.project(project_id)
        tab = self.checked(serializers.Tab)["tab"]
        lease, refusal = self._next(project, tab)
        out = {
            "status": "leased" if lease else "waiting",
            "lease": held_item(lease) if lease else None,
            "no_offer": _said(refusal),
        }
        return Response(serializers.NextOut(out).data)

    def _next(self, project: Project, tab: str) -> tuple[Lease | None, NoOffer | None]:
        try:
            return taking.take_next(worker=self.user, project=project, tab=tab), None
        except NoOffer as refusal:
            return None, refusal


class Submit(WorkView):
    @describe(request=serializers.SubmitIn, responses=serializers.SubmitOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        self.project(project_id)
        answer = self.checked(serializers.SubmitIn)
        result = submitting.submit_ballot(
            worker=self.user,
            lease_id=answer["lease"],
            answer=answer,
            key=answer["key"],
            note=answer["note"],
            **_made(answer),
        )
        return Response({"status": result.told, "ballot": str(result.ballot.pk)})


class Replace(WorkView):
    """Put another answer in the place of one's own, until a dataset is frozen from it."""

    @describe(request=serializers.ReplaceIn, responses=serializers.SubmitOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        self.project(project_id)
        answer = self.checked(serializers.ReplaceIn)
        result = replace_ballot(
            worker=self.user,
            lease_id=answer["lease"],
            answer=answer,
            key=answer["key"],
            note=answer["note"],
        )
        return Response({"status": result.told, "ballot": str(result.ballot.pk)})


class SkipItem(WorkView):
    @describe(request=serializers.SkipIn, responses=serializers.SkipOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        self.project(project_id)
        fields = self.checked(serializers.SkipIn)
        skip = submitting.skip_item(
            worker=self.user,
            lease_id=fields["lease"],
            reason=fields["reason"],
            key=fields["key"],
            **_made(fields),
        )
        return Response({"status": "skipped", "lease": str(skip.lease_id)})


def _said(refusal: NoOffer | None) -> dict[str, Any] | None:
    if refusal is None:
        return None
    again = refusal.details["possible_at"]
    return {
        "reason": refusal.details["reason"],
        "words": refusal.message,
        "possible_at": datetime.fromisoformat(again) if again else None,
    }


def _made(fields: dict[str, Any]) -> dict[str, Any]:
    """Return when an act was made and what appeared after it, as the services take it."""
    stamp = fields["stamp_ms"]
    return {
        "showing": fields["showing"],
        "elapsed_ms": fields["elapsed_ms"],
        "stamp": EPOCH + timedelta(milliseconds=stamp) if stamp is not None else None,
    }
