"""Whether the database and the broker answer, embedded or not: one clear line instead of a traceback."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from kombu import Connection
from kombu.exceptions import KombuError

from byhand.embedded import paths
from byhand.embedded.process import CannotStart

_SECONDS = 3


def connection_parameters(alias: str) -> dict[str, Any]:
    """Return psycopg's parameters of a configured database."""
    database = settings.DATABASES[alias]
    named = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    given = {name: database[key] for name, key in named.items() if database[key]}
    return {**{name: value for name, value in database["OPTIONS"].items() if name != "pool"}, **given}


def require_database(alias: str = "default") -> None:
    """Raise CannotStart when the database can't be reached."""
    parameters = connection_parameters(alias)
    try:
        psycopg.connect(**{**parameters, "connect_timeout": _SECONDS}).close()
    except psycopg.OperationalError as error:
        raise CannotStart(_no_database(alias, parameters, error)) from error


def _no_database(alias: str, parameters: dict[str, Any], error: psycopg.Error) -> str:
    if parameters.get("host") == str(paths.postgres_socket_dir()):
        return (
            f"The embedded database can't be reached: {_one_line(error)}. Start it with `make up` or "
            "`make demo`, leave that running, and try again."
        )
    where = f"{parameters.get('host', 'localhost')}/{parameters.get('dbname', '')}"
    said = f"The database at {where} can't be reached: {_one_line(error)}."
    variable = "DATABASE_URL" if alias == "default" else "DATABASE_OWNER_URL"
    return (
        f"{said} Check {variable}, or unset both DATABASE_URL and DATABASE_OWNER_URL to use the embedded one."
    )


def require_broker() -> None:
    """Raise CannotStart when the broker can't be reached."""
    url = settings.CELERY_BROKER_URL
    options = {"max_retries": 0, "interval_start": 0, "interval_step": 0, "interval_max": 0}
    if url.startswith(("redis", "valkey")):
        options |= {"socket_timeout": _SECONDS, "socket_connect_timeout": _SECONDS}
    try:
        with Connection(url, connect_timeout=_SECONDS, transport_options=options) as connection:
            connection.ensure_connection(max_retries=1, timeout=_SECONDS)
            connection.default_channel.close()
    except (OSError, KombuError) as error:
        parts = urlsplit(url)
        where = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}" or parts.path
        raise CannotStart(
            f"The broker at {where} can't be reached: {_one_line(error)}. Check CELERY_BROKER_URL, or unset "
            "it to use the embedded one."
        ) from error


def require_free_port(host: str, port: int) -> None:
    """Raise CannotStart when something else listens there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CannotStart(
                f"Port {port} on {host} can't be used ({error.strerror}): stop what listens there, or choose "
                "another with --port."
            ) from error


def _one_line(error: BaseException) -> str:
    """Return what was said, without the client library's own guess at the remedy."""
    said, _, _ = " ".join(str(error).split()).partition(" Is the server running")
    return said.rstrip(".") or type(error).__name__
