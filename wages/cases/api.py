"""The API of cases and statements, for reading: the worker's own, and the stewards' of a project. No token opens it."""

from __future__ import annotations

import uuid

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from byhand.accounts.selectors import require_steward
from byhand.errors import NotAllowed, NotFound
from byhand.rest.schema import describe, page_of
from byhand.rest.views import ApiView
from wages.models import Case, CaseDecision, CaseEvent, CaseKind, CaseOutcome, PaidProject, Statement
from wages.selectors import cases as selectors
from wages.selectors.statements import statements_of


class CaseEventOut(serializers.ModelSerializer[CaseEvent]):
    kind = serializers.ChoiceField(CaseEvent.KINDS)
    by = serializers.SerializerMethodField(help_text="worker, steward or nobody")
    words = serializers.SerializerMethodField(help_text="blank: none, or erased")

    class Meta:
        model = CaseEvent
        fields = ("kind", "at", "by", "words", "words_sha256")

    def get_by(self, event: CaseEvent) -> str:
        if event.actor_id is None:
            return "nobody"
        return "worker" if event.actor_id == event.case.worker_id else "steward"

    def get_words(self, event: CaseEvent) -> str:
        written = getattr(event, "written", None)
        return written.text if written else ""


class CaseDecisionOut(serializers.ModelSerializer[CaseDecision]):
    outcome = serializers.ChoiceField(CaseOutcome.choices)
    granted_micro = serializers.CharField(help_text="a whole number of micro-units")
    by_nobody = serializers.SerializerMethodField(help_text="nobody decided within the time")

    class Meta:
        model = CaseDecision
        fields = ("round", "outcome", "at", "granted_ms", "granted_micro", "by_nobody")

    def get_by_nobody(self, decision: CaseDecision) -> bool:
        return decision.decided_by_id is None


class CaseOut(serializers.ModelSerializer[Case]):
    """Times are UTC, amounts micro-units of the project's currency. `open_until`: when the next decision is due."""

    kind = serializers.ChoiceField(CaseKind.choices)
    project = serializers.UUIDField(source="project_id")
    currency = serializers.CharField(source="project.currency")
    open_until = serializers.SerializerMethodField()
    events = CaseEventOut(many=True)
    decisions = CaseDecisionOut(many=True)

    class Meta:
        model = Case
        fields = (
            "id", "kind", "project", "currency", "simulated", "opened_at", "due_at", "open_until", "starts", "ends",
            "interval", "entry", "statement", "objects_to", "events", "decisions",
        )  # fmt: skip

    def get_open_until(self, case: Case) -> str | None:
        due = selectors.view_of(case).due_at
        return due.isoformat() if due else None


CASE_PAGE = page_of(CaseOut)


class StatementOut(serializers.ModelSerializer[Statement]):
    """One pay statement; `body` is the stored text, whose SHA-256 is `sha256`."""

    project = serializers.UUIDField(source="project_id")
    period = serializers.CharField(source="period.label")
    currency = serializers.CharField(source="project.currency")
    payable_micro = serializers.CharField(help_text="a whole number of micro-units")
    answer = serializers.CharField(allow_null=True, help_text="confirmed, disputed, or null: silent")

    class Meta:
        model = Statement
        fields = (
            "id", "project", "period", "currency", "simulated", "payable_micro", "issued_at", "answer", "sha256",
            "body",
        )  # fmt: skip


class MyCases(ApiView):
    paged = True

    @describe(responses=CASE_PAGE)
    def get(self, request: Request) -> Response:
        return self.page(selectors.cases_of(self.user), CaseOut, ordering=("-opened_at", "-id"))


class MyCase(ApiView):
    @describe(responses=CaseOut)
    def get(self, request: Request, case_id: int) -> Response:
        return Response(CaseOut(selectors.case_of(self.user, case_id).case).data)


class MyStatements(ApiView):
    paged = True

    @describe(responses=page_of(StatementOut))
    def get(self, request: Request) -> Response:
        return self.page(statements_of(self.user), StatementOut, ordering=("-issued_at", "-id"))


class ProjectCases(ApiView):
    paged = True

    @describe(responses=CASE_PAGE)
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        project = PaidProject.objects.filter(pk=project_id).first()
        try:
            require_steward(self.user, project.organisation_id if project else None)
        except NotAllowed as error:
            raise NotFound("There is no such project.") from error
        return self.page(selectors.cases_of_project(project_id), CaseOut, ordering=("-opened_at", "-id"))
