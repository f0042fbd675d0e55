"""`manage.py up` as a person runs it: it starts, survives kills, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import pytest

from byhand.embedded.paths import ROOT
from tests.fixtures_processes import eventually

pytestmark = [pytest.mark.slow, pytest.mark.broker]
SECONDS = 150.0
PARTS = ("gunicorn", "--queues default", "broker.sock", "postgres -D")
ENQUEUE = (
    "import django; django.setup(); from byhand.jobs.services import enqueue; "
    "print(enqueue(kind='nobody.knows', payload={}).pk)"
)


def _free_pair() -> int:
    """Return a port that is free together with the next one."""
    for port in range(20000 + os.getpid() % 10000, 65000, 2):
        with socket.socket() as one, socket.socket() as two:
            try:
                one.bind(("127.0.0.1", port))
                two.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise AssertionError("no free port")


@dataclass
class Up:
    """How one person's checkout would run: data, sockets and logs are all under `folder`."""

    folder: Path
    port: int = field(default_factory=_free_pair)

    @property
    def environment(self) -> dict[str, str]:
        kept = {
            k: v
            for k, v in os.environ.items()
            if k not in ("DATABASE_URL", "DATABASE_OWNER_URL", "CELERY_BROKER_URL")
        }
        path = os.pathsep.join([str(ROOT / "platform"), str(ROOT)])
        return {
            **kept,
            "BYHAND_VAR": str(self.folder),
            "PYTHONPATH": path,
            "DJANGO_SETTINGS_MODULE": "byhand.settings",
        }

    def start(self, port: int | None = None) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "up", "--port", str(port or self.port)]
        with (self.folder / "said").open("wb") as said:
            return subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=said, stderr=said, start_new_session=True
            )

    def said(self) -> str:
        return (self.folder / "said").read_text()

    def wait_ready(self, process: subprocess.Popen[bytes]) -> None:
        eventually(
            lambda: process.poll() is not None or "/invitation/" in self.said(),
            "the first steward's link",
            SECONDS,
        )
        assert process.poll() is None, self.said()

    def processes(self) -> dict[int, str]:
        """Return pid and command of every process that runs with this checkout's folder."""
        marker = f"BYHAND_VAR={self.folder}\0".encode()
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                # a server that changes its title loses its environment, but then names its socket
                if marker in (entry / "environ").read_bytes() or f"{self.folder}/" in command:
                    found[int(entry.name)] = command
            except OSError:
                continue
        return found

    def pid_of(self, words: str) -> int:
        return min(pid for pid, command in self.processes().items() if words in command)

    def answers(self) -> bool:
        try:
            page = httpx.get(f"http://127.0.0.1:{self.port}/accounts/login/", timeout=10)
        except httpx.TransportError:
            return False
        return page.status_code == 200

    def job_state(self, job_id: str) -> tuple[str, str]:
        with psycopg.connect(host=str(self.folder / "run" / "pg"), user="byhand_app", dbname="byhand") as app:
            found = app.execute("SELECT state, error FROM jobs_job WHERE id = %s", [job_id]).fetchone()
        assert found is not None
        return found[0], found[1]

    def enqueue(self) -> str:
        command = [sys.executable, "-c", ENQUEUE]
        return subprocess.run(
            command, env=self.environment, cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout.strip()


@pytest.fixture
def up(folder: Path) -> Iterator[Up]:
    made = Up(folder)
    yield made
    for pid in made.processes():
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: not made.processes(), "the end of what the test started")


def _stop(process: subprocess.Popen[bytes], up: Up) -> None:
    process.send_signal(signal.SIGINT)
    assert process.wait(SECONDS) == 0, up.said()
    assert up.processes() == {}
    assert up.said().rstrip().endswith("Stopped.")


def test_it_starts_serves_works_refuses_a_second_one_and_stops(up: Up) -> None:
    process = up.start()
    up.wait_ready(process)
    assert up.answers()
    eventually(
        lambda: f"http://localhost:{up.port}/invitation/" in up.said(), "the first steward's link", SECONDS
    )
    job_id = up.enqueue()
    eventually(lambda: up.job_state(job_id)[0] == "failed", "a worker to take the job", SECONDS)
    assert up.job_state(job_id)[1] == "No installed app has a handler for jobs of kind 'nobody.knows'."

    second = subprocess.run(
        [sys.executable, "manage.py", "up", "--port", str(_free_pair())],
        cwd=ROOT, env=up.environment, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert second.returncode == 2
    assert f"runs already (pid {process.pid}, port {up.port})" in second.stdout
    assert "Traceback" not in second.stdout + second.stderr
    _stop(process, up)


def test_whatever_is_killed_comes_back_and_a_killed_supervisor_starts_again(up: Up) -> None:
    process = up.start()
    up.wait_ready(process)
    killed = [up.pid_of(words) for words in PARTS]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    with suppress(pytest.fail.Exception):
        eventually(lambda: not _missing(up, killed), "all to come back", SECONDS)
    assert _missing(up, killed) == [], up.said()
    eventually(up.answers, "the pages", SECONDS)
    assert process.poll() is None

    process.kill()
    process.wait()
    with suppress(pytest.fail.Exception):
        eventually(lambda: not up.processes(), "everything to end with its supervisor", SECONDS)
    assert up.processes() == {}
    again = up.start()
    up.wait_ready(again)
    assert up.answers()
    _stop(again, up)


def _missing(up: Up, killed: list[int]) -> list[str]:
    commands = [command for pid, command in up.processes().items() if pid not in killed]
    return [words for words in PARTS if not any(words in command for command in commands)]


def test_a_taken_port_is_one_clear_line(up: Up) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", up.port))
        server.listen()
        process = up.start()
        assert process.wait(SECONDS) == 2
    assert up.said().startswith(f"Port {up.port} on 127.0.0.1 can't be used")
    assert up.processes() == {}
