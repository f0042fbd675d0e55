"""What the ranking page fetches while it stays open: who is signed in, the next item in advance, one item in hand.

The fragments are the same template as the page itself. Fetching one starts nothing: an item's time begins when a
page says that it is on screen.
"""

from __future__ import annotations

import uuid
from typing import cast

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation.errors import NotOpen
from annotation.models import Lease, Project, ProjectState
from annotation.selectors.drafts import unanswered_lease
from annotation.selectors.work import project_for_worker
from annotation.services.taking import reserve_next, show_item
from annotation.views.ranker import ranker_context
from byhand.accounts.models import User

NO_NEW_WORK = frozenset({ProjectState.PAUSED.value, ProjectState.CLOSED.value})


@never_cache
@login_not_required
@require_safe
def session(request: HttpRequest) -> HttpResponse:
    """Say who is signed in and give a fresh CSRF token: what waits in a browser is sent for its own author only."""
    user = request.user.pk if request.user.is_authenticated else None
    return JsonResponse({"user": user, "csrf": get_token(request)})


@require_http_methods(["GET", "HEAD", "POST"])
def item(request: HttpRequest, project_id: uuid.UUID, lease_id: uuid.UUID) -> HttpResponse:
    """Give the fragment of one item that this worker may still answer. A POST says that it is on screen now."""
    user = cast(User, request.user)
    project = project_for_worker(user, project_id)
    lease = unanswered_lease(lease_id, project.pk, user)
    if request.method == "POST":
        show_item(worker=user, lease_id=lease_id, tab=request.POST.get("tab", "")[:64])
    return _fragment(request, project, lease)


@require_POST
def reserve(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Hold the next item in advance and give its fragment; 204 where there is none now, 409 where none will come."""
    user = cast(User, request.user)
    project = project_for_worker(user, project_id)
    lease = reserve_next(worker=user, project=project)
    if lease is not None:
        return _fragment(request, project, lease)
    if project.state in NO_NEW_WORK:
        raise NotOpen(_("This project offers no work now. You are free; nothing runs on your time."))
    return HttpResponse(status=204)


def _fragment(request: HttpRequest, project: Project, lease: Lease) -> HttpResponse:
    return render(request, "annotation/_ranker.html", ranker_context(project, lease))
