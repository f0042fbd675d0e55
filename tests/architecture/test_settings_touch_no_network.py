"""Importing the settings opens no socket and loads no torch, wherever the database and broker are."""

from __future__ import annotations

import os
import subprocess
import sys

from byhand.embedded.paths import ROOT

PROBE = """
import socket, sys

def refuse(*args, **kwargs):
    raise AssertionError("a socket was opened")

socket.socket.connect = refuse
socket.getaddrinfo = refuse
import byhand.settings
assert byhand.settings.DATABASES["default"]["HOST"] == "db.invalid"
print("torch" in sys.modules, "celery" in sys.modules)
"""


def test_importing_settings_opens_no_socket_and_loads_no_torch() -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": "postgresql://app:secret@db.invalid/byhand",
        "CELERY_BROKER_URL": "redis://broker.invalid/0",
        "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
    }
    ran = subprocess.run(
        [sys.executable, "-c", PROBE], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == ["False", "False"]
