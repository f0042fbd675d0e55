"""The system checks: a production-like environment passes, and each mistake has its own id."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

from byhand import checks
from byhand.embedded.paths import ROOT

PRODUCTION = {
    "SITE_URL": "https://byhand.example.org",
    "EVENTS_URL": "https://events.byhand.example.org",
    "SECRET_KEY": "An0ther-long+key" * 4,
    "DATABASE_URL": "postgresql://app:x@db.example.org/byhand",
    "DATABASE_OWNER_URL": "postgresql://owner:y@db.example.org/byhand",
    "CELERY_BROKER_URL": "rediss://broker.example.org/0",
    "EMAIL_HOST": "mail.example.org",
}


@pytest.fixture
def built(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    settings.DJANGO_VITE = {"default": {"dev_mode": False, "manifest_path": tmp_path / "manifest.json"}}


def _deploy(**changed: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "platform"), **PRODUCTION, **changed}
    command = [sys.executable, "manage.py", "check", "--deploy"]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def _ids(output: str) -> set[str]:
    return {word.strip("():") for word in output.split() if word.startswith("(byhand.E")}


def test_a_production_like_environment_passes() -> None:
    done = _deploy()
    assert _ids(done.stderr) <= {"byhand.E012"}, done.stderr  # a checkout may not be built yet
    assert "security." not in done.stderr


def test_each_mistake_is_named() -> None:
    mistakes = {
        "DATABASE_OWNER_URL": PRODUCTION["DATABASE_URL"],
        "SECRET_KEY": "short",
        "CELERY_BROKER_URL": "filesystem://",
        "DEBUG": "1",
        "ALLOWED_HOSTS": "*",
    }
    done = _deploy(**mistakes)
    assert done.returncode == 1
    # a debugging site may have a short key
    assert _ids(done.stderr) - {"byhand.E012"} == {"byhand.E002", "byhand.E004", "byhand.E008", "byhand.E011"}


def test_plain_http_and_a_short_key_are_named() -> None:
    done = _deploy(
        SECRET_KEY="short", SITE_URL="http://byhand.example.org", EVENTS_URL="http://e.example.org"
    )
    assert done.returncode == 1
    assert _ids(done.stderr) - {"byhand.E012"} == {"byhand.E003", "byhand.E009", "byhand.E010"}


def test_sqlite_is_refused_before_anything_starts() -> None:
    done = _deploy(DATABASE_URL="sqlite:///db.sqlite3")
    assert done.returncode != 0
    assert "only postgresql:// is supported" in done.stderr


def test_a_frontend_that_is_not_built_is_an_error_in_production(settings: Any, tmp_path: Path) -> None:
    settings.DJANGO_VITE = {"default": {"manifest_path": tmp_path / "manifest.json"}}
    assert [message.id for message in checks.frontend_is_built()] == ["byhand.E012"]


def test_a_built_frontend_is_fine(built: None) -> None:
    assert checks.frontend_is_built() == []


@pytest.mark.django_db
def test_the_app_role_owns_nothing() -> None:
    assert checks.app_role_owns_nothing(databases=["default"]) == []


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_owner_role_as_app_role_is_found() -> None:
    (problem,) = checks.role_problems("owner")
    assert problem.startswith("the app role owns ")


def test_this_checkout_has_no_errors() -> None:
    assert [message for message in run_checks() if message.is_serious()] == []
