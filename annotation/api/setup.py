"""The API of setting a project up, and of what an annotator is told and shown before ranking."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api import project_shapes, serializers
from annotation.api import setup_shapes as shapes
from annotation.api.projects import ProjectView
from annotation.api.work import WorkView
from annotation.models import GoldAnswer, Item, ItemRole, Project
from annotation.project_settings import bound
from annotation.selectors.estimates import rankings_given, time_estimate
from annotation.selectors.gold import gold_answers, item_of_project
from annotation.selectors.pay import offer_of
from annotation.selectors.projects import all_documents
from annotation.selectors.qualification import feedback_of, qualification_state
from annotation.selectors.setup import bound_facts, funding, pilot_reasons, publishing_reasons
from annotation.selectors.work import warning_digest
from annotation.services import documents, gold, measuring, piloting, projects, qualification
from annotation.services.participation import accept_warning
from byhand.errors import NotFound
from byhand.rest.schema import describe, page_of

READ_WRITE = {"GET": "projects:read", "POST": "projects:write"}


def setup_out(project: Project) -> dict[str, Any]:
    """Return what is missing and the figures behind it, as JSON."""
    estimate = time_estimate(project)
    out = {
        "missing": publishing_reasons(project) if project.state != "open" else [],
        "missing_for_pilot": pilot_reasons(project) if project.state in {"draft", "paused"} else [],
        "bound": bound(bound_facts(project)),
        "estimate": estimate,
        "pilot_counted": rankings_given(project),
        "funding": funding(project, estimate),
    }
    return dict(shapes.SetupOut(out).data)


class Setup(ProjectView):
    scopes = {"GET": "projects:read"}

    @describe(responses=shapes.SetupOut)
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        """What keeps the project from being published or piloted, each reason with its figures."""
        return Response(setup_out(self.project(project_id)))


class Pay(ProjectView):
    scopes = {"PUT": "projects:write"}

    @describe(request=shapes.PayIn, responses=shapes.SetupOut)
    def put(self, request: Request, project_id: uuid.UUID) -> Response:
        """Set currency, first rate and floor. The same again changes nothing."""
        project = self.project(project_id)
        projects.set_pay(actor=self.user, project=project, **self.checked(shapes.PayIn))
        return Response(setup_out(project))


class Pilot(ProjectView):
    scopes = {"POST": "projects:write"}

    @describe(request=None, responses=project_shapes.ProjectDetailOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        """Start the paid pilot; one that runs is answered as it is."""
        started = piloting.start_pilot(actor=self.user, project=self.project(project_id))
        return Response(project_shapes.ProjectDetailOut(started).data)


class Measure(ProjectView):
    scopes = {"POST": "projects:write"}

    @describe(request=None, responses=shapes.SetupOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        """Measure the newest rankings and tell people that figure from now on."""
        project = self.project(project_id)
        measuring.measure_again(actor=self.user, project=project)
        return Response(setup_out(project))


class Documents(ProjectView):
    scopes = READ_WRITE
    paged = True

    @describe(responses=page_of(shapes.VersionOut))
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        """Every version of the terms and the guidelines, the newest first."""
        return self.page(all_documents(self.project(project_id).pk), shapes.VersionOut)

    @describe(request=shapes.DocumentIn, responses={201: shapes.VersionOut})
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        """Write the next version. The same text as the newest version answers that version."""
        project = self.project(project_id)
        written = documents.write_document(
            actor=self.user, project=project, **self.checked(shapes.DocumentIn)
        )
        return Response(shapes.VersionOut(written).data, status=201)


class KnownAnswers(ProjectView):
    scopes = {"GET": "projects:read"}
    paged = True

    @describe(responses=page_of(shapes.KnownAnswerOut))
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        """Gold and qualification answers. For engineers alone: no address of annotators shows them."""
        return self.page(
            gold_answers(self.project(project_id)),
            shapes.KnownAnswerOut,
            ordering=("-created_at", "-item_id"),
        )


class KnownView(ProjectView):
    """One item of the project, found with its number."""

    def item(self, project_id: uuid.UUID, item_id: int) -> Item:
        item = item_of_project(self.project(project_id), item_id)
        if item is None:
            raise NotFound("No such item.")
        return item

    def shown(self, answer: GoldAnswer) -> Response:
        return Response(
            shapes.KnownAnswerOut(GoldAnswer.objects.select_related("item").get(pk=answer.pk)).data
        )


class KnownAnswer(KnownView):
    scopes = {"PUT": "projects:write"}
    keep: ClassVar[dict[str, Any]] = {
        ItemRole.GOLD.value: gold.set_gold,
        ItemRole.QUALIFICATION.value: gold.add_qualification_item,
    }

    @describe(request=shapes.KnownAnswerIn, responses=shapes.KnownAnswerOut)
    def put(self, request: Request, project_id: uuid.UUID, item_id: int) -> Response:
        """Say what is known about an item. It can't be changed afterwards, only retired."""
        fields = self.checked(shapes.KnownAnswerIn)
        keep = self.keep[fields.pop("use")]
        return self.shown(keep(actor=self.user, item=self.item(project_id, item_id), **fields))


class RetireAnswer(KnownView):
    scopes = {"POST": "projects:write"}

    @describe(request=None, responses=shapes.KnownAnswerOut)
    def post(self, request: Request, project_id: uuid.UUID, item_id: int) -> Response:
        """Use a known answer no longer; what was measured with it stays."""
        return self.shown(gold.retire_gold(actor=self.user, item=self.item(project_id, item_id)))


# --- what annotators are told and shown --------------------------------------------------------------------------


class WorkOffer(WorkView):
    @describe(responses=shapes.OfferOut)
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        """Who pays, how much, how long a ranking takes, warnings and data use: before anything begins."""
        project = self.project(project_id)
        offer = offer_of(project, self.user.pk)
        paid, payer = offer.paid, offer.paid.payer if offer.paid else None
        amounts = [offer.low_micro, offer.high_micro] if offer.low_micro is not None else None
        out = {
            "payer": payer.legal_entity if payer else None,
            "country": payer.country if payer else None,
            "relation": payer.relation if payer else None,
            "currency": paid.currency if paid else None,
            "hourly_micro": paid.hourly_micro if paid else None,
            "estimate": offer.estimate,
            "ranking_micro": amounts,
            "languages": project.languages,
            "content_warning": project.content_warning,
            "warning_sha256": warning_digest(project) if project.content_warning else None,
            "support_contact": project.support_contact,
            "exposure_ms": project.exposure_ms,
            "bytes_per_item": offer.item_bytes,
            "bytes_per_hour": offer.hour_bytes,
        }
        return Response(shapes.OfferOut(out).data)


class WorkWarning(WorkView):
    @describe(request=shapes.WarningIn, responses=serializers.WorkOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        """Agree to the content warning that was shown."""
        project = self.project(project_id)
        accept_warning(user=self.user, project_id=project.pk, sha256=self.checked(shapes.WarningIn)["sha256"])
        return self.state(project)


class WorkQualification(WorkView):
    @describe(responses=shapes.QualificationOut)
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        """Where you stand, and what was expected of the item you answered last."""
        return self.qualification(self.project(project_id))

    @describe(request=shapes.GoOnIn, responses=shapes.QualificationOut)
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        """Say that you have read what was expected of an item, and go on."""
        project = self.project(project_id)
        qualification.go_on(worker=self.user, project=project, lease_id=self.checked(shapes.GoOnIn)["lease"])
        return self.qualification(project)

    def qualification(self, project: Project) -> Response:
        state = qualification_state(self.user, project)
        out = {
            "phase": state.phase.value,
            "attempt": state.attempt,
            "tries_left": state.tries_left,
            "number": state.number,
            "items": state.items,
            "feedback": feedback_of(state.feedback) if state.feedback else None,
        }
        return Response(shapes.QualificationOut(out).data)
