"""A command that finds its surroundings missing says so in one line and exits with 2."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from byhand.embedded.paths import ROOT

OURS = ("DATABASE_URL", "DATABASE_OWNER_URL", "CELERY_BROKER_URL")


def manage(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command as in a checkout of its own, where nothing runs."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env={**kept, "BYHAND_VAR": str(folder), **environment}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "command",
    [
        ("verify_ledger",),
        ("verify_log",),
        ("migrate",),
        ("invite", "--organisation", "river"),
        ("train", "reward", "no.yaml"),
    ],
    ids=lambda command: command[0],
)
def test_without_a_running_database_a_command_says_how_to_start_one(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = manage(tmp_path, *command)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("The embedded database can't be reached: ")
    assert "Start it with `make up`" in line


def test_a_database_elsewhere_that_is_away_names_the_variable(tmp_path: Path) -> None:
    done = manage(tmp_path, "verify_ledger", DATABASE_URL="postgresql://u:secret@127.0.0.1:1/none")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "Connection refused. Check DATABASE_URL" in line
    assert "secret" not in line


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "DATABASE_URL",
            "sqlite:///x",
            "DATABASE_URL begins with 'sqlite'; only postgresql:// is supported.",
        ),
        ("IMPORT_MAX_BYTES", "many", "IMPORT_MAX_BYTES is 'many'; write a whole number."),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, name: str, value: str, said: str) -> None:
    done = manage(tmp_path, "doctor", **{name: value})
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"{said}\n")


def test_traceback_shows_where_it_failed(tmp_path: Path) -> None:
    done = manage(tmp_path, "verify_ledger", "--traceback")
    assert done.returncode == 1
    assert "psycopg.OperationalError" in done.stderr
