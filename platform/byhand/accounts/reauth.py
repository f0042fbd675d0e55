"""Step-up: an act that moves pay asks for the password, a code or a passkey again."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.decorators import reauthentication_required
from django.http import HttpResponseBase

View = Callable[..., HttpResponseBase]


def recently_authenticated(view: View) -> View:
    """Let a POST through only within five minutes of proving who one is; the POST is resumed afterwards.

    Reading (GET) stays open: it shows, it never pays.
    """
    guarded: View = reauthentication_required(allow_get=True)(view)
    return guarded
