"""The stewards' pages of rates and bonuses, of payers, and of floors and terms. Every act asks who one is again."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from byhand.accounts.models import User
from byhand.accounts.reauth import recently_authenticated
from byhand.money import format_money
from wages.floors.weeks import terms_of
from wages.forms import PayerForm
from wages.models import PaidProject, RateCard
from wages.rates import forms as forms
from wages.rates.pools import pools_of
from wages.selectors.floors import floors_of
from wages.selectors.flow import money_flow, workers_of
from wages.selectors.places import workers_by_country
from wages.services import bonuses, payers, rate_cards, terms
from wages.views.steward import act, project_of, steward_of

# --- rates ---------------------------------------------------------------------------------------------------


def _rates(request: HttpRequest, project: PaidProject, status: int = 200, **context: Any) -> HttpResponse:
    values = {
        "project": project,
        "cards": RateCard.objects.filter(project=project).order_by("-version"),
        "card_form": forms.CardForm(prefix="rate", currency=project.currency),
        "bonus_form": _bonus_form(project),
        **context,
    }
    return render(request, "wages/pay_rates.html", values, status=status)


@require_safe
def rates(request: HttpRequest, project_id: UUID) -> HttpResponse:
    return _rates(request, project_of(request, project_id))


@require_POST
@recently_authenticated
def rate(request: HttpRequest, project_id: UUID) -> HttpResponse:
    project = project_of(request, project_id)
    form = forms.CardForm(request.POST, prefix="rate", currency=project.currency)
    if not form.is_valid():
        return _rates(request, project, status=422, card_form=form)
    return act(
        request,
        project,
        _rates,
        lambda: rate_cards.set_rate_card(actor=steward_of(request), project_id=project.pk, **form.terms()),
        "The new rate is in force. Work in hand keeps the rate that it began under.",
        "pay_rates",
        card_form=form,
    )


@require_POST
@recently_authenticated
def bonus(request: HttpRequest, project_id: UUID) -> HttpResponse:
    project = project_of(request, project_id)
    form = _bonus_form(project, request.POST)
    if not form.is_valid():
        return _rates(request, project, status=422, bonus_form=form)
    data = form.cleaned_data
    return act(
        request,
        project,
        _rates,
        lambda: bonuses.grant_bonus(
            actor=steward_of(request),
            project_id=project.pk,
            worker=User.objects.get(pk=data["worker"]),
            amount_micro=data["amount"],
            reason=data["reason"],
            key=data["key"],
        ),
        "The bonus is granted; the worker was told why.",
        "pay_rates",
        bonus_form=form,
    )


def _bonus_form(project: PaidProject, data: Any = None) -> forms.BonusForm:
    return forms.BonusForm(
        data,
        prefix="bonus",
        currency=project.currency,
        workers=workers_of(project),
        initial={"key": secrets.token_hex(8)},
    )


# --- payers --------------------------------------------------------------------------------------------------


def _payers(request: HttpRequest, project: PaidProject, status: int = 200, **context: Any) -> HttpResponse:
    pools = pools_of(project.pk)
    choices = [(pool.pool.pk, pool.name) for pool in pools]
    values = {
        "project": project,
        "pools": pools,
        "flow": money_flow(project),
        "payer_form": PayerForm(prefix="payer"),
        "pool_form": forms.PoolForm(prefix="pool"),
        "between_form": forms.IntermediaryForm(prefix="between", pools=choices),
        "member_form": forms.MemberForm(prefix="member", pools=choices, workers=workers_of(project)),
        **context,
    }
    return render(request, "wages/pay_payers.html", values, status=status)


def _payers_act(
    request: HttpRequest, project: PaidProject, do: Callable[[], object], done: str, **context: Any
) -> HttpResponse:
    return act(request, project, _payers, do, done, "pay_payers", **context)


@require_safe
def payers_page(request: HttpRequest, project_id: UUID) -> HttpResponse:
    return _payers(request, project_of(request, project_id))


@require_POST
@recently_authenticated
def payer(request: HttpRequest, project_id: UUID) -> HttpResponse:
    project, form = project_of(request, project_id), PayerForm(request.POST, prefix="payer")
    if not form.is_valid():
        return _payers(request, project, status=422, payer_form=form)
    return _payers_act(
        request,
        project,
        lambda: payers.name_payer(actor=steward_of(request), project_id=project.pk, **form.cleaned_data),
        "The payer is named.",
        payer_form=form,
    )


@require_POST
@recently_authenticated
def pool(request: HttpRequest, project_id: UUID) -> HttpResponse:
    project, form = project_of(request, project_id), forms.PoolForm(request.POST, prefix="pool")
    if not form.is_valid():
        return _payers(request, project, status=422, pool_form=form)
    return _payers_act(
        request,
        project,
        lambda: payers.set_pool(actor=steward_of(request), project_id=project.pk, **form.cleaned_data),
        "The pool and its payer are written down.",
        pool_form=form,
    )


@require_POST
@recently_authenticated
def intermediary(request: HttpRequest, project_id: UUID) -> HttpResponse:
    project = project_of(request, project_id)
    choices = [(each.pool.pk, each.name) for each in pools_of(project.pk)]
    form = forms.IntermediaryForm(request.POST, prefix="between", pools=choices)
    if not form.is_valid():
        return _payers(request, project, status=422, between_form=form)
    data = dict(form.cleaned_data)
    return _payers_act(
        request,
        project,
        lambda: payers.set_intermediary(
            actor=steward_of(request),
            project_id=project.pk,
            pool_id=data.pop("pool"),
            contract_micro=data.pop("amount"),
            **data,
        ),
        "The intermediary is written down.",
        between_form=form,
    )


@require_POST
@recently_authenticated
def member(request: HttpRequest, project_id: UUID) -> HttpResponse:
    project = project_of(request, project_id)
    choices = [(each.pool.pk, each.name) for each in pools_of(project.pk)]
    form = forms.MemberForm(request.POST, prefix="member", pools=choices, workers=workers_of(project))
    if not form.is_valid():
        return _payers(request, project, status=422, member_form=form)
    data = form.cleaned_data
    return _payers_act(
        request,
        project,
        lambda: payers.place_in_pool(
            actor=steward_of(request),
            project_id=project.pk,
            pool_id=data["pool"],
            worker=User.objects.get(pk=data["worker"]),
        ),
        "The worker is in that pool from now on.",
        member_form=form,
    )


# --- floors and terms ----------------------------------------------------------------------------------------


def _floors(request: HttpRequest, project: PaidProject, status: int = 200, **context: Any) -> HttpResponse:
    values = {
        "project": project,
        "floors": floors_of(project),
        "terms": terms_of(project),
        "workers": workers_by_country(project),
        "terms_form": forms.TermsForm(
            prefix="terms", currency=project.currency, initial=_typed_terms(project)
        ),
        **context,
    }
    return render(request, "wages/pay_floors.html", values, status=status)


@require_safe
def floors(request: HttpRequest, project_id: UUID) -> HttpResponse:
    return _floors(request, project_of(request, project_id))


@require_POST
@recently_authenticated
def set_terms(request: HttpRequest, project_id: UUID) -> HttpResponse:
    project = project_of(request, project_id)
    form = forms.TermsForm(request.POST, prefix="terms", currency=project.currency)
    if not form.is_valid():
        return _floors(request, project, status=422, terms_form=form)
    return act(
        request,
        project,
        _floors,
        lambda: terms.set_terms(actor=steward_of(request), project_id=project.pk, **form.terms()),
        "The terms are in force from now on; the ones before stay readable.",
        "pay_floors",
        terms_form=form,
    )


def _typed_terms(project: PaidProject) -> dict[str, Any]:
    """Return the terms in force as a steward would type them, so that a change begins from what is there."""
    now = terms_of(project)
    if now is None:
        return {}
    return {
        "countries": " ".join(now.countries),
        "overhead": _plain(now.overhead_micro, project.currency),
        "platform_fee": f"{now.platform_fee_permille / 10:g}",
        "payment_fee": f"{now.payment_fee_permille / 10:g}",
        "contributions": f"{now.contributions_permille / 10:g}",
        "data_hourly": _plain(now.data_hourly_micro, project.currency),
        "fx_spread": f"{now.fx_spread_permille / 10:g}",
        "appeal_contact": now.appeal_contact,
        "retention_years": now.retention_years,
        "dispute_years": now.dispute_years,
    }


def _plain(micro: int, currency: str) -> str:
    return format_money(micro, currency).removeprefix(f"{currency} ").replace(",", "")
