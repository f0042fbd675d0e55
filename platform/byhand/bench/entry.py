"""What the command knows of a benchmark before it runs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from byhand.bench.harness import Benchmark
from byhand.bench.stage import Stage


class Skipped(Exception):
    """A benchmark can't run here; the message says why."""


@dataclass(frozen=True)
class Entry:
    """`prepare(stage, repeats)` makes what is measured, yields the benchmark, and clears up."""

    name: str
    about: str
    prepare: Callable[[Stage, int], AbstractContextManager[Benchmark]]
