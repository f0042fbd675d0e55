"""The annotator's pages: what to do now, start, rank, skip. Taking work is always a POST."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from annotation.errors import NoOffer
from annotation.models import Project
from annotation.ranking import InvalidRanking
from annotation.ranking_form import answer_of_form
from annotation.selectors.drafts import draft_for_page
from annotation.selectors.offers import refusal_now
from annotation.selectors.pay import offer_of
from annotation.selectors.reviews import reviewing
from annotation.selectors.work import (
    Step,
    asked_of,
    invited_to_a_draft,
    lease_of,
    next_step,
    project_for_worker,
    projects_for,
)
from annotation.services import submitting, taking
from annotation.services.starting import start
from annotation.views.joining import joining_context
from annotation.views.ranker import entered_in, ranker_context
from byhand.accounts.models import User
from byhand.errors import DomainError, Invalid, problem, wants_json
from wages.selectors import clock_view
from wages.selectors.releases import release_words
from wages.services import clock as clocks

TAB_LENGTH = 64
MAY_BE_REFUSED = frozenset({"start", "waiting"})


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _tab(request: HttpRequest) -> str:
    return request.POST.get("tab", "")[:TAB_LENGTH]


@require_safe
def work_list(request: HttpRequest) -> HttpResponse:
    rows = [(project, offer_of(project, _user(request).pk)) for project in projects_for(_user(request))]
    context = {
        "rows": rows,
        "soon": invited_to_a_draft(_user(request)),
        "reviewing": reviewing(_user(request)),
        **_clock(request),
    }
    return render(request, "annotation/work.html", context)


@require_safe
def work_project(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Show the one thing to do next. Changes nothing: what begins time or takes work is a POST."""
    user = _user(request)
    project = project_for_worker(user, project_id)
    step = next_step(user, project)
    clock = _clock(request, step.estimate_ms)
    return render(request, f"annotation/work_{_page(step)}.html", _step_context(user, project, step, clock))


def _page(step: Step) -> str:
    return "document" if step.document else step.name


def _step_context(user: User, project: Project, step: Step, clock: dict[str, Any]) -> dict[str, Any]:
    context = {"project": project, "step": step, **clock}
    if step.name == "rank" and step.lease:
        kept = {"work": f"rank:{step.lease.pk}", "draft": draft_for_page(step.lease.pk, user)}
        return context | ranker_context(project, step.lease) | kept
    if step.name in MAY_BE_REFUSED:
        context["no_offer"] = refusal_now(user, project)
        context["released"] = release_words(user, project.pk)
    return context | joining_context(user, project, step)


def _clock(request: HttpRequest, estimate_ms: int = 0) -> dict[str, Any]:
    """Return what the clock in the header needs; items that take long are given longer before it asks."""
    user = _user(request)
    session = request.session.session_key or ""
    return {
        "clock": clock_view(user),
        "clock_token": clocks.clock_token(user, session, estimate_ms),
        "ask_after_ms": clocks.ask_after_ms(estimate_ms),
    }


@require_POST
def work_start(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """“Start work”: refused before it starts where nothing can be offered."""
    project = project_for_worker(_user(request), project_id)
    start(worker=_user(request), project=project, tab=_tab(request))
    return redirect("work-project", project.pk)


@require_POST
def work_next(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    project = project_for_worker(_user(request), project_id)
    with suppress(NoOffer):  # the page says why, and from when on it is possible again
        taking.take_next(worker=_user(request), project=project, tab=_tab(request))
    return redirect("work-project", project.pk)


@require_POST
def work_submit(request: HttpRequest, project_id: uuid.UUID, lease_id: uuid.UUID) -> HttpResponse:
    """Take the ranking of the form of numbers, then give the next item."""
    user, project = _user(request), project_for_worker(_user(request), project_id)
    try:
        lease = lease_of(user, project, lease_id)
        answer = answer_of_form(entered_in(request), asked_of(project), lease.shown_order)
        result = submitting.submit_ballot(
            worker=user,
            lease_id=lease_id,
            answer=answer,
            key=request.POST.get("key", ""),
            note=request.POST.get("note", ""),
        )
    except InvalidRanking as error:
        return _show_again(request, project, lease_id, error)
    if result.status == "surplus":
        messages.info(
            request, _("Counted as surplus: enough people had ranked it by then. You are paid all the same.")
        )
    return _onward(request, user, project)


@require_POST
def work_skip(request: HttpRequest, project_id: uuid.UUID, lease_id: uuid.UUID) -> HttpResponse:
    user, project = _user(request), project_for_worker(_user(request), project_id)
    submitting.skip_item(
        worker=user, lease_id=lease_id, reason=request.POST.get("reason", ""), key=request.POST.get("key", "")
    )
    return _onward(request, user, project)


def _onward(request: HttpRequest, user: User, project: Project) -> HttpResponse:
    """Give the next item where the clock still runs; what the worker reads next is shown by the page."""
    try:
        taking.take_next(worker=user, project=project, tab=_tab(request))
    except DomainError as error:
        messages.info(request, error.message)
    if wants_json(request):
        return JsonResponse({"next": f"/work/{project.pk}/"})
    return redirect("work-project", project.pk)


def _show_again(request: HttpRequest, project: Project, lease_id: uuid.UUID, error: Invalid) -> HttpResponse:
    """Show the item again with what was entered and what is missing; nothing is lost or pre-filled."""
    if wants_json(request):
        return JsonResponse(problem(error), status=error.status, content_type="application/problem+json")
    user = _user(request)
    step = next_step(user, project)
    if step.name != "rank" or step.lease is None or step.lease.pk != lease_id:
        raise error  # another item is in their hands: what was entered for this one is not shown beside it
    context = _step_context(user, project, step, _clock(request, step.estimate_ms))
    context |= ranker_context(project, step.lease, entered=entered_in(request)) | {"refused": error}
    return render(request, "annotation/work_rank.html", context, status=422)
