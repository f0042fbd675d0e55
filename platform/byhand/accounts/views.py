"""Pages of one's own account: the front door, invitation links, inbox and profile. Thin: services decide."""

from __future__ import annotations

from typing import cast

from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from byhand.accounts import forms, selectors, services
from byhand.accounts.models import Invitation, User
from byhand.errors import Invalid

_HOME_OF = {"annotator": "/work/", "engineer": "/projects/", "steward": "/pay/"}


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show the public what Byhand is; send those who are signed in to their work."""
    if not request.user.is_authenticated:
        return render(request, "home/public.html")
    roles = selectors.header(request.user).roles
    if len(roles) == 1:
        return redirect(_HOME_OF[roles[0]])
    return render(request, "home/choices.html", {"roles": roles})


@login_not_required
@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows what is offered and changes nothing; POST accepts it, once."""
    offer = services.open_invitation(token)
    if request.user.is_authenticated:
        return _join(request, token, offer)
    form = forms.AcceptInvitation(request.POST or None, initial={"email": offer.email})
    if offer.email:
        form.fields["email"].widget.attrs["readonly"] = True
    if request.method == "POST" and form.is_valid():
        if limited := ratelimit.consume_or_429(request, action="signup"):
            return cast(HttpResponse, limited)
        try:
            user = services.accept_invitation(token=token, **form.cleaned_data)
        except Invalid as error:
            forms.show_problems(form, error)
        else:
            return cast(HttpResponse, perform_login(request, user, redirect_url="/"))
    context = {"offer": offer, "form": form}
    return render(request, "accounts/invitation.html", context, status=422 if form.errors else 200)


def _join(request: HttpRequest, token: str, offer: Invitation) -> HttpResponse:
    if request.method == "POST":
        services.join_by_invitation(token=token, user=cast(User, request.user))
        messages.success(request, _("You have joined."))
        return redirect("home")
    return render(request, "accounts/join.html", {"offer": offer})


@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/inbox.html", {"inbox": selectors.inbox(cast(User, request.user))[:200]})


@require_POST
def read_one(request: HttpRequest, message_id: int) -> HttpResponse:
    services.mark_read(user=cast(User, request.user), message_id=message_id)
    return redirect("inbox")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    services.mark_read(user=cast(User, request.user))
    return redirect("inbox")


def profile(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    form = forms.Profile(request.POST or None, initial={"name": user.name})
    if request.method == "POST" and form.is_valid():
        try:
            services.rename(user=user, name=form.cleaned_data["name"])
        except Invalid as error:
            forms.show_problems(form, error)
        else:
            messages.success(request, _("Your name is saved."))
            return redirect("profile")
    context = {"form": form, "memberships": selectors.memberships(user)}
    return render(request, "accounts/profile.html", context, status=422 if form.errors else 200)
