"""What a benchmark of the site runs on: the database server, a scratch database, and the web server of `make up`.

Celery's workers and beat are not started: the requests that are measured here ring no job.
"""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from byhand.bench.scratch import scratch_database
from byhand.embedded import paths, postgres, programs
from byhand.embedded.supervisor import Supervisor

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Stage:
    """`folder` is thrown away with the stage."""

    site: str
    folder: Path


@contextmanager
def stage(say: Callable[[str], None]) -> Iterator[Stage]:
    """Start all of it, yield it, and leave nothing behind. Raises CannotStart."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="byhand-bench-")))
        if postgres.ensure_running(tied=True):
            stack.callback(postgres.stop)
        reached_by = stack.enter_context(scratch_database())
        port = _free_port()
        site = f"http://localhost:{port}"
        base = programs.environment(site, f"http://localhost:{port + 1}")
        web = programs.web(HOST, port, {**base, **reached_by})
        supervisor = Supervisor(say=say)
        stack.callback(supervisor.stop)
        supervisor.start(replace(web, log=paths.VAR / "log" / "bench-web.log"))
        supervisor.wait_ready()
        yield Stage(site, folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
