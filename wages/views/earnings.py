"""The worker's own page: what ran, what it paid, what is not settled yet. Shows nobody else's."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from byhand.accounts.models import User
from byhand.errors import Invalid
from wages import selectors
from wages.selectors.payments import arrived
from wages.services import clock
from wages.views.csv_stream import csv_response


@require_safe
def earnings(request: HttpRequest) -> HttpResponse:
    worker = cast(User, request.user)
    before = request.GET.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) <= 18):
        raise Invalid("before: the number of an interval.")
    page = selectors.earnings(worker, before=int(before) if before else None)
    token = clock.clock_token(worker, request.session.session_key or "")
    return render(
        request,
        "wages/earnings.html",
        {
            "page": page,
            "clock": page.clock,
            "clock_token": token,
            "first": not before,
            "arrived": arrived(worker) if not before else [],
        },
    )


@require_safe
def intervals_csv(request: HttpRequest) -> StreamingHttpResponse:
    return csv_response(selectors.csv_rows(cast(User, request.user)), "intervals.csv")
