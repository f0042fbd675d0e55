"""A worker's own pages of payments: where pay goes, what was sent, and their receipt. Nobody else's, ever."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from byhand.accounts.models import User
from byhand.accounts.reauth import recently_authenticated
from byhand.errors import DomainError, NotFound
from byhand.money.currencies import codes
from wages.floors.countries import COUNTRIES
from wages.models import PayoutLine, WorkPlace
from wages.paying.destinations import account_history
from wages.paying.forms import PayoutAccountForm, ReceiptForm
from wages.selectors.payments import my_pay, payments_of
from wages.services.payout_accounts import set_payout_account
from wages.services.receipts import record_receipt
from wages.views.steward import in_words


def _me(request: HttpRequest) -> User:
    return cast(User, request.user)


def _account_page(
    request: HttpRequest, form: PayoutAccountForm, status: int = 200, **more: Any
) -> HttpResponse:
    history = account_history(_me(request).pk)
    context = {"form": form, "history": history, "now": timezone.now(), **more}
    return render(request, "wages/payout_account.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@recently_authenticated
def my_payout_account(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _account_page(request, PayoutAccountForm(initial=_usual(_me(request))))
    form = PayoutAccountForm(request.POST)
    if not form.is_valid():
        return _account_page(request, form, status=422)
    try:
        account = set_payout_account(worker=_me(request), details=form.details())
    except DomainError as error:
        for problem in error.details.get("problems", []):
            field, _colon, text = problem.partition(": ")
            form.add_error(field if field in form.fields else None, text[:1].upper() + text[1:])
        return _account_page(request, form, status=error.status)
    until = f"{date_format(account.held_until, 'j M Y, H:i')} UTC"
    messages.success(request, _("Saved. Pay goes there from %(until)s on.") % {"until": until})
    return redirect("my_payout_account")


def _usual(worker: User) -> dict[str, str]:
    """Return what is likely: the country that they work in and the currency that they earn."""
    place = WorkPlace.objects.filter(worker=worker).order_by("-id").values_list("country", flat=True).first()
    earned = my_pay(worker)
    currency = earned[0].project.currency if earned else "USD"
    return {
        "currency": currency if currency in codes() else "USD",
        "country": place if place in COUNTRIES else "",
    }


def _payments_page(request: HttpRequest, status: int = 200, **more: Any) -> HttpResponse:
    rows = [(payment, ReceiptForm(prefix=payment.line.key[:8], currency=payment.line.currency))
            for payment in payments_of(_me(request))]  # fmt: skip
    context = {"rows": rows, "flows": my_pay(_me(request)), **more}
    return render(request, "wages/my_payments.html", context, status=status)


@require_safe
def my_payments(request: HttpRequest) -> HttpResponse:
    return _payments_page(request)


@require_POST
def my_receipt(request: HttpRequest, line_id: UUID) -> HttpResponse:
    line = PayoutLine.objects.filter(
        pk=line_id, worker=_me(request), batch__approved_at__isnull=False
    ).first()
    if line is None:
        raise NotFound(_("There is no such payment."))
    form = ReceiptForm(request.POST, prefix=line.key[:8], currency=line.currency)
    if not form.is_valid():
        return _payments_page(request, status=422, wrong=line.pk, wrong_form=form)
    try:
        record_receipt(
            worker=_me(request),
            line_id=line.pk,
            received_micro=form.cleaned_data["received"],
            fee_micro=form.cleaned_data["fee"],
            received_on=form.cleaned_data["received_on"],
        )
    except DomainError as error:
        return _payments_page(
            request, status=error.status, wrong=line.pk, wrong_form=form, refused=in_words(error)
        )
    messages.success(request, _("Thank you. Your receipt is kept."))
    return redirect("my_payments")
