"""The stewards' dashboard and a project's overview: payer, rate, periods, corrections. Acts ask who one is again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from byhand.accounts.models import Role
from byhand.accounts.reauth import recently_authenticated
from byhand.accounts.selectors import organisations_as
from wages import selectors
from wages.forms import PayerForm, RateForm
from wages.models import PaidProject
from wages.selectors.dashboard import dashboard, to_do
from wages.selectors.payouts import flow
from wages.services import projects
from wages.views.steward import act, project_of, steward_of


def _forms(project: PaidProject) -> dict[str, Form]:
    currency = project.currency
    return {
        "payer_form": PayerForm(prefix="payer"),
        "rate_form": RateForm(prefix="rate", currency=currency),
    }


def _page(request: HttpRequest, project: PaidProject, status: int = 200, **context: Any) -> HttpResponse:
    overview = selectors.pay_overview(project)
    flowing = flow(project.pk)
    values = {"project": project, "pay": overview, "flow": flowing, **_forms(project), **context}
    return render(request, "wages/pay_project.html", values, status=status)


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
    return _page(request, project_of(request, project_id))


def _act(
    request: HttpRequest, project: PaidProject, do: Callable[[], object], done: str, **context: Any
) -> HttpResponse:
    return act(request, project, _page, do, done, "pay_project", **context)


@require_POST
@recently_authenticated
def payer(request: HttpRequest, project_id: UUID) -> HttpResponse:
    project, form = project_of(request, project_id), PayerForm(request.POST, prefix="payer")
    if not form.is_valid():
        return _page(request, project, status=422, payer_form=form)
    return _act(
        request,
        project,
        lambda: projects.name_payer(actor=steward_of(request), project_id=project.pk, **form.cleaned_data),
        "The payer is named.",
        payer_form=form,
    )


@require_POST
@recently_authenticated
def rate(request: HttpRequest, project_id: UUID) -> HttpResponse:
    project = project_of(request, project_id)
    form = RateForm(request.POST, prefix="rate", currency=project.currency)
    if not form.is_valid():
        return _page(request, project, status=422, rate_form=form)
    hourly = form.cleaned_data["hourly"]
    return _act(
        request,
        project,
        lambda: projects.set_rate_card(actor=steward_of(request), project_id=project.pk, hourly_micro=hourly),
        "The new rate is in force. Work in hand keeps the rate that it began under.",
        rate_form=form,
    )
