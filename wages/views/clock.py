"""The clock's endpoints: beats and the presence question (JSON, proven by their token), break, resume, stop."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from byhand.accounts.models import User
from byhand.errors import DomainError, Invalid, problem
from wages.selectors.earnings import gap_ms
from wages.services import clock
from wages.services.offline import OfflineAct, act_offline
from wages.services.presence import EPOCH, ClockState
from wages.work import WorkKind, WorkRef

LARGEST_BODY = 4096
MS_PER_MINUTE = 60_000
LATEST_MS = 253_000_000_000_000


def _json(request: HttpRequest) -> dict[str, Any]:
    """Read a small JSON object; sendBeacon may send it as text/plain, so the content type is not asked for."""
    if len(request.body) > LARGEST_BODY:
        raise Invalid("A beat is at most 4096 bytes.")
    try:
        body = json.loads(request.body)
    except (UnicodeDecodeError, ValueError) as error:
        raise Invalid("The body is not JSON.") from error
    if not isinstance(body, dict):
        raise Invalid("The body is not a JSON object.")
    return body


def parse_work(text: object) -> WorkRef | None:
    """Read "rank:<id>"; blank or null is no work."""
    if text in (None, ""):
        return None
    kind, _colon, work_id = str(text).partition(":")
    try:
        return WorkRef(WorkKind(kind), work_id)
    except ValueError as error:
        raise Invalid("work: write it as kind:id, such as rank:0b5c.") from error


def _pairs(value: object) -> list[tuple[Any, Any]]:
    """Read [[seq, elapsed_ms], ...]; the service checks the numbers."""
    if not isinstance(value, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        raise Invalid("missed: a list of [seq, elapsed_ms].")
    return [(number, elapsed) for number, elapsed in value]


def _answer(state: ClockState) -> JsonResponse:
    return JsonResponse(asdict(state))


@csrf_exempt
@login_not_required
@require_POST
def beat(request: HttpRequest) -> HttpResponse:
    """Take one beat. The signed token in the body says whose it is: no cookie is read, so no login is needed."""
    try:
        body = _json(request)
        state = clock.beat(
            token=str(body.get("token", "")),
            tab=str(body.get("tab", "")),
            seq=body.get("seq", -1),
            elapsed_ms=body.get("elapsed_ms", -1),
            work=parse_work(body.get("work")),
            focused=body.get("focused", "work" in body) is True,  # a short beat names its work only in focus
            missed=_pairs(body.get("missed", [])),
        )
    except DomainError as error:
        return JsonResponse(problem(error), status=error.status, content_type="application/problem+json")
    return _answer(state)


@csrf_exempt
@login_not_required
@require_POST
def presence(request: HttpRequest) -> HttpResponse:
    """Learn that the page has asked "Still working?" ("asked"), or that it was answered ("answered")."""
    acts = {"asked": clock.ask_presence, "answered": clock.answer_presence}
    try:
        body = _json(request)
        act = acts.get(str(body.get("state", "")))
        if act is None:
            raise Invalid("state: asked or answered.")
        state = act(token=str(body.get("token", "")), ago_ms=body.get("ago_ms", 0))
    except DomainError as error:
        return JsonResponse(problem(error), status=error.status, content_type="application/problem+json")
    return _answer(state)


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Take a break, a return or a stop that was pressed without a connection, from the outbox (JSON)."""
    try:
        body = _json(request)
        state = act_offline(
            worker=cast(User, request.user),
            act=_act_of(body.get("act")),
            stamp=_moment(body.get("stamp_ms")),
            elapsed_ms=body.get("elapsed_ms", -1),
        )
    except DomainError as error:
        return JsonResponse(problem(error), status=error.status, content_type="application/problem+json")
    return JsonResponse({"status": state.state, **asdict(state)})


def _act_of(value: object) -> OfflineAct:
    try:
        return OfflineAct(str(value))
    except ValueError as error:
        raise Invalid("act: break, resume or stop.") from error


def _moment(ms: object) -> datetime:
    """Read the server's time that a page was told, in milliseconds since 1970."""
    if type(ms) is not int or not 0 <= ms <= LATEST_MS:
        raise Invalid("stamp_ms: milliseconds since 1970.")
    return EPOCH + timedelta(milliseconds=ms)


def _back(request: HttpRequest) -> HttpResponse:
    target = request.POST.get("next", "")
    allowed = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return redirect(target if allowed else "earnings")


@require_POST
def take_break(request: HttpRequest) -> HttpResponse:
    clock.take_break(worker=cast(User, request.user))
    return _back(request)


@require_POST
def resume(request: HttpRequest) -> HttpResponse:
    clock.end_break(worker=cast(User, request.user))
    return _back(request)


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    clock.stop(worker=cast(User, request.user))
    messages.info(request, _("Your clock is stopped. Everything up to now is recorded and paid."))
    return _back(request)


@require_POST
def answer_unknown(request: HttpRequest, interval_id: int) -> HttpResponse:
    """Take the worker's word about a gap: all of it was work, none, or so many minutes."""
    worker = cast(User, request.user)
    kind = request.POST.get("answer", "")
    if kind == "all":
        paid_ms = gap_ms(worker, interval_id)
    elif kind == "none":
        paid_ms = 0
    elif kind == "minutes":
        paid_ms = _minutes(request.POST.get("minutes", "")) * MS_PER_MINUTE
    else:
        raise Invalid("answer: all, none or minutes.")
    clock.answer_unknown(worker=worker, interval_id=interval_id, paid_ms=paid_ms)
    messages.success(request, _("Thank you. Your answer settles it; what was work is paid."))
    return redirect("earnings")


def _minutes(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise Invalid(_("minutes: a whole number, such as 15."))
    return int(text)
