"""The stewards' page of a reservation: what came in, what is promised, what is left, and who owes."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from byhand.accounts.reauth import recently_authenticated
from byhand.errors import NotFound
from wages.forms import DepositForm, RefundForm, WorstCaseForm
from wages.models import PaidProject
from wages.selectors.reservation import reservation_view
from wages.services import projects, refunds
from wages.views.steward import act, project_of, steward_of

MS_PER_MINUTE = 60_000


def _page(request: HttpRequest, project: PaidProject, status: int = 200, **context: Any) -> HttpResponse:
    blank = DepositForm(prefix="deposit", currency=project.currency, initial={"key": secrets.token_hex(8)})
    back = RefundForm(prefix="refund", currency=project.currency, initial={"key": secrets.token_hex(8)})
    asked = WorstCaseForm(request.GET if "ballots" in request.GET or "minutes" in request.GET else None)
    ballots, minutes = asked.given()
    view = reservation_view(project, ballots=ballots, lease_ms=minutes * MS_PER_MINUTE, at=timezone.now())
    values = {
        "spare_micro": refunds.spare_micro(project),
        "project": project,
        "view": view,
        "minutes": minutes,
        "asked": asked,
        "deposit_form": blank,
        "refund_form": back,
        **context,
    }
    return render(request, "wages/pay_reservation.html", values, status=status)


@require_safe
def pay_reservation(request: HttpRequest, project_id: UUID) -> HttpResponse:
    return _page(request, project_of(request, project_id))


@require_POST
@recently_authenticated
def deposit(request: HttpRequest, project_id: UUID) -> HttpResponse:
    project = project_of(request, project_id)
    form = DepositForm(request.POST, prefix="deposit", currency=project.currency)
    if not form.is_valid():
        return _page(request, project, status=422, deposit_form=form)
    data = form.cleaned_data
    return act(
        request,
        project,
        _page,
        lambda: projects.deposit(
            actor=steward_of(request),
            project_id=project.pk,
            amount_micro=data["amount"],
            evidence=data["evidence"],
            key=data["key"],
        ),
        "The deposit is recorded. It counts once another steward approves it.",
        "pay_reservation",
        deposit_form=form,
    )


@require_POST
@recently_authenticated
def approve(request: HttpRequest, project_id: UUID, deposit_id: UUID) -> HttpResponse:
    project = project_of(request, project_id)
    if not project.deposits.filter(pk=deposit_id).exists():
        raise NotFound("There is no such deposit.")
    return act(
        request,
        project,
        _page,
        lambda: projects.approve_deposit(actor=steward_of(request), deposit_id=deposit_id),
        "The deposit is in the reservation.",
        "pay_reservation",
    )


@require_POST
@recently_authenticated
def refund(request: HttpRequest, project_id: UUID) -> HttpResponse:
    project = project_of(request, project_id)
    form = RefundForm(request.POST, prefix="refund", currency=project.currency)
    if not form.is_valid():
        return _page(request, project, status=422, refund_form=form)
    data = form.cleaned_data
    return act(
        request,
        project,
        _page,
        lambda: refunds.propose_refund(
            actor=steward_of(request),
            project_id=project.pk,
            amount_micro=data["amount"],
            reason=data["reason"],
            key=data["key"],
        ),
        "The refund is proposed. It moves money once another steward approves it.",
        "pay_reservation",
        refund_form=form,
    )


@require_POST
@recently_authenticated
def approve_refund(request: HttpRequest, project_id: UUID, refund_id: UUID) -> HttpResponse:
    project = project_of(request, project_id)
    if not project.refunds.filter(pk=refund_id).exists():
        raise NotFound("There is no such refund.")
    return act(
        request,
        project,
        _page,
        lambda: refunds.approve_refund(actor=steward_of(request), refund_id=refund_id),
        "The refund has left the reservation.",
        "pay_reservation",
    )
