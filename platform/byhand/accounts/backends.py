"""Who a session belongs to, by a prepared statement: every signed-in request asks."""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend

from byhand.accounts.models import User
from byhand.statements import Reading, fetch_one

_USER = Reading(User)
_LOAD = f"SELECT {_USER.columns('person')} FROM accounts_user person WHERE person.id = %(user)s"  # noqa: S608


class ByEmail(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """Signing in is allauth's; who is signed in is read here."""

    def get_user(self, user_id: int) -> User | None:
        """Return the person, or None where there is none or the account is closed."""
        row = fetch_one(_LOAD, {"user": user_id})
        if row is None:
            return None
        user = _USER.instance(row)
        return user if self.user_can_authenticate(user) else None
