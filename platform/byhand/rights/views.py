"""The page of one's own data: take a copy along, have it erased. Thin: services decide. Shows nobody else's."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from byhand.accounts.models import User
from byhand.accounts.reauth import recently_authenticated
from byhand.rights import selectors, services


@require_safe
def my_data(request: HttpRequest) -> HttpResponse:
    return render(request, "rights/my_data.html", {"page": selectors.my_data(cast(User, request.user))})


@recently_authenticated
@require_POST
def ask_copy(request: HttpRequest) -> HttpResponse:
    services.begin_bundle(user=cast(User, request.user))
    messages.success(request, _("Your copy is being made. It will be here in a moment."))
    return redirect("my_data")


@recently_authenticated
@require_POST
def fetch_copy(request: HttpRequest, bundle_id: UUID) -> FileResponse:
    """A POST, so that the file is given only to somebody who has just proved who they are."""
    _row, path = services.fetch_bundle(user=cast(User, request.user), bundle_id=bundle_id)
    return FileResponse(
        path.open("rb"), as_attachment=True, filename="my-data.zip", content_type="application/zip"
    )


@recently_authenticated
@require_POST
def erase(request: HttpRequest) -> HttpResponse:
    services.ask_erasure(user=cast(User, request.user))
    messages.success(request, _("Noted. It happens in 7 days; until then you can call it back here."))
    return redirect("my_data")


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Calling it back needs no fresh proof: it takes nothing away."""
    services.call_back(user=cast(User, request.user))
    messages.success(request, _("Your data stays. Nothing was erased."))
    return redirect("my_data")
