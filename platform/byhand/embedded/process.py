"""What both embedded services need: a lock between starters, children tied to their parent, last words."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
# Servers that this process started, by their data folder: one that ended must be reaped, or its pid looks alive.
_children: dict[Path, subprocess.Popen[bytes]] = {}


class CannotStart(Exception):
    """An embedded service can't run here. The message is one line that says what to do."""


@contextmanager
def starter_lock(path: Path) -> Iterator[None]:
    """Let one process at a time start or stop a service; the kernel frees the lock of a killed one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """Return a `preexec_fn`: the kernel sends `number` to the child when its parent thread is gone."""
    if not sys.platform.startswith("linux"):
        return lambda: None
    libc = ctypes.CDLL(None)

    def tie() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number))

    return tie


def wait_until(ready: Callable[[], bool], seconds: float, every: float = 0.05) -> bool:
    """Ask again and again until `ready` or the time is over; return whether it was."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() >= deadline:
            return False
        time.sleep(every)
    return True


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


def remember(data: Path, child: subprocess.Popen[bytes]) -> None:
    """Keep the server that this process started on a data folder, for `reap`."""
    _children[data] = child


def reap(data: Path) -> bool:
    """Take note of the end of the server on this data folder; return whether one that we started had ended."""
    child = _children.get(data)
    if child is None or child.poll() is None:
        return False
    del _children[data]
    return True


def end(pid: int, data: Path, signals: Sequence[signal.Signals], seconds: float) -> bool:
    """Send one signal after the other, each with its time to work; return whether the server is gone."""
    for number in signals:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if wait_until(lambda: reap(data) or not alive(pid), seconds):
            return True
    return False


def last_words(log: Path, since: int = 0) -> str:
    """Return what a log says after byte `since`, as one line, the newest 400 characters."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(since)
        text = file.read().decode("utf-8", errors="replace")
    return " | ".join(line.strip() for line in text.splitlines() if line.strip())[-400:]
