"""Benchmarks of pay: closing a period, in a process of its own whose memory is watched, and a worker's earnings page.

The data is written by `paid_week` and is not timed. A close can't be repeated on the same rows, so each repeat fills
anew; the warm-up is a hundredth of the size.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client

from byhand.accounts.models import User
from byhand.bench.entry import Entry
from byhand.bench.harness import Benchmark, Figures, percentile
from byhand.bench.paid_week import LARGEST_STRETCH_MS, MONDAY, PaidWeek, fill
from byhand.bench.scratch import reached_by
from byhand.bench.stage import Stage

WORKERS, INTERVALS = 10_000, 2_000_000
PAGE_INTERVALS, PAGE_LOADS = 100_000, 60
_WARM_UP = 100  # so many times smaller
_LOOK_EVERY_SECONDS = 0.05


class CloseFailed(RuntimeError):
    """The closing process ended with an error."""


def entries(workers: int = WORKERS, intervals: int = INTERVALS, page: int = PAGE_INTERVALS) -> list[Entry]:
    """Return the benchmarks of this module; the sizes are those of the whole period and of one worker."""
    return [
        Entry(
            "wages.close_period",
            f"closing a period of {workers:,} workers and {intervals:,} intervals, in its own process",
            partial(close_period, workers=workers, intervals=intervals),
        ),
        Entry(
            "wages.earnings_page",
            f"the earnings page of a worker with {page:,} intervals",
            partial(earnings_page, intervals=page),
        ),
    ]


@contextmanager
def close_period(
    stage: Stage, repeats: int, *, workers: int = WORKERS, intervals: int = INTERVALS
) -> Iterator[Benchmark]:
    """Measure one close: its time, the peak memory of its process, and that of its database backend."""

    def run(repeat: int) -> Figures:
        size = max(workers // _WARM_UP, 1) if repeat < 0 else workers
        week = fill(workers=size, each=max(intervals // workers, 1))
        return {"workers": size, "intervals": week.intervals, **_close(week)}

    about = "closing a period with statements, floor tests, slice and log"
    yield Benchmark("wages.close_period", about, run, most=1, worst=frozenset({"peak_mb", "backend_mb"}))


@contextmanager
def earnings_page(
    stage: Stage, repeats: int, *, intervals: int = PAGE_INTERVALS, loads: int = PAGE_LOADS
) -> Iterator[Benchmark]:
    """Measure the earnings page as the server answers it, without the network."""
    # all of it in the past: a page that shows today must not find years of it there
    took = intervals * timedelta(milliseconds=LARGEST_STRETCH_MS)
    week = fill(workers=1, each=intervals, starts=MONDAY - took)
    client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0])
    client.force_login(User.objects.get(pk=week.workers[0]), backend="byhand.accounts.backends.ByEmail")

    def run(repeat: int) -> Figures:
        loaded = [_load(client) for _ in range(loads)]
        return {"intervals": intervals} | {
            f"p{share}_ms": round(percentile(loaded, share / 100), 2) for share in (50, 95)
        }

    yield Benchmark("wages.earnings_page", "the earnings page of one worker", run)


def _load(client: Client) -> float:
    began = time.perf_counter()
    response = client.get("/earnings/")
    took = (time.perf_counter() - began) * 1000
    if response.status_code != 200:
        raise RuntimeError(f"the earnings page answered {response.status_code}")
    return took


def _close(week: PaidWeek) -> dict[str, float]:
    """Let a process close the week; return its figures."""
    env = {**os.environ, **reached_by()}
    order = {"actor": week.steward.pk, "project": str(week.project.pk), "at": week.closes_at.isoformat()}
    with subprocess.Popen(
        [sys.executable, "-m", "byhand.bench.closer"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env,
    ) as process:  # fmt: skip
        if process.stdin is None or process.stdout is None:
            raise CloseFailed("the closing process has no pipes")
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.close()
        first = process.stdout.readline()
        backend = _watch(int(json.loads(first)["backend"]), process) if first else 0.0
        last = process.stdout.read()
    if process.returncode or not last:
        raise CloseFailed(f"the closing process ended with {process.returncode}")
    done: dict[str, Any] = json.loads(last)
    return {
        "seconds": round(done["seconds"], 2),
        "peak_mb": round(done["peak_mb"], 1),
        "backend_mb": round(backend, 1),
    }


def _watch(backend: int, process: subprocess.Popen[str]) -> float:
    """Return the most memory that the backend has had to itself (not shared buffers) until the process ends, in MB."""
    peak = 0
    while process.poll() is None:
        peak = max(peak, _private_kb(backend))
        time.sleep(_LOOK_EVERY_SECONDS)
    return peak / 1024


def _private_kb(pid: int) -> int:
    """Return RssAnon of a process on this machine; 0 where there is no such file, as with a server elsewhere."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("RssAnon:")), 0)
