"""The stewards' dashboard and a project's overview. Reads only; what can be done is on the pages that it leads to."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from byhand.accounts.models import Role
from byhand.accounts.selectors import organisations_as
from wages import selectors
from wages.selectors.dashboard import dashboard, to_do
from wages.selectors.payouts import flow
from wages.views.steward import project_of, steward_of


@require_safe
def pay(request: HttpRequest) -> HttpResponse:
    user, now = steward_of(request), timezone.now()
    paid = list(selectors.projects_of_steward(user).order_by("organisation__name", "title", "id"))
    context = {
        "rows": dashboard(paid, at=now),
        "todo": to_do(paid, user, at=now),
        "steward": organisations_as(user, Role.STEWARD).exists(),
    }
    return render(request, "wages/pay.html", context)


@require_safe
def pay_project(request: HttpRequest, project_id: UUID) -> HttpResponse:
    project, now = project_of(request, project_id), timezone.now()
    values = {
        "project": project,
        "pay": selectors.pay_overview(project),
        "flow": flow(project.pk),
        "todo": to_do([project], steward_of(request), at=now),
    }
    return render(request, "wages/pay_project.html", values)
