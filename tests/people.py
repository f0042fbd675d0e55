"""What tests of several packages need of people: a session that has just proved who it is."""

from __future__ import annotations

import time
from typing import Any

from django.test import Client

from byhand.accounts.models import User


def proof(user: User, *, seconds_ago: float = 0) -> dict[str, Any]:
    """Return the session entries of somebody who re-authenticated by password."""
    record = {"method": "password", "at": time.time() - seconds_ago, "reauthenticated": True}
    return {"account_authentication_methods": [record], "account_authentication_methods_user": str(user.pk)}


def prove_again(client: Client, user: User, *, seconds_ago: float = 0) -> None:
    """Let the signed-in client pass `recently_authenticated`."""
    session = client.session
    session.update(proof(user, seconds_ago=seconds_ago))
    session.save()
