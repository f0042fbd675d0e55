"""The test database: one migrated template, and a copy of it for each worker and for each test that commits.

Tests connect as the app role, exactly as the web processes do. Django's flush is never used: the
append-only triggers refuse the TRUNCATE in it.
"""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from hypothesis import settings as hypothesis_settings
from psycopg import sql

from byhand.embedded import postgres
from byhand.embedded.paths import ROOT

pytest_plugins = ["tests.fixtures_processes"]
# A busy machine makes one example slow now and then; that is no fault of the code.
hypothesis_settings.register_profile("byhand", deadline=None)
hypothesis_settings.load_profile("byhand")

ALIASES = ("default", "owner", "retire")


def _maintenance(alias: str = "owner") -> psycopg.Connection:
    """Connect as the owner role (or the app role) to a database that no test touches."""
    role = settings.DATABASES[alias]
    return psycopg.connect(
        host=role["HOST"],
        port=role["PORT"] or None,
        user=role["USER"],
        password=role["PASSWORD"] or None,
        dbname="postgres",
        autocommit=True,
    )


def _end_of_app_role(name: str) -> None:
    """End what the app role still has open there, such as a page that was being served: the owner role may not."""
    with _maintenance("default") as app:
        app.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = %s AND usename = current_user""",
            [name],
        )


def _template_name() -> str:
    """Name the template after what it is made from, so that it is made again only when migrations change."""
    digest = hashlib.sha256()
    folders = ("*/migrations", "wages/*/migrations", "platform/byhand/*/migrations")
    sources = [path for folder in folders for path in ROOT.glob(f"{folder}/*.py")]
    for path in sorted([*sources, ROOT / "platform/byhand/triggers.py", ROOT / "platform/byhand/roles.py"]):
        digest.update(path.read_bytes())
    return f"byhand_template_{digest.hexdigest()[:12]}"


def _use(name: str) -> None:
    for alias in ALIASES:
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


def _copy(template: str, name: str) -> None:
    with _maintenance() as server:
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )


def _drop(name: str) -> None:
    for alias in ALIASES:
        connections[alias].close()
    with _maintenance() as server:
        for tries_left in range(100, -1, -1):
            try:
                server.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                )
                return
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
                if not tries_left:
                    raise
                _end_of_app_role(name)
                time.sleep(0.1)


def _make_template() -> str:
    name = _template_name()
    with _maintenance() as server:
        server.execute("SELECT pg_advisory_lock(20261121)")  # xdist workers wait for the first one
        if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            for (old,) in server.execute(
                """SELECT datname FROM pg_database WHERE datname LIKE 'byhand_template_%'
                   AND datdba = current_user::regrole ORDER BY oid DESC OFFSET 6"""
            ).fetchall():
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(old)))
            making = f"{name}_making"
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(making)))
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(making)))
            _use(making)
            call_command("migrate", verbosity=0, interactive=False)
            _use("postgres")
            rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
            server.execute(rename.format(sql.Identifier(making), sql.Identifier(name)))
    return name


@pytest.fixture(scope="session")
def database_template(django_db_blocker: object) -> str:
    postgres.ensure_running()
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        return _make_template()


@pytest.fixture(scope="session")
def django_db_setup(database_template: str, django_db_blocker: object) -> Iterator[None]:
    """Replaces pytest-django's: a copy of the template, reached as the app role."""
    name = f"byhand_test_{os.getpid()}"
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        _drop(name)
        _copy(database_template, name)
        _use(name)
    yield
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        _drop(name)


@pytest.fixture
def own_database(django_db_setup: None, database_template: str, django_db_blocker: object) -> Iterator[str]:
    """A database of this test's own, for tests that commit, use threads or start processes. Yields its name."""
    name, shared = f"byhand_own_{uuid.uuid4().hex[:12]}", connections["default"].settings_dict["NAME"]
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        _copy(database_template, name)
        _use(name)
        try:
            yield name
        finally:
            _drop(name)
            _use(shared)


@pytest.fixture(autouse=True)
def _var_dirs(tmp_path: Path, settings: object) -> None:
    """Models, datasets, runs and the log's key of a test live in its own folder."""
    settings.MODEL_ROOT = tmp_path / "models"  # type: ignore[attr-defined]
    settings.DATASET_ROOT = tmp_path / "datasets"  # type: ignore[attr-defined]
    settings.RUN_ROOT = tmp_path / "runs"  # type: ignore[attr-defined]
    settings.IMPORT_ROOT = tmp_path / "imports"  # type: ignore[attr-defined]
    settings.EXPORT_ROOT = tmp_path / "exports"  # type: ignore[attr-defined]
    settings.BUNDLE_ROOT = tmp_path / "bundles"  # type: ignore[attr-defined]
    settings.LOG_KEY_FILE = tmp_path / "secrets" / "log.pem"  # type: ignore[attr-defined]
