"""`manage.py doctor` says what is there and what is missing, and never loads torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from byhand.embedded.paths import ROOT
from tests.fixtures_processes import process_environment

NOBODY_LISTENS = "postgresql://app:x@127.0.0.1:1/byhand"


def _doctor(**changed: str) -> tuple[int, dict[str, dict[str, str]]]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "platform"), **changed}
    command = [sys.executable, "manage.py", "doctor", "--json"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    body = json.loads(done.stdout)
    assert body["ok"] is (done.returncode == 0)
    return done.returncode, {finding["name"]: finding for finding in body["findings"]}


def test_it_works(own_database: str) -> None:
    status, found = _doctor(**process_environment(CELERY_BROKER_URL=""))
    assert status == 0
    assert found["database"]["detail"] == "yours, by DATABASE_URL"
    assert found["database server"]["status"] == "ok"
    assert found["database roles"]["detail"] == "the app role owns nothing"
    assert found["migrations"]["detail"] == "all applied"
    assert found["torch"]["detail"].startswith("2.13.0")
    assert {"trl", "disk", "Node", "Chromium", "GPU", "frontend", "broker"} <= set(found)


def test_a_database_that_is_away_is_missing_with_its_remedy() -> None:
    status, found = _doctor(DATABASE_URL=NOBODY_LISTENS, DATABASE_OWNER_URL=NOBODY_LISTENS)
    assert status == 1
    assert found["database server"]["status"] == "missing"
    assert "Check DATABASE_URL" in found["database server"]["remedy"]


def test_a_broker_that_is_away_is_missing_with_its_remedy(own_database: str) -> None:
    status, found = _doctor(**process_environment(CELERY_BROKER_URL="redis://127.0.0.1:1/0"))
    assert status == 1
    assert "Check CELERY_BROKER_URL" in found["broker server"]["remedy"]


def test_an_owner_as_app_role_is_missing(own_database: str) -> None:
    environment = process_environment(CELERY_BROKER_URL="")
    status, found = _doctor(**{**environment, "DATABASE_URL": environment["DATABASE_OWNER_URL"]})
    assert status == 1
    assert found["database roles"]["status"] == "missing"


def test_neither_doctor_nor_the_platform_loads_torch() -> None:
    code = (
        "import sys, django; django.setup(); import byhand.wsgi, byhand.asgi, byhand.celery, byhand.urls; "
        "from byhand.embedded import diagnosis, running; diagnosis.examine(); "
        "print(sorted({'torch', 'trl', 'transformers'} & set(sys.modules)))"
    )
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "platform"),
        "DJANGO_SETTINGS_MODULE": "byhand.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "[]", done.stderr
