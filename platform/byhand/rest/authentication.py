"""Who asks: a session with its CSRF token, or `Authorization: Bearer` with an API token."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from byhand.accounts.models import User
from byhand.accounts.services import use_token
from byhand.rest.errors import TooManyFailures

FAILURES_A_MINUTE = 60


@dataclass(frozen=True)
class Bearer:
    """What `request.auth` is where a token came."""

    token_id: UUID
    scopes: frozenset[str]


class BearerToken(authentication.BaseAuthentication):
    """A token proves its owner and carries scopes. No browser sends it by itself, so CSRF is not asked."""

    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[User, Bearer] | None:
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = use_token(secret=secret.strip())
        if token is None:
            _count_failure(request)
            raise AuthenticationFailed("This token is not known, has ended, or was revoked.")
        return token.owner, Bearer(token.pk, frozenset(token.scopes))

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


class Session(authentication.SessionAuthentication):
    """A signed-in browser. Its writes need the CSRF token."""


def _count_failure(request: Request) -> None:
    """Raise TooManyFailures past a number of refused tokens a minute. A token that is known is never held up."""
    address = get_adapter().get_client_ip(request._request)
    key = "token-failures:" + hashlib.sha256(f"{_minute()} {address}".encode()).hexdigest()
    cache.add(key, 0, timeout=120)
    if cache.incr(key) > FAILURES_A_MINUTE:
        raise TooManyFailures("Too many unknown tokens came from here. Wait a minute.")


def _minute() -> int:
    return int(time.time() // 60)
