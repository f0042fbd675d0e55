"""The whole platform on one machine: what `manage.py up` and the demo start, in which order, and where."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from rich.console import Console
from rich.table import Table

from byhand import env
from byhand.embedded import frontend, paths, programs, reach
from byhand.embedded.process import CannotStart, alive
from byhand.embedded.services import Services
from byhand.embedded.supervisor import Supervisor
from byhand.jobs import sweeper


@dataclass(frozen=True)
class Platform:
    """A running platform, as whoever started it sees it."""

    site_url: str
    events_url: str
    simulated: bool
    services: Services
    supervisor: Supervisor

    def show(self, console: Console) -> None:
        """Print what runs and where."""
        table = Table(title="Byhand (simulated people)" if self.simulated else "Byhand", title_justify="left")
        for heading in ("what", "where", ""):
            table.add_column(heading, overflow="fold")
        for row in self.services.table():
            table.add_row(*row)
        for program, pid in self.supervisor.processes():
            table.add_row(program.name, program.where, f"pid {pid}")
        console.print(table)
        console.print(f"Logs: {paths.VAR / 'log'}", highlight=False)


@contextmanager
def running_platform(
    *, port: int = 8000, host: str = "127.0.0.1", simulated: bool = False, say: Callable[[str], None] = print
) -> Iterator[Platform]:
    """Start everything, yield it, and stop everything that was started here.

    Raises CannotStart with one line that says what to do. `say` gets what a person should know.
    """
    with ExitStack() as stack:
        stack.enter_context(_only_one(port))
        for number in (port, port + 1):
            reach.require_free_port(host, number)
        services, supervisor = Services(), Supervisor(say=say)
        stack.callback(services.stop)
        services.start()
        migrate_if_needed(say)
        build_frontend(say)
        site_url, events_url = _use_addresses(port)
        stack.callback(hand_back_jobs)
        stack.callback(supervisor.stop)
        for program in programs.every(host, port, site_url, events_url):
            supervisor.start(program)
        supervisor.wait_ready()
        supervisor.guard(services.revive)
        supervisor.watch_in_background()
        yield Platform(site_url, events_url, simulated, services, supervisor)


@contextmanager
def _only_one(port: int) -> Iterator[None]:
    """Refuse a second platform of this checkout; the kernel frees the lock of a killed one."""
    note = paths.VAR / "up.json"
    note.parent.mkdir(parents=True, exist_ok=True)
    with note.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise CannotStart(_who_runs(file.read())) from error
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "port": port}))
        file.flush()
        yield
        file.truncate(0)


def _who_runs(note: str) -> str:
    other = json.loads(note) if note else {"pid": "unknown", "port": "unknown"}
    return (
        f"This checkout's platform runs already (pid {other['pid']}, port {other['port']}): stop it with "
        f"Ctrl-C there or `kill {other['pid']}`, or use that one."
    )


def _use_addresses(port: int) -> tuple[str, str]:
    """Return where the site and its event stream are. What the environment says wins over the port."""
    site = env.text("SITE_URL") or f"http://localhost:{port}"
    events = env.text("EVENTS_URL") or f"http://localhost:{port + 1}"
    settings.SITE_URL, settings.EVENTS_URL = (
        site.rstrip("/"),
        events.rstrip("/"),
    )  # links that this process prints
    return settings.SITE_URL, settings.EVENTS_URL


def migrate_if_needed(say: Callable[[str], None]) -> None:
    """Bring the schema up to date as the owner role; quick when it is."""
    alias = "owner" if "owner" in settings.DATABASES else "default"
    reach.require_database(alias)
    executor = MigrationExecutor(connections[alias])
    pending = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if pending and alias == "default":
        raise CannotStart(
            f"{pending} migrations wait: set DATABASE_OWNER_URL, or run `manage.py migrate` with it."
        )
    if pending:
        say(f"Migrating the database ({pending} steps) ...")
        call_command("migrate", verbosity=0, interactive=False)
    connections[alias].close()


def hand_back_jobs() -> None:
    """Queue again what the workers, which are stopped by now, were in the middle of."""
    with suppress(DatabaseError):  # without a database the leases run out by themselves
        sweeper.hand_back(host=socket.gethostname(), alive=alive)
    connections.close_all()


def build_frontend(say: Callable[[str], None]) -> None:
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # whitenoise warns when it is not there
    if not frontend.is_built():
        say("Building the frontend ...")
    try:
        frontend.build()
    except frontend.NotBuilt as error:
        say(f"Warning: the frontend is not built ({error}). The pages work without it, with less comfort.")
