"""The stewards' pages of claims, disputes and cuts: a queue by deadline, and one case with its decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from byhand.accounts.reauth import recently_authenticated
from byhand.errors import DomainError
from wages.cases.bars import WHY, WHY_THEY, bars
from wages.cases.forms import CutForm, DecideForm, WordsForm
from wages.cases.terms import appeal_contact
from wages.models import CaseKind, PaidProject
from wages.selectors import cases as selectors
from wages.selectors import statements
from wages.selectors.case_figures import case_figures
from wages.services import cases
from wages.views.statements import number_in
from wages.views.steward import in_words, project_of, steward_of

PAGE = 200


@require_safe
def pay_cases(request: HttpRequest, project_id: UUID) -> HttpResponse:
    return _list(request, project_of(request, project_id))


@require_safe
def pay_statements(request: HttpRequest, project_id: UUID) -> HttpResponse:
    project = project_of(request, project_id)
    periods = statements.answers_by_period(project.pk)
    chosen = number_in(request, "period") or (periods[0].period.pk if periods else 0)
    values = {
        "project": project,
        "periods": periods,
        "chosen": next((row for row in periods if row.period.pk == chosen), None),
        "page": statements.statements_in(project.pk, chosen, number_in(request, "after")),
    }
    return render(request, "wages/pay_statements.html", values)


@require_safe
def pay_case(request: HttpRequest, project_id: UUID, case_id: int) -> HttpResponse:
    return _page(request, project_of(request, project_id), case_id)


@require_POST
@recently_authenticated
def propose(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Propose that a payment is taken back. Nothing moves for seven days."""
    project, form = project_of(request, project_id), CutForm(request.POST, prefix="cut")
    if form.is_valid() and not project.entries.filter(pk=form.cleaned_data["entry"]).exists():
        form.add_error("entry", "This project has no such ledger entry.")
    if not form.is_valid():
        return _list(request, project, status=422, cut_form=form)
    data = form.cleaned_data
    try:
        case = cases.propose_cut(
            actor=steward_of(request),
            entry_id=data["entry"],
            reason=data["reason"],
            evidence=data["evidence"],
        )
    except DomainError as error:
        return _list(request, project, status=error.status, cut_form=form, refused=in_words(error))
    messages.success(request, "The worker was told, and can object for 7 days. Nothing has changed yet.")
    return redirect("pay_case", project.pk, case.pk)


@require_POST
@recently_authenticated
def decide(request: HttpRequest, project_id: UUID, case_id: int) -> HttpResponse:
    project = project_of(request, project_id)
    view = selectors.case_in(project.pk, case_id)
    form = _decide_form(view, request.POST)
    if not form.is_valid():
        return _page(request, project, case_id, status=422, decide_form=form)
    return _act(
        request,
        project,
        case_id,
        lambda: cases.decide(actor=steward_of(request), case_id=case_id, verdict=form.verdict()),
        "Decided. The worker was told and reads your reason.",
        decide_form=form,
    )


@require_POST
@recently_authenticated
def apply(request: HttpRequest, project_id: UUID, case_id: int) -> HttpResponse:
    """Apply a proposed cut, or drop it."""
    project = project_of(request, project_id)
    selectors.case_in(project.pk, case_id)
    words = request.POST.get("words", "")
    do = cases.drop_cut if request.POST.get("act") == "drop" else cases.apply_cut
    return _act(
        request,
        project,
        case_id,
        lambda: do(actor=steward_of(request), case_id=case_id, reason=words),
        "Done. The worker was told.",
        cut_words=words,
    )


@require_POST
def say(request: HttpRequest, project_id: UUID, case_id: int) -> HttpResponse:
    project = project_of(request, project_id)
    selectors.case_in(project.pk, case_id)
    words = request.POST.get("words", "")
    return _act(
        request,
        project,
        case_id,
        lambda: cases.say(actor=steward_of(request), case_id=case_id, words=words),
        "The worker was told.",
        words=words,
    )


def _act(
    request: HttpRequest,
    project: PaidProject,
    case_id: int,
    do: Callable[[], object],
    done: str,
    **context: Any,
) -> HttpResponse:
    try:
        do()
    except DomainError as error:
        return _page(request, project, case_id, status=error.status, refused=in_words(error), **context)
    messages.success(request, done)
    return redirect("pay_case", project.pk, case_id)


def _list(request: HttpRequest, project: PaidProject, status: int = 200, **context: Any) -> HttpResponse:
    views = [selectors.view_of(case) for case in selectors.cases_of_project(project.pk)[:PAGE]]
    now = timezone.now()
    values = {
        "project": project,
        "now": now,
        "waiting": sorted((view for view in views if view.due_at), key=lambda view: view.due_at or now),
        "decided": [view for view in views if not view.open],
        "figures": list(case_figures([project.pk], at=now).values()),
        "contact": appeal_contact(project.pk),
        "cut_form": CutForm(prefix="cut"),
        **context,
    }
    return render(request, "wages/pay_cases.html", values, status=status)


def _page(
    request: HttpRequest, project: PaidProject, case_id: int, status: int = 200, **context: Any
) -> HttpResponse:
    view = selectors.case_in(project.pk, case_id)
    barred = bars(case_id)
    values = {
        "project": project,
        "view": view,
        "now": timezone.now(),
        "why": WHY.get(barred.get(steward_of(request).pk, "")),
        **_deciders(project, barred),
        "claimed_ms": selectors.claimed_ms(view.case),
        "contact": appeal_contact(project.pk),
        "is_cut": view.case.kind == CaseKind.CUT,
        "decide_form": _decide_form(view),
        "words_form": WordsForm(),
        **context,
    }
    return render(request, "wages/pay_case.html", values, status=status)


def _deciders(project: PaidProject, barred: dict[int, str]) -> dict[str, Any]:
    """Return every steward with what bars them in words about a third person."""
    rows = selectors.deciders(project, barred)
    stewards = [(user, code, WHY_THEY.get(code, "")) for user, code in rows]
    return {"stewards": stewards, "nobody_left": all(code for _user, code in rows)}


def _decide_form(view: selectors.CaseView, data: Any = None) -> DecideForm:
    contact = appeal_contact(view.case.project_id)
    return DecideForm(data, prefix="decide", case=view.case, second=view.appealed, contact=contact)
