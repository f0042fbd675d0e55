"""The stewards' pages of payouts: batches, their files, evidence, reconciliation. Every act asks who one is again."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from byhand.accounts.reauth import recently_authenticated
from byhand.errors import DomainError, Invalid, NotFound
from wages.models import PaidProject, PayoutBatch
from wages.paying.files_in import LARGEST_FILE
from wages.paying.forms import SettlementForm
from wages.paying.payables import due
from wages.selectors.batches import AT_ONCE, FILTERS, batch_figures, batch_left_out, batch_lines, named
from wages.selectors.payments import reconciliation
from wages.selectors.payouts import flow
from wages.services import payouts, receipts, settling
from wages.views.statements import number_in
from wages.views.steward import act, in_words, project_of, steward_of


def _page(request: HttpRequest, project: PaidProject, status: int = 200, **context: Any) -> HttpResponse:
    now, steward = timezone.now(), steward_of(request)
    waiting = due(project, at=now, maker_id=steward.pk)
    batches = PayoutBatch.objects.filter(project=project).select_related("made_by", "approved_by")
    values = {
        "project": project,
        "flow": flow(project.pk),
        "due": named(waiting[:AT_ONCE]),
        "due_more": max(0, len(waiting) - AT_ONCE),
        "sendable": sum(not entry.reason for entry in waiting),
        "batches": list(batches.order_by("-made_at")[:50]),
        "draft": batches.filter(approved_at__isnull=True, cancelled_at__isnull=True).first(),
        "state": reconciliation(project, at=now),
        "settlement_form": SettlementForm(prefix="settlement"),
        "key": secrets.token_hex(8),
        **context,
    }
    return render(request, "wages/pay_payouts.html", values, status=status)


@require_safe
def pay_payouts(request: HttpRequest, project_id: UUID) -> HttpResponse:
    return _page(request, project_of(request, project_id))


@require_POST
@recently_authenticated
def make(request: HttpRequest, project_id: UUID) -> HttpResponse:
    project = project_of(request, project_id)
    try:
        batch = payouts.make_batch(
            actor=steward_of(request), project_id=project.pk, key=request.POST.get("key", "")
        )
    except DomainError as error:
        return _page(request, project, status=error.status, refused=in_words(error))
    messages.success(request, "The batch is made. Nothing is sent until another steward approves it.")
    return redirect("pay_batch", project_id=project.pk, batch_id=batch.pk)


def _batch_of(project: PaidProject, batch_id: UUID) -> PayoutBatch:
    found = PayoutBatch.objects.filter(pk=batch_id, project=project)
    batch = found.select_related("made_by", "approved_by", "cancelled_by").first()
    if batch is None:
        raise NotFound("There is no such batch.")
    return batch


def _batch_page(
    request: HttpRequest, project: PaidProject, batch: PayoutBatch, status: int = 200, **context: Any
) -> HttpResponse:
    figures, show = batch_figures(batch), request.GET.get("show", "all")
    if show not in FILTERS:
        raise Invalid(f"show: one of {', '.join(FILTERS)}.")
    values = {
        "project": project,
        "batch": batch,
        "figures": figures,
        "filters": [(name, text, figures.counts[name]) for name, (text, _chosen) in FILTERS.items()],
        "show": show,
        "lines": batch_lines(batch, figures, show=show, page=number_in(request, "page") or 1),
        "left_out": batch_left_out(batch, page=number_in(request, "left") or 1),
        "mine": batch.lines.filter(worker=steward_of(request)).exists(),
        **context,
    }
    return render(request, "wages/pay_batch.html", values, status=status)


@require_safe
def pay_batch(request: HttpRequest, project_id: UUID, batch_id: UUID) -> HttpResponse:
    project = project_of(request, project_id)
    return _batch_page(request, project, _batch_of(project, batch_id))


def _decide(
    request: HttpRequest, project: PaidProject, batch: PayoutBatch, do: Callable[[], object], done: str
) -> HttpResponse:
    try:
        do()
    except DomainError as error:
        batch.refresh_from_db()
        return _batch_page(request, project, batch, status=error.status, refused=in_words(error))
    messages.success(request, done)
    return redirect("pay_batch", project_id=project.pk, batch_id=batch.pk)


@require_POST
@recently_authenticated
def approve(request: HttpRequest, project_id: UUID, batch_id: UUID) -> HttpResponse:
    project = project_of(request, project_id)
    batch = _batch_of(project, batch_id)
    return _decide(
        request,
        project,
        batch,
        lambda: payouts.approve_batch(
            actor=steward_of(request), batch_id=batch.pk, seen_sha256=request.POST.get("content", "")
        ),
        "The batch is approved and its payments count as sent. Download the file and give it to the bank.",
    )


@require_POST
@recently_authenticated
def cancel(request: HttpRequest, project_id: UUID, batch_id: UUID) -> HttpResponse:
    project = project_of(request, project_id)
    batch = _batch_of(project, batch_id)
    return _decide(
        request,
        project,
        batch,
        lambda: payouts.cancel_batch(actor=steward_of(request), batch_id=batch.pk),
        "The batch is cancelled. Nothing was sent; its pay goes into the next batch.",
    )


@require_POST
@recently_authenticated
def file(request: HttpRequest, project_id: UUID, batch_id: UUID, layout: str) -> HttpResponse:
    project = project_of(request, project_id)
    batch = _batch_of(project, batch_id)
    try:
        content = payouts.payout_file(actor=steward_of(request), batch_id=batch.pk, layout=layout)
    except DomainError as error:
        return _batch_page(request, project, batch, status=error.status, refused=in_words(error))
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="payout-{batch.pk.hex[:8]}-{layout}.csv"'
    return response


@require_POST
@recently_authenticated
def settle(request: HttpRequest, project_id: UUID) -> HttpResponse:
    project = project_of(request, project_id)
    form = SettlementForm(request.POST, request.FILES, prefix="settlement")
    if not form.is_valid():
        return _page(request, project, status=422, settlement_form=form)
    content = form.cleaned_data["file"].read(LARGEST_FILE + 1)
    return act(
        request,
        project,
        _page,
        lambda: settling.settle(actor=steward_of(request), project_id=project.pk, content=content),
        "The evidence is taken in and compared line by line.",
        "pay_payouts",
    )


@require_POST
@recently_authenticated
def refund_fee(request: HttpRequest, project_id: UUID, receipt_id: int) -> HttpResponse:
    project = project_of(request, project_id)
    state = reconciliation(project, at=timezone.now())
    if receipt_id not in {row.receipt.pk for row in state.owed_fees if row.receipt}:
        raise NotFound("There is no such fee to pay back.")
    return act(
        request,
        project,
        _page,
        lambda: receipts.refund_fee(actor=steward_of(request), receipt_id=receipt_id),
        "The fee is added to the worker's earnings, at the funder's cost.",
        "pay_payouts",
    )
