"""The worker's page "Where I work": what they declared, since when, and a form that only they can send."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from byhand.accounts.models import User
from byhand.errors import Invalid
from wages.forms import PlaceForm
from wages.selectors.places import place_history
from wages.services.places import declare_place


@require_http_methods(["GET", "HEAD", "POST"])
def my_place(request: HttpRequest) -> HttpResponse:
    worker = cast(User, request.user)
    history = place_history(worker)
    form = PlaceForm(request.POST or None, initial=_newest(history))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                declare_place(worker=worker, **form.cleaned_data)
            except Invalid as error:
                form.refuse(error)
            else:
                messages.success(request, _("Thank you. Your place is saved, from now on."))
                return redirect("my_place")
    return render(request, "wages/place.html", {"form": form, "history": history}, status=status)


def _newest(history: list[dict[str, object]]) -> dict[str, object]:
    return history[0] if history else {}
