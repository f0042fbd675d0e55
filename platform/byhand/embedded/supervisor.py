"""Starts processes, keeps them alive, and stops all of them: the engine behind `manage.py up`.

Knows nothing of what the processes do. Every child is the leader of its own process group, so that a Ctrl-C
reaches the supervisor alone and nothing is left behind, and the kernel ends it when the supervisor is killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from byhand.embedded.process import CannotStart, die_with_parent, last_words, wait_until

_LONGEST_PAUSE = 30.0
_STEADY_SECONDS = 60.0
_TICK_SECONDS = 0.3


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Program:
    """One process to keep running. `stop_signals` are sent in turn, each with its seconds to obey."""

    name: str
    where: str
    command: Sequence[str]
    environment: dict[str, str]
    log: Path
    ready: Callable[[], bool] = _always
    stop_signals: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 10.0),)
    orphaned: signal.Signals = signal.SIGTERM


@dataclass
class _Child:
    program: Program
    process: subprocess.Popen[bytes]
    started: float
    failures: int = 0
    start_again_at: float = 0.0


@dataclass
class Supervisor:
    """Runs programs. `say` gets one line for each thing that a person should know."""

    say: Callable[[str], None] = print
    _children: list[_Child] = field(default_factory=list)
    _services: list[Callable[[], object]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self, program: Program) -> None:
        with self._lock:
            self._children.append(_Child(program, _spawn(program), time.monotonic()))

    def guard(self, ensure: Callable[[], object]) -> None:
        """Call `ensure` at every tick: it brings a service back that is no child of the supervisor's own."""
        self._services.append(ensure)

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Wait until every program is ready. Raises CannotStart with the last words of one that ended."""
        for child in list(self._children):
            ended = self._ready_or_ended(child, seconds)
            if ended:
                said = last_words(child.program.log)
                raise CannotStart(f"{child.program.name} did not start: {said} (see {child.program.log})")

    def _ready_or_ended(self, child: _Child, seconds: float) -> bool:
        def settled() -> bool:
            return child.process.poll() is not None or child.program.ready()

        return not wait_until(settled, seconds, every=0.1) or child.process.poll() is not None

    def tick(self) -> None:
        """Look at every child once; start again what ended, after a pause that doubles."""
        with self._lock:
            for child in self._children:
                if not self._stopping.is_set():
                    self._look_after(child)

    def _look_after(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process.poll() is None:
            if child.failures and now - child.started > _STEADY_SECONDS:
                child.failures = 0
        elif not child.start_again_at:
            pause = min(_LONGEST_PAUSE, 0.5 * 2**child.failures)
            _kill_group(child.process)  # what the dead leader left behind
            self.say(
                f"{child.program.name} ended ({_how(child.process.returncode)}); again in {pause:g} s "
                f"(see {child.program.log})"
            )
            child.failures, child.start_again_at = child.failures + 1, now + pause
        elif now >= child.start_again_at:
            child.process, child.started, child.start_again_at = _spawn(child.program), now, 0.0

    def watch(self, stop: threading.Event) -> None:
        """Keep everything running until `stop` is set."""
        while not stop.wait(_TICK_SECONDS):
            for ensure in self._services:
                try:
                    ensure()
                except CannotStart as error:
                    self.say(str(error))
            self.tick()

    def watch_in_background(self) -> None:
        """Watch in a thread. It outlives the children, which the kernel would end together with it."""

        def watch_to_the_end() -> None:
            self.watch(self._stopping)
            self._stopped.wait()

        self._thread = threading.Thread(target=watch_to_the_end, name="supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop every child, the last started first, and whatever they started."""
        self._stopping.set()
        with self._lock:
            for child in reversed(self._children):
                _stop(child)
            self._children.clear()
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def processes(self) -> list[tuple[Program, int]]:
        return [(child.program, child.process.pid) for child in self._children]


def _spawn(program: Program) -> subprocess.Popen[bytes]:
    program.log.parent.mkdir(parents=True, exist_ok=True)
    with program.log.open("ab") as log:
        return subprocess.Popen(
            program.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=program.environment,
            start_new_session=True, preexec_fn=die_with_parent(program.orphaned),
        )  # fmt: skip


def _stop(child: _Child) -> None:
    for number, seconds in child.program.stop_signals:
        if child.process.poll() is not None:
            break
        with suppress(ProcessLookupError):
            child.process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            child.process.wait(seconds)
    _kill_group(child.process)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _how(code: int | None) -> str:
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit {code}"
