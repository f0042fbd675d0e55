"""Sessions in the database, as Django keeps them. Every request reads one, so that is a prepared statement."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.utils import timezone

from byhand.statements import fetch_one

_LOAD = "SELECT session_data FROM django_session WHERE session_key = %(key)s AND expire_date > %(now)s"


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        """Return what the session holds; an unknown or ended one gets a new key, so that nobody can choose theirs."""
        row = fetch_one(_LOAD, {"key": self.session_key, "now": timezone.now()})
        if row is None:
            self._session_key = None
            return {}
        return dict(self.decode(row[0]))
