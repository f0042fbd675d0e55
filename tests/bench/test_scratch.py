"""A benchmark's database is its own and is gone afterwards: after an end, an error, Ctrl-C, and a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from byhand.bench.scratch import PREFIX, scratch_database
from byhand.embedded import reach
from byhand.embedded.paths import ROOT
from tests.fixtures_processes import eventually, process_environment


def _server() -> psycopg.Connection:
    return psycopg.connect(**{**reach.connection_parameters("owner"), "dbname": "postgres"}, autocommit=True)


def _databases(pid: int) -> list[str]:
    with _server() as server:
        rows = server.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"{PREFIX}{pid}_"]
        )
        return [name for (name,) in rows]


def _ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.slow
def test_scratch_database_is_migrated_is_no_other_and_is_gone_after_an_error(own_database: str) -> None:
    user_key = settings.LOG_KEY_FILE
    dead, living = f"{PREFIX}{_ended_process()}_left", f"{PREFIX}{os.getppid()}_left"
    with _server() as server:
        server.execute(f"CREATE DATABASE {dead}")
        server.execute(f"CREATE DATABASE {living}")
    try:
        with pytest.raises(ZeroDivisionError), scratch_database() as reached_by:
            names = _databases(os.getpid())
            assert [connections[alias].settings_dict["NAME"] for alias in ("default", "owner")] == names * 2
            assert reached_by["DATABASE_URL"] != settings.DATABASE_URL
            assert all(f"/{names[0]}" in reached_by[url] for url in ("DATABASE_URL", "DATABASE_OWNER_URL"))
            assert Path(reached_by["LOG_KEY_FILE"]) == settings.LOG_KEY_FILE != user_key  # nor the user's log
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT current_database(), count(*) FROM annotation_ballot")
                assert cursor.fetchone() == (names[0], 0)
            _ = 1 / 0
        assert _databases(os.getpid()) == []
        assert connections["default"].settings_dict["NAME"] == own_database
        assert not _exists(dead)  # a killed benchmark's, cleared up by the next one
        assert _exists(living)  # its process runs, so it is left alone
    finally:
        with _server() as server:
            server.execute(f"DROP DATABASE IF EXISTS {living}")


def _exists(name: str) -> bool:
    with _server() as server:
        return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


@pytest.mark.slow
def test_scratch_database_is_gone_after_ctrl_c(own_database: str, tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "bench", "annotation.page"]
    environment = process_environment(BYHAND_VAR=str(tmp_path))
    bench = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        eventually(lambda: _databases(bench.pid) or bench.poll() is not None, "a scratch database")
        bench.send_signal(signal.SIGINT)
        said, _ = bench.communicate(timeout=60)
    finally:
        bench.kill()
    assert (bench.returncode, _databases(bench.pid)) == (130, [])
    assert "Stopped." in said
    assert not (tmp_path / "bench" / "results.jsonl").exists()
