"""The signed token of a page's clock: whose beats these are, from which session, and how long its items take."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.utils.translation import gettext as _

from byhand.accounts.models import User
from wages.errors import BadClockToken
from wages.rules import ASK_NOT_BEFORE, ask_after

_SALT = "wages.clock"
MS_PER_MINUTE = 60_000
MS = timedelta(milliseconds=1)


class Token(NamedTuple):
    """What a page's clock token says. `estimate_minutes` is 0 where the page's items have no estimate that matters."""

    worker_id: int
    session: str
    estimate_minutes: int = 0


def clock_token(worker: User, session: str, estimate_ms: int = 0) -> str:
    """Return the signed token that lets this session's pages send beats, carried in the body.

    It outlives the login that it was made in, so that an expired login loses no minute; it opens nothing else.
    `session` is the session's key; only a digest of it goes into the token. `estimate_ms`: how long an item of
    this page usually takes, which says when the page may ask "Still working?".
    """
    digest = hashlib.sha256(f"clock:{session}".encode()).hexdigest()[:16]
    tail = f".{estimate_ms // MS_PER_MINUTE}" if ask_after_ms(estimate_ms) > ASK_NOT_BEFORE // MS else ""
    return signing.TimestampSigner(salt=_SALT).sign(f"{worker.pk}.{digest}{tail}")


def ask_after_ms(estimate_ms: int) -> int:
    """Return how long a page waits without an act before it asks, in milliseconds; the server counts whole minutes."""
    return ask_after(timedelta(minutes=estimate_ms // MS_PER_MINUTE)) // MS


def read_token(token: str) -> Token:
    """Return whose token it is, the session's digest and the estimate; raises BadClockToken."""
    try:
        signer = signing.TimestampSigner(salt=_SALT)
        worker, session, *rest = signer.unsign(token, max_age=2 * settings.SESSION_COOKIE_AGE).split(".")
        return Token(int(worker), session, *map(int, rest))
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise BadClockToken(_("This page's clock token is not valid any more. Reload the page.")) from error
