"""The annotator's pages: join, read and accept, start, rank, skip. Taking work is always a POST."""

from __future__ import annotations

import secrets
import uuid
from datetime import UTC, datetime
from typing import Any, cast

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotation.api.serializers import ClockOut
from annotation.models import Project, SkipReason
from annotation.ranking import InvalidRanking, from_ranks
from annotation.selectors.pay import paid_terms
from annotation.selectors.projects import current_documents
from annotation.selectors.work import (
    Step,
    held_item,
    invited_to_a_draft,
    next_step,
    project_for_worker,
    projects_for,
)
from annotation.services import documents, submitting, taking
from annotation.services.participation import join_project
from annotation.services.starting import begin_reading, read_since, start
from byhand.accounts.models import User
from byhand.errors import DomainError, Invalid, problem, wants_json
from wages.selectors import clock_view
from wages.services import clock as clocks

STAMP_SALT = "annotation.opened-at"
STAMP_SECONDS = 12 * 3600
TAB_LENGTH = 64
SHOWING_PAY = frozenset({"join", "start"})


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _tab(request: HttpRequest) -> str:
    return request.POST.get("tab", "")[:TAB_LENGTH]


@require_safe
def work_list(request: HttpRequest) -> HttpResponse:
    rows = [(project, paid_terms(project.pk)) for project in projects_for(_user(request))]
    context = {"rows": rows, "soon": invited_to_a_draft(_user(request)), **_clock(request)}
    return render(request, "annotation/work.html", context)


@require_safe
def work_project(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Show the one thing to do next. Changes nothing: what begins time or takes work is a POST."""
    user = _user(request)
    project = project_for_worker(user, project_id)
    clock = _clock(request)
    step = next_step(user, project)
    return render(request, f"annotation/work_{_page(step)}.html", _step_context(user, project, step, clock))


def _page(step: Step) -> str:
    return "document" if step.document else step.name


def _step_context(user: User, project: Project, step: Step, clock: dict[str, Any]) -> dict[str, Any]:
    context = {"project": project, "step": step, **clock}
    if step.name in SHOWING_PAY:
        context["paid"] = paid_terms(project.pk)
    if step.document:
        salt = f"{STAMP_SALT}.{project.pk}.{user.pk}"
        context["opened_at"] = signing.dumps(datetime.now(UTC).timestamp(), salt=salt)
    if step.name == "rank" and step.lease:
        context |= {
            "held": held_item(step.lease),
            "key": secrets.token_hex(16),
            "skip_key": secrets.token_hex(16),
            "skip_reasons": SkipReason.choices,
            "ranks": range(1, project.k + 1),
            "work": f"rank:{step.lease.pk}",
        }
    return context


def _clock(request: HttpRequest) -> dict[str, Any]:
    user = _user(request)
    session = request.session.session_key or ""
    return {"clock": clock_view(user), "clock_token": clocks.clock_token(user, session)}


@require_POST
def work_join(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    join_project(user=_user(request), project_id=project_id)
    return redirect("work-project", project_id)


@require_POST
def work_begin(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Start the paid clock of a text that we ask people to read; sent by the page as it opens."""
    user, project = _user(request), project_for_worker(_user(request), project_id)
    if not begin_reading(worker=user, project=project, tab=_tab(request)):
        return HttpResponse(status=204)
    return JsonResponse(dict(ClockOut(clock_view(user)).data))


@require_POST
def work_accept(request: HttpRequest, project_id: uuid.UUID, document_id: uuid.UUID) -> HttpResponse:
    """Accept one version. Without scripts the signed time of opening starts the clock, after the fact."""
    user, project = _user(request), project_for_worker(_user(request), project_id)
    if opened := _opened(request, project):
        read_since(worker=user, project=project, opened=opened)
    documents.accept_document(user=user, document_id=document_id, project_id=project.pk)
    return redirect("work-project", project.pk)


def _opened(request: HttpRequest, project: Project) -> datetime | None:
    """Return when this page was opened, as the server signed it for this person and project."""
    try:
        salt = f"{STAMP_SALT}.{project.pk}.{_user(request).pk}"
        stamp = signing.loads(request.POST.get("opened_at", ""), salt=salt, max_age=STAMP_SECONDS)
    except signing.BadSignature:
        return None
    return datetime.fromtimestamp(float(stamp), UTC)


@require_safe
def work_guide(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Show the texts in force, to look something up while working. The clock goes on as it is."""
    project = project_for_worker(_user(request), project_id)
    context = {"project": project, "documents": reversed(current_documents(project.pk)), **_clock(request)}
    return render(request, "annotation/work_guide.html", context)


@require_POST
def work_start(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """“Start work”: refused before it starts where nothing can be offered."""
    project = project_for_worker(_user(request), project_id)
    start(worker=_user(request), project=project, tab=_tab(request))
    return redirect("work-project", project.pk)


@require_POST
def work_next(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    project = project_for_worker(_user(request), project_id)
    taking.take_next(worker=_user(request), project=project, tab=_tab(request))
    return redirect("work-project", project.pk)


@require_POST
def work_submit(request: HttpRequest, project_id: uuid.UUID, lease_id: uuid.UUID) -> HttpResponse:
    """Take the ranking of the form of numbers, then give the next item."""
    user, project = _user(request), project_for_worker(_user(request), project_id)
    try:
        ranking = from_ranks(**_answer(request, project.k))
        groups, unacceptable = ranking.as_lists()
        result = submitting.submit_ballot(
            worker=user,
            lease_id=lease_id,
            groups=groups,
            unacceptable=unacceptable,
            key=request.POST.get("key", ""),
            note=request.POST.get("note", ""),
        )
    except InvalidRanking as error:
        return _show_again(request, project, error)
    if result.status == "surplus":
        messages.info(
            request, "Counted as surplus: enough people had ranked it by then. You are paid all the same."
        )
    return _onward(request, user, project)


@require_POST
def work_skip(request: HttpRequest, project_id: uuid.UUID, lease_id: uuid.UUID) -> HttpResponse:
    user, project = _user(request), project_for_worker(_user(request), project_id)
    submitting.skip_item(
        worker=user, lease_id=lease_id, reason=request.POST.get("reason", ""), key=request.POST.get("key", "")
    )
    return _onward(request, user, project)


def _answer(request: HttpRequest, k: int) -> dict[str, Any]:
    """Read `rank_<index>` and `unacceptable_<index>` of the form."""
    ranks: dict[int, int | None] = {}
    problems = []
    for index in range(k):
        text = request.POST.get(f"rank_{index}", "").strip()
        if text and not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= k):
            problems.append(f"completion {index + 1}: a rank is a number from 1 to {k}, not {text[:20]!r}")
        ranks[index] = int(text) if text and not problems else None
    if problems:
        raise InvalidRanking("Some ranks can't be used.", problems)
    unacceptable = [index for index in range(k) if request.POST.get(f"unacceptable_{index}")]
    return {"ranks": ranks, "unacceptable": unacceptable, "k": k}


def _onward(request: HttpRequest, user: User, project: Project) -> HttpResponse:
    """Give the next item where the clock still runs; what the worker reads next is shown by the page."""
    try:
        taking.take_next(worker=user, project=project, tab=_tab(request))
    except DomainError as error:
        messages.info(request, error.message)
    if wants_json(request):
        return JsonResponse({"next": f"/work/{project.pk}/"})
    return redirect("work-project", project.pk)


def _show_again(request: HttpRequest, project: Project, error: Invalid) -> HttpResponse:
    """Show the item again with what was entered and what is missing; nothing is lost or pre-filled."""
    if wants_json(request):
        return JsonResponse(problem(error), status=error.status, content_type="application/problem+json")
    user = _user(request)
    step = next_step(user, project)
    if step.name != "rank":
        raise error
    context = _step_context(user, project, step, _clock(request))
    context |= {"refused": error, "entered": request.POST, "key": request.POST.get("key", context["key"])}
    return render(request, "annotation/work_rank.html", context, status=422)
