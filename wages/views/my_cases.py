"""A worker's claims, disputes, and what is proposed about their pay. Shows nobody else's."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from byhand.accounts.models import User
from byhand.errors import DomainError, Invalid, NotFound
from wages.cases.forms import ClaimForm, WordsForm
from wages.cases.terms import appeal_contact
from wages.models import Case
from wages.selectors import cases as selectors
from wages.services import cases
from wages.views.admin_time import count_reading, opening
from wages.views.steward import in_words

PAGE = 100
NAMES = ("interval", "entry", "statement")


@require_safe
def my_cases(request: HttpRequest) -> HttpResponse:
    return _list(request)


@require_POST
def claim(request: HttpRequest) -> HttpResponse:
    """Take a claim for time that the clock did not see."""
    worker, form = _worker(request), _claim_form(request, request.POST)
    if not form.is_valid():
        return _list(request, status=422, claim_form=form)
    data = form.cleaned_data
    try:
        case = cases.make_claim(
            worker=worker,
            project_id=UUID(data["project"]),
            starts=data["starts"],
            ends=data["ends"],
            words=data["words"],
            key=data["key"],
        )
    except DomainError as error:
        return _list(request, status=error.status, claim_form=form, refused=in_words(error))
    messages.success(request, _("Your claim is made. Without an answer within 7 days it is paid in full."))
    return redirect("my_case", case.pk)


@require_safe
def my_dispute(request: HttpRequest, what: str, row_id: int) -> HttpResponse:
    """Ask for the words of a dispute about one stretch, entry or statement of one's own."""
    return _dispute_page(request, what, row_id)


@require_POST
def dispute(request: HttpRequest, what: str, row_id: int) -> HttpResponse:
    words, key = request.POST.get("words", ""), request.POST.get("key", "")
    try:
        case = cases.open_dispute(worker=_worker(request), target=_target(what, row_id), words=words, key=key)
    except DomainError as error:
        return _dispute_page(request, what, row_id, error.status, refused=in_words(error), words=words)
    messages.success(request, _("Your dispute is open. A person who had no part in it answers."))
    return redirect("my_case", case.pk)


@require_safe
def my_case(request: HttpRequest, case_id: int) -> HttpResponse:
    return _page(request, case_id)


@require_POST
def say(request: HttpRequest, case_id: int) -> HttpResponse:
    view = selectors.case_of(_worker(request), case_id)
    return _act(
        request, view.case, _("Your words are there; the other side was told."), cases.say, actor=True
    )


@require_POST
def appeal(request: HttpRequest, case_id: int) -> HttpResponse:
    view = selectors.case_of(_worker(request), case_id)
    return _act(request, view.case, _("Your appeal is made. Another person decides it."), cases.appeal)


@require_POST
def objection(request: HttpRequest, case_id: int) -> HttpResponse:
    view = selectors.case_of(_worker(request), case_id)
    done = _("You have objected. Nothing is taken back before a person has decided about it.")
    return _act(request, view.case, done, cases.object_to_cut, key=request.POST.get("key", ""))


def _act(
    request: HttpRequest, case: Case, done: str, do: Callable[..., Any], actor: bool = False, **more: Any
) -> HttpResponse:
    count_reading(request, case.project_id)
    words = request.POST.get("words", "")
    who = {"actor" if actor else "worker": _worker(request)}
    try:
        do(case_id=case.pk, words=words, **who, **more)
    except DomainError as error:
        return _page(request, case.pk, status=error.status, refused=in_words(error), words=words)
    messages.success(request, done)
    return redirect("my_case", case.pk)


def _list(request: HttpRequest, status: int = 200, **context: Any) -> HttpResponse:
    worker = _worker(request)
    views = [selectors.view_of(case) for case in selectors.cases_of(worker)[:PAGE]]
    values = {
        "waiting": [view for view in views if view.open],
        "decided": [view for view in views if not view.open],
        "claim_form": _claim_form(request),
        **context,
    }
    return render(request, "wages/my_cases.html", values, status=status)


def _claim_form(request: HttpRequest, data: Any = None) -> ClaimForm:
    worker = _worker(request)
    return ClaimForm(
        data,
        projects=selectors.projects_of_worker(worker),
        zone=selectors.zone_of(worker),
        initial={"key": secrets.token_hex(8)},
    )


def _page(request: HttpRequest, case_id: int, status: int = 200, **context: Any) -> HttpResponse:
    view = selectors.case_of(_worker(request), case_id)
    values = {
        "view": view,
        "contact": appeal_contact(view.case.project_id),
        "objection": Case.objects.filter(objects_to=view.case).first(),
        "words_form": WordsForm(initial={"key": secrets.token_hex(8)}),
        "key": secrets.token_hex(8),
        **opening(request, view.case.project),
        **context,
    }
    return render(request, "wages/my_case.html", values, status=status)


def _dispute_page(
    request: HttpRequest, what: str, row_id: int, status: int = 200, **context: Any
) -> HttpResponse:
    _target(what, row_id)
    row = selectors.disputable(_worker(request), what, row_id)
    values = {"what": what, "row": row, "row_id": row_id, "key": secrets.token_hex(8), **context}
    return render(request, "wages/my_dispute.html", values, status=status)


def _target(what: str, row_id: int) -> cases.Target:
    if what not in NAMES:
        raise NotFound("There is nothing at this address.")
    if row_id >= 2**63:
        raise Invalid("The number of the row is too large.")
    return cases.Target(**{what: row_id})


def _worker(request: HttpRequest) -> User:
    return cast(User, request.user)
