"""Fixtures with real processes: an own broker, and Celery workers on an own database.

A test that uses them says so with `@pytest.mark.broker` and takes `own_database` first: a worker is another
process, so it sees only what was committed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connections

from byhand.embedded.paths import ROOT
from byhand.embedded.process import last_words
from byhand.embedded.valkey import Broker

WAIT_SECONDS = 60.0


def eventually(true: Callable[[], Any], what: str, seconds: float = WAIT_SECONDS) -> None:
    """Wait for another process: ask until `true`, and fail the test with `what` when the time is over."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:g} s in vain for: {what}")
        time.sleep(0.05)


@pytest.fixture
def broker(settings: Any) -> Iterator[Broker]:
    """A broker of this test's own, which this process rings and `celery_worker` listens to."""
    folder = Path(tempfile.mkdtemp(prefix="byhand-broker-"))  # a unix socket's path must be short
    running = Broker(folder / "broker.sock", folder / "data", folder / "broker.log")
    running.start(tied=True)
    settings.CELERY_BROKER_URL = running.url
    try:
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder)


def database_url(alias: str = "default") -> str:
    """Return the URL of the database that this test uses now."""
    database = connections[alias].settings_dict
    login = database["USER"] + (f":{database['PASSWORD']}" if database["PASSWORD"] else "")
    if str(database["HOST"]).startswith("/"):
        return f"postgresql:///{database['NAME']}?host={database['HOST']}&user={database['USER']}"
    return f"postgresql://{login}@{database['HOST']}:{database['PORT'] or 5432}/{database['NAME']}"


def process_environment(**more: str) -> dict[str, str]:
    """Return the environment of a process that shall work on this test's database, broker and folders."""
    named = ("MODEL_ROOT", "DATASET_ROOT", "RUN_ROOT", "IMPORT_ROOT")
    roots = {name: str(getattr(django_settings, name)) for name in named}
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "platform"), str(ROOT)]),
        "DJANGO_SETTINGS_MODULE": "byhand.settings",
        "DATABASE_URL": database_url(),
        "DATABASE_OWNER_URL": database_url("owner"),
        "CELERY_BROKER_URL": django_settings.CELERY_BROKER_URL,
        "LOG_KEY_FILE": str(django_settings.LOG_KEY_FILE),
        "SITE_URL": django_settings.SITE_URL,
        "EVENTS_URL": django_settings.EVENTS_URL,
        **roots,
        **more,
    }


@dataclass
class CeleryWorker:
    """A running `celery worker`. Its process group holds its pool's children and what they started."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def children(self) -> list[int]:
        """Return the pids of the pool's processes, where jobs run."""
        listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii")
        return [int(pid) for pid in listed.split()]

    def kill(self) -> None:
        """SIGKILL the worker and its pool at once, as an out-of-memory killer or a power cut does."""
        self.signal_all(signal.SIGKILL)
        self.process.wait()

    def signal_all(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)


@pytest.fixture
def celery_worker(own_database: str, broker: Broker, tmp_path: Path) -> Iterator[Callable[..., CeleryWorker]]:
    """Start workers: `celery_worker("gpu", lease_seconds=2)`. All are killed when the test ends."""
    started: list[CeleryWorker] = []

    def start(
        queue: str = "default", *, lease_seconds: int = 20, include: str = "", **more: str
    ) -> CeleryWorker:
        log = tmp_path / f"worker-{queue}-{len(started)}.log"
        command = [
            sys.executable, "-m", "celery", "-A", "byhand.celery", "worker", "--queues", queue,
            "--concurrency", "1", "--pool", "prefork", "--hostname", f"test-{len(started)}-{os.getpid()}@%h",
            "--loglevel", "INFO", "--without-gossip", "--without-mingle", "--without-heartbeat",
            *(["--include", include] if include else []),
        ]  # fmt: skip
        environment = process_environment(JOB_LEASE_SECONDS=str(lease_seconds), **more)
        with log.open("wb") as output:
            process = subprocess.Popen(
                command, env=environment, stdout=output, stderr=output, cwd=ROOT, start_new_session=True
            )
        worker = CeleryWorker(process, log)
        started.append(worker)
        eventually(lambda: _ready(worker), f"a Celery worker on queue {queue}")
        return worker

    yield start
    for worker in started:
        worker.signal_all(signal.SIGCONT)
        worker.kill()


def _ready(worker: CeleryWorker) -> bool:
    if worker.process.poll() is not None:
        pytest.fail(f"the worker ended with {worker.process.returncode}: {last_words(worker.log)}")
    return b"ready." in worker.log.read_bytes()
