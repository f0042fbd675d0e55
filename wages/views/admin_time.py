"""Paid time of pages about pay: reading a statement, a case or a message is work.

So the clock starts as such a page opens. With scripts the page says that it opened; without, the next form brings
the signed time of opening.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from django.core import signing
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from byhand.accounts.models import User
from byhand.accounts.selectors import invited_projects
from byhand.accounts.services import mark_read
from byhand.errors import DomainError, Invalid, NotFound
from wages.models import Interval, PaidProject
from wages.selectors import clock_view
from wages.selectors.reading import reading_project
from wages.services import clock
from wages.work import Category

SALT = "wages.opened-at"
SECONDS = 12 * 3600
TAB_LENGTH = 64


def opening(request: HttpRequest, project: PaidProject) -> dict[str, Any]:
    """Return what a page of paid reading needs: the clock bar, the address that starts it, the time of opening."""
    worker = cast(User, request.user)
    return {
        "clock": clock_view(worker),
        "clock_token": clock.clock_token(worker, request.session.session_key or ""),
        "begin_url": reverse("my_admin_begin", args=[project.pk]),
        "opened_at": signing.dumps(datetime.now(UTC).timestamp(), salt=_salt(worker, project.pk)),
    }


def reading(request: HttpRequest) -> dict[str, Any] | None:
    """Return `opening` for a page that belongs to no project, such as the inbox; None where no project pays for it."""
    project = reading_project(cast(User, request.user))
    if project is None:
        return None
    return {**opening(request, project), "read_url": reverse("my_inbox_read", args=[project.pk])}


@require_POST
def read_inbox(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Mark one message read, or all without its number, and count the reading since the inbox was opened."""
    count_reading(request, project_id)
    given = request.POST.get("message", "")
    if given and not (given.isascii() and given.isdigit() and len(given) <= 18):
        raise Invalid("message: the number of a message.")
    mark_read(user=cast(User, request.user), message_id=int(given) if given else None)
    return redirect("inbox")


@require_POST
def begin(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Start the paid clock of a page about pay; sent by the page as it opens."""
    worker = cast(User, request.user)
    if not _mine(worker, project_id):
        raise NotFound("There is no such project.")
    try:
        clock.begin_page(
            worker=worker,
            project_id=project_id,
            category=Category.ADMIN,
            tab=request.POST.get("tab", "")[:TAB_LENGTH],
        )
    except DomainError:
        return HttpResponse(
            status=204
        )  # a project whose rate has ended pays no reading; the page stays readable
    view = clock_view(worker)
    shown = ("state", "category", "session_ms", "earned_today_micro", "hourly_micro", "currency")
    return JsonResponse({name: getattr(view, name) for name in shown})


def count_reading(request: HttpRequest, project_id: UUID) -> None:
    """Without scripts: start the clock at the time when the page was opened, unless something runs already."""
    worker = cast(User, request.user)
    salt = _salt(worker, project_id)
    try:
        found = signing.loads(request.POST.get("opened_at", ""), salt=salt, max_age=SECONDS)
    except signing.BadSignature:
        return
    if clock_view(worker).state != "stopped":
        return
    try:
        clock.begin_page(
            worker=worker,
            project_id=project_id,
            category=Category.ADMIN,
            tab="",
            at=datetime.fromtimestamp(float(found), UTC),
        )
    except DomainError:
        return


def _mine(worker: User, project_id: UUID) -> bool:
    worked = Interval.objects.filter(worker=worker, project=project_id).exists()
    return worked or project_id in invited_projects(worker)


def _salt(worker: User, project_id: UUID) -> str:
    return f"{SALT}.{project_id}.{worker.pk}"
