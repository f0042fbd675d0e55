"""Runs one stage of `rewardmodel.ml` as a process of its own and passes on what it reports.

The process has its own group, an environment without our secrets, and a lifeline: its stdin is a pipe that only this
process holds, so that it ends when this one dies. Knows nothing of what a stage computes; imports no torch.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from byhand.jobs.errors import Cancelled
from byhand.jobs.worker import JobContext
from rewardmodel.errors import ProcessDied, StageFailed
from rewardmodel.ml.environment import SETTINGS

Event = dict[str, Any]
OnEvent = Callable[[Event], None]

CANCEL_GRACE_SECONDS = 120.0
_POLL_SECONDS = 0.5
_PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TZ",
    "LD_LIBRARY_PATH",
    "VIRTUAL_ENV",
    "SYSTEMROOT",
)
_PASSED_ON_PREFIXES = ("CUDA_", "NVIDIA_", "NCCL_")


def run_stage(context: JobContext, stage: str, manifest: Mapping[str, Any], on_event: OnEvent) -> Event:
    """Run `stage` with `manifest` and return the data of its result.

    Raises StageFailed for bad input, Cancelled, Fenced, or ProcessDied when it ended without a result.
    """
    folder = context.run_dir
    path = folder / f"{stage}-{context.fence}.json"
    path.write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")
    log = folder / f"{stage}-{context.fence}.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "rewardmodel.ml.stage", stage, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
            cwd=settings.BASE_DIR,
            env=clean_environment(int(manifest["threads"])),
        )
        try:
            return _follow(context, process, on_event, log)
        finally:
            _end(process)


def clean_environment(threads: int) -> dict[str, str]:
    """Return the environment of a stage: what a program needs to start, and no setting or secret of ours."""
    kept = {k: v for k, v in os.environ.items() if k in _PASSED_ON or k.startswith(_PASSED_ON_PREFIXES)}
    return {
        **kept,
        **SETTINGS,
        "OMP_NUM_THREADS": str(threads),
        "PYTHONPATH": str(settings.BASE_DIR),
        "PYTHONUNBUFFERED": "1",
    }


def _follow(context: JobContext, process: subprocess.Popen[bytes], on_event: OnEvent, log: Path) -> Event:
    """Pass events on until the process ends; meanwhile look for a cancel and for a lost lease."""
    assert process.stdout is not None  # noqa: S101  made with PIPE above
    lines: queue.Queue[bytes | None] = queue.Queue(maxsize=1000)
    threading.Thread(target=_pump, args=(process.stdout, lines), daemon=True).start()
    last: dict[str, Event] = {}
    give_up_at: float | None = None
    while True:
        give_up_at = _watch(context, process, give_up_at)
        try:
            line = lines.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            continue
        if line is None:
            break
        event = _parse(line)
        if event["event"] in ("result", "error"):
            last[event["event"]] = event
        else:
            on_event(event)
    return _outcome(process.wait(), last, log)


def _watch(context: JobContext, process: subprocess.Popen[bytes], give_up_at: float | None) -> float | None:
    """Ask the process to stop once somebody cancelled. A lost lease is raised: the caller kills the process."""
    try:
        context.check()
    except Cancelled:
        now = time.monotonic()
        if give_up_at is None:
            _say(process, b"cancel\n")
            return now + CANCEL_GRACE_SECONDS
        if now > give_up_at:
            raise
    return give_up_at


def _say(process: subprocess.Popen[bytes], words: bytes) -> None:
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(words)
            process.stdin.flush()


def _pump(stream: IO[bytes], lines: queue.Queue[bytes | None]) -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _parse(line: bytes) -> Event:
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        raise ProcessDied(f"The training process wrote a line that is no event: {line[:200]!r}")
    return event


def _outcome(code: int, last: Mapping[str, Event], log: Path) -> Event:
    if code == 0 and "result" in last:
        return dict(last["result"]["data"])
    error = last.get("error", {})
    if code == 3:
        raise Cancelled
    if code == 2 and error:
        raise StageFailed(
            error["message"], stage_code=error["code"], problems=list(error.get("problems", []))
        )
    tail = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise ProcessDied(
        f"The training process ended with code {code}. {error.get('message', '')}\n{tail}".strip()
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave no process behind: close the lifeline, then kill the whole group."""
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
