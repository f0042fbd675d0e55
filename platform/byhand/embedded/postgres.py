"""Embedded PostgreSQL: find the binaries, make the data folder, start, stop.

Owns the server's life and its two roles; knows nothing of tables. Sockets only, in a folder that nobody else
may enter, which is why `trust` is safe. `postmaster.pid` is never deleted by hand: PostgreSQL itself knows
when a killed predecessor is really gone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from byhand import env, roles
from byhand.embedded import paths, postgres_binaries, privileges
from byhand.embedded.postgres_binaries import Binaries
from byhand.embedded.privileges import Launcher
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

SUPERUSER = "postgres"
_START_SECONDS = 120.0  # recovery first flushes the whole data folder to a disk that may be busy
_STOP_SECONDS = 20.0
_FAST_THEN_IMMEDIATE = (signal.SIGINT, signal.SIGQUIT)  # PostgreSQL's words for its kinds of shutdown
_RECOVER_SECONDS = 15.0
_STILL_HELD = ("postmaster.pid", "pre-existing shared memory")


@dataclass(frozen=True)
class Cluster:
    """One server: its data folder, its socket folder, its log, and the programs to choose from."""

    data: Path
    socket_dir: Path
    log: Path
    available: Callable[[], list[Binaries]] = field(default=postgres_binaries.find_all)

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.socket_dir), user=SUPERUSER, dbname=database, autocommit=True, connect_timeout=5
        )

    def pid(self) -> int | None:
        """Return the pid of the running postmaster."""
        with suppress(OSError, ValueError, IndexError):
            pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
            running = Path(f"/proc/{pid}/cmdline").read_bytes() if alive(pid) else b""
            return pid if os.fsencode(self.data) in running else None  # else a pid that was used again
        return None

    def answers(self) -> bool:
        """Whether the server takes connections. Raises CannotStart when it is another user's."""
        try:
            self.connect().close()
        except psycopg.OperationalError as error:
            if "Permission denied" in str(error):
                raise CannotStart(
                    f"{self.socket_dir} belongs to another user: run as that user, or move {paths.VAR} away."
                ) from error
            return False
        return True

    def start(self, *, tied: bool = False) -> bool:
        """Start unless it runs; return whether this call did. `tied`: it stops when this process dies."""
        reap(self.data)
        if self.answers():
            return False
        binaries = postgres_binaries.choose(self.available(), self.data)
        launcher = privileges.launcher_for(binaries.folder / "postgres", self.data.parent)
        self._own_folders(launcher)
        if not self._made():
            self._initialise(binaries, launcher)
        if self.pid() is not None and wait_until(self.answers, _START_SECONDS, every=0.2):
            return False  # another process started it a moment ago
        self._launch(binaries, launcher, tied)
        return True

    def stop(self) -> bool:
        """Stop it, ending open connections; return whether it ran."""
        pid = self.pid()
        if pid is None:
            return False
        if end(pid, self.data, _FAST_THEN_IMMEDIATE, _STOP_SECONDS):
            return True
        raise CannotStart(f"PostgreSQL (pid {pid}) does not stop; see {self.log}.")

    def _made(self) -> bool:
        """Whether initdb came to its end; it writes this file last of all."""
        return (self.data / "global" / "pg_control").exists() and (self.data / "PG_VERSION").exists()

    def _own_folders(self, launcher: Launcher) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.socket_dir.parent.mkdir(parents=True, exist_ok=True)
        launcher.own(self.socket_dir)
        foreign = launcher.owner is not None and self._made() and self.data.stat().st_uid != launcher.owner[0]
        if foreign:
            raise CannotStart(
                f"{self.data} belongs to another user: run as that user, or move {self.data.parent} away."
            )

    def _initialise(self, binaries: Binaries, launcher: Launcher) -> None:
        if self.data.exists() and any(self.data.iterdir()):
            self._set_aside()  # an initdb that was killed half-way left files that hold no data
        command = launcher.command(
            binaries.folder / "initdb", "--pgdata", self.data, "--username", SUPERUSER, "--auth=trust",
            "--encoding=UTF8", "--locale=C.UTF-8",
        )  # fmt: skip
        done = subprocess.run(
            command, capture_output=True, text=True, cwd="/", env=_environment(), check=False
        )
        if done.returncode != 0:
            raise CannotStart(f"PostgreSQL could not make {self.data}: {_one_line(done.stderr)}")

    def _set_aside(self) -> None:
        self.data.rename(self.data.with_name(f"unfinished-{time.time_ns()}"))

    def _launch(self, binaries: Binaries, launcher: Launcher, tied: bool) -> None:
        """Start the postmaster; while a killed predecessor is still dying, try again for some seconds."""
        deadline = time.monotonic() + _RECOVER_SECONDS
        while True:
            spoken = self.log.stat().st_size if self.log.exists() else 0
            child = self._spawn(binaries, launcher, tied)
            if self._came_up(child):
                return
            said = last_words(self.log, spoken)
            if not reap(self.data):
                raise CannotStart(
                    f"PostgreSQL still recovers after {_START_SECONDS:g} s; try again (see {self.log})"
                )
            if not any(mark in said for mark in _STILL_HELD) or time.monotonic() > deadline:
                raise CannotStart(f"PostgreSQL did not start: {said or 'it said nothing'} (see {self.log})")
            time.sleep(0.3)

    def _came_up(self, child: subprocess.Popen[bytes]) -> bool:
        wait_until(lambda: child.poll() is not None or self.answers(), _START_SECONDS, every=0.1)
        return child.poll() is None and self.answers()

    def _spawn(self, binaries: Binaries, launcher: Launcher, tied: bool) -> subprocess.Popen[bytes]:
        command = launcher.command(
            binaries.folder / "postgres", "-D", self.data, "-c", "listen_addresses=", "-c",
            f"unix_socket_directories={self.socket_dir}", "-c", "max_connections=200",
        )  # fmt: skip
        if tied and launcher.prefix[:1] == ("setpriv",):  # a change of user clears a signal set before it
            command[1:1] = ["--pdeathsig", "INT"]
        with self.log.open("ab") as log:
            child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", env=_environment(),
                start_new_session=True, preexec_fn=die_with_parent(signal.SIGINT) if tied else None,
            )  # fmt: skip
        remember(self.data, child)
        return child


def _environment() -> dict[str, str]:
    """Without the PG* variables of the person who starts it, and with one locale everywhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "LC_ALL": "C.UTF-8"}


def _one_line(text: str) -> str:
    return " | ".join(line.strip() for line in text.splitlines() if line.strip())[-400:]


def is_embedded() -> bool:
    """Whether the database is ours to run: no DATABASE_URL is set."""
    return not env.text("DATABASE_URL")


def default_cluster() -> Cluster:
    return Cluster(paths.postgres_data(), paths.postgres_socket_dir(), paths.VAR / "log" / "postgres.log")


def ensure_running(*, tied: bool = False) -> bool:
    """Have the embedded server, its roles and its database there. Nothing happens if DATABASE_URL is set.

    Returns whether this call started it. Raises CannotStart with one line that says what to do.
    """
    if not is_embedded():
        return False
    cluster = default_cluster()
    with starter_lock(paths.VAR / "pg.lock"):
        started = cluster.start(tied=tied)
        with cluster.connect() as superuser:
            if not superuser.execute(
                "SELECT 1 FROM pg_database, pg_roles WHERE datname = %s AND rolname = %s",
                [paths.DATABASE, paths.RETIRE_ROLE],  # a cluster of an earlier version has no such role yet
            ).fetchone():
                roles.make_roles(superuser)
                roles.make_database(superuser)
    return started


def stop() -> bool:
    """Stop the embedded server; return whether it ran."""
    with starter_lock(paths.VAR / "pg.lock"):
        return default_cluster().stop()
