"""Turns a database URL into Django's settings. SQLite and other engines are refused by name."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from byhand.env import BadSetting

PREPARE_AFTER = 2
"""Executions of one text of `byhand.statements` on one connection, after which PostgreSQL keeps its plan."""


def from_url(url: str, *, pooled: bool) -> dict[str, Any]:
    """Return a DATABASES entry for `postgresql://user:password@host:port/name?host=/socket/folder`.

    Raises BadSetting for anything that is not PostgreSQL: the rules of this platform live in its triggers
    and exclusion constraints, which no other database has.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise BadSetting(f"DATABASE_URL begins with {parts.scheme!r}; only postgresql:// is supported.")
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", parts.hostname or "")
    user = options.pop("user", unquote(parts.username or ""))
    port = options.pop("port", str(parts.port or ""))
    options["prepare_threshold"] = PREPARE_AFTER  # type: ignore[assignment]
    if pooled:
        options["pool"] = {"min_size": 1, "max_size": 16, "timeout": 10}  # type: ignore[assignment]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": user,
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(host),
        "PORT": port,
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 0 if pooled else 600,
        "OPTIONS": options,
    }
