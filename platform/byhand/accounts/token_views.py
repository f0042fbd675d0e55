"""The page of one's own API tokens: make one behind a fresh proof of who one is, see it once, revoke it."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from byhand.accounts import forms, selectors
from byhand.accounts.models import User
from byhand.accounts.reauth import recently_authenticated
from byhand.accounts.services import create_token, revoke_token
from byhand.errors import Invalid


@recently_authenticated
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """List the tokens; POST makes one and shows its secret in this one answer."""
    user, context = cast(User, request.user), cast(dict[str, Any], {})
    form = forms.NewToken(request.POST or None, roles=selectors.header(user).roles)
    if request.method == "POST" and form.is_valid():
        try:
            context["made"], context["secret"] = create_token(actor=user, **form.cleaned_data)
        except Invalid as error:
            forms.show_problems(form, error)
        else:
            form = forms.NewToken(None, roles=selectors.header(user).roles)
    now = timezone.now()
    rows = [(token, token.expires_at <= now) for token in selectors.tokens_of(user)]
    context |= {"form": form, "rows": rows}
    response = render(request, "accounts/tokens.html", context, status=422 if form.errors else 200)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
def revoke(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """Taking a right away needs no fresh proof: it must work at once on the day a token leaks."""
    token = revoke_token(actor=cast(User, request.user), token_id=token_id)
    messages.success(request, _("The token “%(name)s” can do nothing any more.") % {"name": token.name})
    return redirect("tokens")
