"""A worker's pay statements: the list, one with every row that it counts, its JSON, and the worker's answer."""

from __future__ import annotations

import secrets
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from byhand.accounts.models import User
from byhand.errors import DomainError, Invalid
from wages.models import Statement
from wages.selectors import statements as selectors
from wages.services import answers
from wages.views.admin_time import count_reading, opening
from wages.views.steward import in_words


@require_safe
def my_statements(request: HttpRequest) -> HttpResponse:
    rows = selectors.statements_of(_worker(request))
    return render(request, "wages/my_statements.html", {"statements": rows})


@require_safe
def my_statement(request: HttpRequest, statement_id: int) -> HttpResponse:
    return _page(request, selectors.statement_of(_worker(request), statement_id))


@require_safe
def my_statement_json(request: HttpRequest, statement_id: int) -> HttpResponse:
    """Hand out the body byte for byte as it is stored, so that its hash can be checked."""
    statement = selectors.statement_of(_worker(request), statement_id)
    response = HttpResponse(statement.body, content_type="application/json")
    name = f"statement-{statement.pk}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
def my_statement_answer(request: HttpRequest, statement_id: int) -> HttpResponse:
    """Take "it is right", or the words of a dispute. Either may be sent again."""
    statement = selectors.statement_of(_worker(request), statement_id)
    count_reading(request, statement.project_id)
    words = request.POST.get("words", "")
    try:
        if request.POST.get("answer") == "confirmed":
            answers.confirm_statement(worker=_worker(request), statement_id=statement_id)
            messages.success(
                request, _("Thank you. You have confirmed this statement; every right stays open.")
            )
            return redirect("my_statement", statement_id)
        if request.POST.get("answer") != "disputed":
            raise Invalid(_("answer: confirmed or disputed."))
        case = answers.dispute_statement(
            worker=_worker(request), statement_id=statement_id, words=words, key=request.POST.get("key", "")
        )
    except DomainError as error:
        return _page(request, statement, status=error.status, refused=in_words(error), words=words)
    messages.success(request, _("Your dispute is open. A person who had no part in it answers."))
    return redirect("my_case", case.pk)


def _page(request: HttpRequest, statement: Statement, status: int = 200, **context: Any) -> HttpResponse:
    before, entries_before = number_in(request, "before"), number_in(request, "entries_before")
    values = {
        "statement": statement,
        "figures": selectors.figures(statement),
        "intervals": selectors.intervals_in(statement, before),
        "entries": selectors.entries_in(statement, entries_before),
        "cases": statement.cases.order_by("-id"),
        "key": secrets.token_hex(8),
        **opening(request, statement.project),
        **context,
    }
    return render(request, "wages/my_statement.html", values, status=status)


def number_in(request: HttpRequest, name: str) -> int | None:
    """Return a row's number from the address, or None; raises Invalid for anything else."""
    given = request.GET.get(name, "")
    if given and not (given.isascii() and given.isdigit() and len(given) <= 18):
        raise Invalid(f"{name}: the number of a row.")
    return int(given) if given else None


def _worker(request: HttpRequest) -> User:
    return cast(User, request.user)
