"""The stewards' page of unknown time: weeks above two hours of yes-answers, and a question to ask about them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from byhand.accounts.reauth import recently_authenticated
from byhand.errors import Invalid
from wages.models import PaidProject
from wages.selectors.beyond import beyond_cap_ms
from wages.selectors.projects import pay_overview
from wages.selectors.releases import released_ms
from wages.services.gap_questions import ask_about_gaps
from wages.services.projects import database_now
from wages.timekeeping.gap_weeks import unknown_over_two_hours
from wages.views.steward import act, project_of, steward_of


def _page(request: HttpRequest, project: PaidProject, status: int = 200, **context: Any) -> HttpResponse:
    now = database_now()
    values = {
        "project": project,
        "weeks": unknown_over_two_hours(project.pk),
        "unknown_ms": pay_overview(project).unknown_ms,
        "released_ms": released_ms(project.pk, project.created_at, now),
        "beyond_cap_ms": beyond_cap_ms(project.pk),
        "me": steward_of(request).pk,
    }
    return render(request, "wages/pay_unknown.html", {**values, **context}, status=status)


@require_safe
def pay_unknown(request: HttpRequest, project_id: UUID) -> HttpResponse:
    return _page(request, project_of(request, project_id))


@require_POST
@recently_authenticated
def ask(request: HttpRequest, project_id: UUID) -> HttpResponse:
    project = project_of(request, project_id)
    number, week = _asked(request)
    return act(
        request,
        project,
        _page,
        lambda: ask_about_gaps(actor=steward_of(request), project_id=project.pk, number=number, week=week),
        "The question is in this person's inbox. It changes nothing about their pay.",
        "pay_unknown",
    )


def _asked(request: HttpRequest) -> tuple[int, date]:
    number = request.POST.get("number", "")
    try:
        week = date.fromisoformat(request.POST.get("week", ""))
    except ValueError as error:
        raise Invalid("week: the day that the week begins with, such as 2026-03-02.") from error
    if not (number.isascii() and number.isdigit() and len(number) <= 9):
        raise Invalid("number: the number of a person of this project.")
    return int(number), week
