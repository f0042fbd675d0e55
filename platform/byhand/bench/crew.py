"""The parent's side of the load: starts clients as processes of their own and gives all of them the same order.

A client is one process with one HTTP session, so that no client waits for another one's interpreter lock.
An order is one JSON line to its standard input, the answer one line from its standard output.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from byhand.bench.world import World
from byhand.embedded import programs
from byhand.embedded.process import die_with_parent


class ClientFailed(RuntimeError):
    """A client ended with an error; the message is what it said last."""


@dataclass(frozen=True)
class Crew:
    """Clients that are signed in and on the clock."""

    processes: Sequence[subprocess.Popen[str]]

    def do(self, act: str, count: int) -> list[dict[str, Any]]:
        """Let every client do `act` so many times, all at once, and return their answers."""
        for process in self.processes:
            _tell(process, {"act": act, "count": count})
        return [_hear(process) for process in self.processes]


@contextmanager
def crew(module: str, site: str, world: World) -> Iterator[Crew]:
    """Start `python -m module` for each annotator of the world; all of them are ready when this returns."""
    with ExitStack() as stack:
        processes = [stack.enter_context(_client(module)) for _ in world.annotators]
        for process, account in zip(processes, world.annotators, strict=True):
            login = {"email": account.email, "password": account.password}
            _tell(process, {"site": site, "project": str(world.project.pk), **login})
        for process in processes:
            _hear(process)
        yield Crew(processes)


@contextmanager
def _client(module: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=programs.environment("", ""), start_new_session=True, preexec_fn=die_with_parent(signal.SIGTERM),
    )  # fmt: skip
    try:
        yield process
    finally:
        with suppress(BrokenPipeError):
            process.stdin.close()  # type: ignore[union-attr]
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]


def _tell(process: subprocess.Popen[str], order: dict[str, Any]) -> None:
    try:
        process.stdin.write(json.dumps(order) + "\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]
    except BrokenPipeError as error:
        raise ClientFailed(f"A client ended with {process.wait()}.") from error


def _hear(process: subprocess.Popen[str]) -> dict[str, Any]:
    line = process.stdout.readline()  # type: ignore[union-attr]
    if not line:
        raise ClientFailed(f"A client ended with {process.wait()}.")
    answer: dict[str, Any] = json.loads(line)
    if "error" in answer:
        raise ClientFailed(answer["error"])
    return answer
