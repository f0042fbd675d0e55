"""What an annotator sees before ranking: the offer, the content warning, texts and their changes, a qualification."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from annotation.api.serializers import ClockOut
from annotation.models import Document, DocumentKind, Project
from annotation.qualification import Phase
from annotation.reading import changes
from annotation.selectors.pay import offer_of
from annotation.selectors.projects import accepted_before, current_documents, pause_words
from annotation.selectors.qualification import feedback_of
from annotation.selectors.work import Step, project_for_worker, warning_digest
from annotation.services import documents, taking
from annotation.services.participation import accept_warning, join_project
from annotation.services.qualification import go_on
from annotation.services.starting import begin_reading, read_since
from annotation.views.stamps import opened, stamp
from byhand.accounts.models import User
from byhand.errors import DomainError
from wages.selectors import clock_view
from wages.services import clock as clocks

TAB_LENGTH = 64
OFFERED = frozenset({"join", "start", "qualify", "closed"})


def joining_context(user: User, project: Project, step: Step) -> dict[str, Any]:
    """Return what the page of a step before ranking needs beside the project and the clock."""
    context: dict[str, Any] = {"opened_at": stamp(user, project)}
    if step.name in OFFERED:
        context["offer"] = offer_of(project, user.pk)
    if step.name in {"join", "warning"} and project.content_warning:
        context["warning_sha256"] = warning_digest(project)
    if step.name == "closed":
        context["words"] = pause_words(project)
    if step.document is not None:
        context |= _document(user, step.document)
    if step.qualification is not None and step.qualification.feedback is not None:
        context["feedback"] = feedback_of(step.qualification.feedback)
    return context


def _document(user: User, document: Document) -> dict[str, Any]:
    before = accepted_before(user, document)
    label = _("Terms") if document.kind == DocumentKind.TERMS else _("Guidelines")
    lines = changes(before.text, document.text) if before else []
    return {"before": before, "changes": lines, "document_label": label}


@require_POST
def work_join(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Join; with the mark beside the warning, agree to it too."""
    user = cast(User, request.user)
    join_project(user=user, project_id=project_id)
    if request.POST.get("accept_warning"):
        accept_warning(user=user, project_id=project_id, sha256=request.POST.get("warning", ""))
    return redirect("work-project", project_id)


@require_POST
def work_warning(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Agree to the content warning that the page showed."""
    user = cast(User, request.user)
    project = project_for_worker(user, project_id)
    _read(request, user, project)
    accept_warning(user=user, project_id=project.pk, sha256=request.POST.get("warning", ""))
    return redirect("work-project", project.pk)


@require_POST
def work_go_on(request: HttpRequest, project_id: uuid.UUID, lease_id: uuid.UUID) -> HttpResponse:
    """What was expected has been read: give the next item, or say how the attempt ended."""
    user = cast(User, request.user)
    project = project_for_worker(user, project_id)
    _read(request, user, project)
    state = go_on(worker=user, project=project, lease_id=lease_id)
    if state.phase is Phase.PASSED and state.last is not None:
        messages.success(
            request,
            _("You are qualified: %(right)s of %(known)s points, %(required)s %% were needed.")
            % {"right": state.last.right, "known": state.last.known, "required": state.last.required_percent},
        )
    if state.phase in {Phase.ITEM, Phase.PASSED, Phase.FEEDBACK}:
        _take(request, user, project)
    return redirect("work-project", project.pk)


@require_POST
def work_begin(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Start the paid clock of a page that we ask people to read; sent by the page as it opens."""
    user = cast(User, request.user)
    project = project_for_worker(user, project_id)
    if not begin_reading(worker=user, project=project, tab=request.POST.get("tab", "")[:TAB_LENGTH]):
        return HttpResponse(status=204)
    return JsonResponse(dict(ClockOut(clock_view(user)).data))


@require_POST
def work_accept(request: HttpRequest, project_id: uuid.UUID, document_id: uuid.UUID) -> HttpResponse:
    """Accept one version of a text."""
    user = cast(User, request.user)
    project = project_for_worker(user, project_id)
    _read(request, user, project)
    documents.accept_document(user=user, document_id=document_id, project_id=project.pk)
    return redirect("work-project", project.pk)


@require_safe
def work_guide(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Show the texts in force, to look something up while working. The clock goes on as it is."""
    user = cast(User, request.user)
    project = project_for_worker(user, project_id)
    session = request.session.session_key or ""
    context = {
        "project": project,
        "documents": reversed(current_documents(project.pk)),
        "clock": clock_view(user),
        "clock_token": clocks.clock_token(user, session),
    }
    return render(request, "annotation/work_guide.html", context)


def _read(request: HttpRequest, user: User, project: Project) -> None:
    """Without scripts the signed time of opening starts the clock, after the fact."""
    if since := opened(request, user, project):
        read_since(worker=user, project=project, opened=since)


def _take(request: HttpRequest, user: User, project: Project) -> None:
    try:
        taking.take_next(worker=user, project=project, tab=request.POST.get("tab", "")[:TAB_LENGTH])
    except DomainError as error:
        messages.info(request, error.message)
