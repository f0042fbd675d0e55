"""What every steward's page of one project shares: whose project it is, and one act with its refusal in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from byhand.accounts.models import User
from byhand.accounts.selectors import require_steward
from byhand.errors import DomainError, NotAllowed, NotFound
from wages.models import PaidProject

Page = Callable[..., HttpResponse]
"""Renders the page again: `page(request, project, status=..., **context)`."""


def steward_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def project_of(request: HttpRequest, project_id: UUID) -> PaidProject:
    """Return the project if its pay is this steward's to see; to anyone else it does not exist."""
    project = PaidProject.objects.select_related("organisation").filter(pk=project_id).first()
    if project is None:
        raise NotFound("There is no such project.")
    try:
        require_steward(steward_of(request), project.organisation_id)
    except NotAllowed as error:
        raise NotFound("There is no such project.") from error
    return project


def in_words(error: DomainError) -> dict[str, Any]:
    """Return a refusal for the page, without the service's own names of its fields."""
    message = _unnamed(error.message)
    problems = [_unnamed(problem) for problem in error.details.get("problems") or []]
    return {"message": message, "problems": [problem for problem in problems if problem != message]}


def _unnamed(text: str) -> str:
    name, _, rest = text.partition(": ")
    said = rest if rest and name.isidentifier() and name.islower() else text
    return said[:1].upper() + said[1:]


def act(
    request: HttpRequest,
    project: PaidProject,
    page: Page,
    do: Callable[[], object],
    done: str,
    back: str,
    **context: Any,
) -> HttpResponse:
    """Do one thing and go to `back`; a refusal comes back as the same page with its reason and what was typed."""
    try:
        do()
    except DomainError as error:
        return page(request, project, status=error.status, refused=in_words(error), **context)
    messages.success(request, done)
    return redirect(back, project_id=project.pk)
