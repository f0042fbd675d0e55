"""System checks: what would go wrong at three in the morning is said at start instead.

Each has an id and a hint that says what to do. None touches the network, except those tagged `database`,
which Django runs only where a database is named (`migrate`, `check --database default`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

_BROKERS = {"redis", "rediss", "redis+socket", "valkey", "valkeys", "sentinel", "amqp", "amqps", "pyamqp"}
_KEY_LENGTH = 50


def _error(number: int, message: str, hint: str) -> Error:
    return Error(message, hint=hint, id=f"byhand.E{number:03}")


@register(Tags.database)
def databases_are_postgresql(**_: Any) -> list[CheckMessage]:
    wrong = [a for a, d in settings.DATABASES.items() if d["ENGINE"] != "django.db.backends.postgresql"]
    hint = "Set DATABASE_URL to a postgresql:// address, or unset it to use the embedded server."
    return [_error(1, f"Database {alias!r} is not PostgreSQL.", hint) for alias in wrong]


@register(Tags.security)
def secret_key_is_long(**_: Any) -> list[CheckMessage]:
    if settings.DEBUG or len(settings.SECRET_KEY) >= _KEY_LENGTH:
        return []
    return [
        _error(
            3, f"SECRET_KEY has fewer than {_KEY_LENGTH} characters.",
            "Unset it to use one that is made and kept in var/secrets, or set a longer one.",
        )
    ]  # fmt: skip


@register(Tags.security)
def jobs_are_durable(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    scheme = urlsplit(settings.CELERY_BROKER_URL).scheme
    if scheme not in _BROKERS:
        hint = "Use Redis, Valkey or RabbitMQ, or unset CELERY_BROKER_URL to use the embedded broker."
        found.append(_error(4, f"CELERY_BROKER_URL begins with {scheme!r}, which loses messages.", hint))
    if getattr(settings, "CELERY_TASK_ALWAYS_EAGER", False):
        found.append(_error(5, "Jobs run inside the web process.", "Remove CELERY_TASK_ALWAYS_EAGER."))
    if settings.CELERY_ACCEPT_CONTENT != ["json"]:
        found.append(
            _error(6, "Workers accept other messages than JSON.", "Set CELERY_ACCEPT_CONTENT to json.")
        )
    return found


@register(Tags.security)
def api_asks_who_it_is(**_: Any) -> list[CheckMessage]:
    default = settings.REST_FRAMEWORK.get("DEFAULT_PERMISSION_CLASSES")
    if default == ["rest_framework.permissions.IsAuthenticated"]:
        return []
    return [
        _error(7, "The API answers strangers by default.", "Make IsAuthenticated the default permission.")
    ]


@register(Tags.security, deploy=True)
def roles_are_apart(**_: Any) -> list[CheckMessage]:
    app, owner = settings.DATABASES["default"], settings.DATABASES.get("owner")
    if owner is None or app["USER"] != owner["USER"]:
        return []
    return [
        _error(
            2, f"The app role is the owner ({app['USER']}): it could switch the append-only triggers off.",
            "Give DATABASE_URL a role that owns nothing; `manage.py migrate` grants it what it needs.",
        )
    ]  # fmt: skip


@register(Tags.security, deploy=True)
def site_is_https(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.DEBUG:
        found.append(_error(8, "DEBUG is on.", "Unset DEBUG."))
    for number, name in ((9, "SITE_URL"), (10, "EVENTS_URL")):
        if not getattr(settings, name).startswith("https://"):
            found.append(
                _error(number, f"{name} is not https.", f"Set {name} to the public https:// address.")
            )
    if "*" in settings.ALLOWED_HOSTS:
        found.append(_error(11, "Any host name is answered.", "Name the hosts in ALLOWED_HOSTS."))
    return found


@register(Tags.staticfiles, deploy=True)
def frontend_is_built(**_: Any) -> list[CheckMessage]:
    if Path(str(settings.DJANGO_VITE["default"]["manifest_path"])).exists():
        return []
    return [_error(12, "The frontend is not built.", "Run `python manage.py build_frontend`.")]


_OWNED = """
SELECT count(*) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relowner = current_user::regrole
"""
_POWERS = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
_MEMBER = (
    "SELECT pg_has_role(current_user, relowner, 'MEMBER') FROM pg_class WHERE relname = 'django_migrations'"
)


def role_problems(alias: str = "default") -> list[str]:
    """Return what the app role may do that it must not. Asks the database."""
    problems = []
    with connections[alias].cursor() as cursor:
        cursor.execute(_OWNED)
        owned = cursor.fetchone()[0]
        cursor.execute(_POWERS)
        superuser = cursor.fetchone()[0]
        cursor.execute(_MEMBER)
        member = bool((cursor.fetchone() or [False])[0])
    if superuser:
        problems.append("the app role is a superuser")
    elif owned:
        problems.append(f"the app role owns {owned} tables")
    elif member:
        problems.append("the app role is a member of the owner role")
    return problems


@register(Tags.database)
def app_role_owns_nothing(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    if "default" not in (databases or ()):
        return []
    hint = (
        "Connect as a role that owns nothing; `manage.py migrate`, run as the owner, grants it what it needs."
    )
    return [_error(13, f"{problem[0].upper()}{problem[1:]}.", hint) for problem in role_problems()]
