"""How a stage talks to whoever started it: JSON lines out, a lifeline in. Standard library only.

stdout carries one JSON object a line and nothing else; stdin is a pipe that the parent holds. When it
closes, the parent is gone and this process exits at once, so that no orphan trains on. The line "cancel"
asks for a stop at the next safe point.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from rewardmodel.ml.errors import Cancelled

EXIT_OK, EXIT_BUG, EXIT_BAD_INPUT, EXIT_CANCELLED = 0, 1, 2, 3


class Reporter:
    """What a stage calls to report and to ask whether it should stop. `check()` raises `Cancelled`."""

    def __init__(self, stream: BinaryIO | None = None) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._cancel = threading.Event()

    def progress(self, done: int, total: int, message: str = "") -> None:
        self._send({"event": "progress", "done": done, "total": total, "message": message})

    def metrics(self, step: int, data: Mapping[str, Any]) -> None:
        self._send({"event": "metrics", "step": step, "data": dict(data)})

    def sample(self, data: Mapping[str, Any]) -> None:
        self._send({"event": "sample", "data": dict(data)})

    def segment(self, index: int, path: str) -> None:
        self._send({"event": "segment", "index": index, "path": path})

    def result(self, data: Mapping[str, Any]) -> None:
        self._send({"event": "result", "data": dict(data)})

    def error(self, code: str, message: str, problems: Sequence[str] = ()) -> None:
        self._send({"event": "error", "code": code, "message": message, "problems": list(problems)})

    def cancel(self) -> None:
        self._cancel.set()

    def check(self) -> None:
        if self._cancel.is_set():
            raise Cancelled("stopped because it was cancelled")

    def _send(self, event: Mapping[str, Any]) -> None:
        if self._stream is None:
            return
        # allow_nan=False: NaN is no JSON; a stage that meets one stops with an error instead of sending it.
        line = json.dumps(event, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        with self._lock:
            self._stream.write(line)
            self._stream.flush()


def take_over_stdout() -> BinaryIO:
    """Return the real stdout as a private stream and send everything that libraries print to stderr."""
    sys.stdout.flush()
    private = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return private


def hold_lifeline(reporter: Reporter) -> None:
    """Watch stdin from a thread: "cancel" asks the stage to stop, end of file ends the process now."""
    threading.Thread(target=_watch, args=(reporter,), name="lifeline", daemon=True).start()


def _watch(reporter: Reporter) -> None:
    # os.read and no buffered stream: a daemon thread inside a buffered read would hold its lock at exit.
    pending = b""
    while chunk := os.read(0, 4096):
        *lines, pending = (pending + chunk).split(b"\n")
        if any(line.strip() == b"cancel" for line in lines):
            reporter.cancel()
    os._exit(EXIT_BUG)
