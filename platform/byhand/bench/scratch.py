"""A database of the benchmark's own, made by the migrations and dropped at the end. Never the user's.

Owns its name and its life. While it exists this process's connections reach it, and nothing else.
"""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from byhand.embedded import reach
from byhand.embedded.process import CannotStart, alive, wait_until

PREFIX = "byhand_bench_"
_ALIASES = ("default", "owner")
_DROP_SECONDS = 20.0


@contextmanager
def scratch_database() -> Iterator[dict[str, str]]:
    """Yield the environment by which another process reaches the database. Raises CannotStart."""
    if "owner" not in settings.DATABASES:
        raise CannotStart("Benchmarks make a database of their own: set DATABASE_OWNER_URL.")
    reach.require_database("owner")
    before = {alias: connections[alias].settings_dict["NAME"] for alias in _ALIASES}
    key_before = settings.LOG_KEY_FILE
    name = f"{PREFIX}{os.getpid()}_{uuid.uuid4().hex[:6]}"
    with _server() as server:
        _drop_left_behind(server)
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        with tempfile.TemporaryDirectory(prefix="byhand-bench-log-") as folder:
            # a log of its own as well: the key of the user's log must never sign this database's entries
            settings.LOG_KEY_FILE = Path(folder) / "log.pem"
            _use(dict.fromkeys(_ALIASES, name))
            call_command("migrate", verbosity=0, interactive=False)
            yield reached_by()
    finally:
        settings.LOG_KEY_FILE = key_before
        _use(before)
        _drop(name)


def reached_by() -> dict[str, str]:
    """Return the environment by which another process reaches the database that this one is connected to."""
    name = connections["default"].settings_dict["NAME"]
    return {
        "DATABASE_URL": _renamed(settings.DATABASE_URL, name),
        "DATABASE_OWNER_URL": _renamed(settings.DATABASE_OWNER_URL, name),
        "LOG_KEY_FILE": str(settings.LOG_KEY_FILE),
    }


def _use(names: dict[str, str]) -> None:
    for alias, name in names.items():
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


def _renamed(url: str, name: str) -> str:
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{parts.netloc}/{name}{query}"


def _server() -> psycopg.Connection:
    """Connect as the owner role, beside every database of the platform."""
    parameters = {**reach.connection_parameters("owner"), "dbname": "postgres"}
    return psycopg.connect(**parameters, autocommit=True)


def _drop(name: str) -> None:
    """Drop it as soon as the last backend is gone; the owner role can't end those of the app role."""
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))

    def dropped() -> bool:
        with suppress(psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
            server.execute(statement)
            return True
        return False

    with _server() as server:
        if not wait_until(dropped, _DROP_SECONDS, every=0.2):
            raise CannotStart(f"The database {name} is still in use and was left; drop it by hand.")


def _drop_left_behind(server: psycopg.Connection) -> None:
    """Drop what killed benchmarks left: their process is gone, and nobody is connected."""
    names = server.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s) AND datdba = current_user::regrole",
        [PREFIX],
    ).fetchall()
    for (name,) in names:
        if not alive(int(name.removeprefix(PREFIX).split("_")[0])):
            with suppress(psycopg.errors.ObjectInUse):
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
