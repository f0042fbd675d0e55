"""Pages about removing or pausing a person: the project's, and the person's own. Thin: services decide."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from annotation.models import Project
from annotation.selectors.removals import (
    is_project_steward,
    project_for_member,
    pseudonyms_in,
    removal_counts,
    removals_in,
    removals_of,
)
from annotation.services.removals import appeal_removal, decide_appeal, end_removal, propose_removal
from byhand.accounts.models import User
from byhand.accounts.reauth import recently_authenticated
from byhand.errors import DomainError


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


@require_safe
def my_decisions(request: HttpRequest) -> HttpResponse:
    return render(request, "annotation/my_decisions.html", {"rows": removals_of(_user(request))})


@require_POST
def appeal(request: HttpRequest, removal_id: uuid.UUID) -> HttpResponse:
    try:
        appeal_removal(worker=_user(request), removal_id=removal_id, words=request.POST.get("words", ""))
    except DomainError as error:
        if error.status == 404:
            raise
        context = {"rows": removals_of(_user(request)), "refused": error, "entered": request.POST}
        return render(request, "annotation/my_decisions.html", context, status=error.status)
    messages.success(request, _("Your appeal is sent. Somebody who did not propose this reads it."))
    return redirect("my_decisions")


@require_safe
def people(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    return _page(request, project_for_member(_user(request), project_id))


def _page(request: HttpRequest, project: Project, status: int = 200, **context: Any) -> HttpResponse:
    context |= {
        "project": project,
        "rows": removals_in(project),
        "pseudonyms": pseudonyms_in(project),
        "counts": removal_counts([project.pk]),
        "steward": is_project_steward(_user(request), project),
    }
    return render(request, "annotation/people.html", context, status=status)


@recently_authenticated
@require_POST
def propose(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    given = request.POST
    return _act(
        request, project_id, "Proposed. They have been told, with the reason.",
        lambda: propose_removal(
            actor=_user(request), project_id=project_id, pseudonym=given.get("pseudonym", ""),
            kind=given.get("kind", ""), reason=given.get("reason", ""), evidence=given.get("evidence", ""),
            abuse=given.get("abuse") == "yes",
        ),
    )  # fmt: skip


@recently_authenticated
@require_POST
def decide(request: HttpRequest, project_id: uuid.UUID, removal_id: uuid.UUID) -> HttpResponse:
    reverse, reason = request.POST.get("outcome") == "reverse", request.POST.get("reason", "")
    return _act(
        request, project_id, "Decided. They have been told, with your reason.",
        lambda: decide_appeal(actor=_user(request), removal_id=removal_id, reverse=reverse, reason=reason),
    )  # fmt: skip


@recently_authenticated
@require_POST
def end(request: HttpRequest, project_id: uuid.UUID, removal_id: uuid.UUID) -> HttpResponse:
    reason = request.POST.get("reason", "")
    return _act(
        request, project_id, "Taken back. They have been told.",
        lambda: end_removal(actor=_user(request), removal_id=removal_id, reason=reason),
    )  # fmt: skip


def _act(request: HttpRequest, project_id: uuid.UUID, done: str, do: Callable[[], object]) -> HttpResponse:
    project = project_for_member(_user(request), project_id)
    try:
        do()
    except DomainError as error:
        return _page(request, project, status=error.status, refused=error, entered=request.POST)
    messages.success(request, done)
    return redirect("project-people", project.pk)
