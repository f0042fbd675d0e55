"""The worker's own timeline, its downloads, and the notice of what is recorded. Shows nobody else's."""

from __future__ import annotations

from datetime import date
from typing import cast

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from byhand.accounts.models import User
from byhand.errors import Invalid
from wages.selectors import timeline, timeline_export
from wages.services import clock
from wages.services.projects import database_now
from wages.timekeeping import monitoring
from wages.views.csv_stream import csv_response


@require_safe
def my_timeline(request: HttpRequest) -> HttpResponse:
    """Show one day (UTC): `?day=2026-03-02`, else today. `?part=live` is the part that the page fetches anew."""
    worker = cast(User, request.user)
    day, place = _day(request.GET.get("day", "")), _place(request.GET.get("from", ""))
    page = timeline.timeline(worker, day, database_now(), place)
    if request.GET.get("part") == "live":
        return render(request, "wages/_timeline_day.html", {"page": page})
    token = clock.clock_token(worker, request.session.session_key or "")
    return render(
        request,
        "wages/my_timeline.html",
        {"page": page, "clock": page.clock, "clock_token": token, "first": place == 0},
    )


def _place(text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise Invalid("from: the number of a stretch of the day.")
    return int(text or 0)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise Invalid("day: a day such as 2026-03-02.") from error
    if not 2000 <= day.year <= 9000:
        raise Invalid("day: a day such as 2026-03-02.")
    return day


@require_safe
def timeline_csv(request: HttpRequest) -> StreamingHttpResponse:
    return csv_response(timeline_export.csv_rows(cast(User, request.user)), "timeline.csv")


@require_safe
def timeline_json(request: HttpRequest) -> StreamingHttpResponse:
    parts = timeline_export.json_parts(cast(User, request.user))
    response = StreamingHttpResponse(parts, content_type="application/json")
    response["Content-Disposition"] = 'attachment; filename="timeline.json"'
    return response


@require_safe
def monitoring_notice(request: HttpRequest) -> HttpResponse:
    """Say what is recorded, made from the lists in `wages.timekeeping.monitoring`."""
    context = {
        "stored": monitoring.STORED,
        "sent": monitoring.SENT,
        "stays": monitoring.STAYS_WITH_YOU,
        "never": monitoring.NEVER_MADE,
    }
    return render(request, "wages/monitoring.html", context)
