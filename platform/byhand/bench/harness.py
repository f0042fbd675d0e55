"""How a benchmark is run and written down: warm-up, repeats, medians, one JSON object a line.

A benchmark is a function that takes its options and returns the figures of ONE repeat. The harness knows
nothing of what is measured. Single times on a busy machine mean little: it reports the median over the
repeats and their spread, and says what else was running.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Figures = Mapping[str, float | int]


@dataclass(frozen=True)
class Benchmark:
    """`run(repeat)` returns the figures of one repeat; repeat -1 is the warm-up and is thrown away.

    Of the figures named in `worst` the largest counts, not the median: one duplicate is one too many.
    `most`: at most so many repeats, where one takes minutes.
    """

    name: str
    about: str
    run: Callable[[int], Figures]
    repeats: int = 3
    worst: frozenset[str] = frozenset()
    most: int | None = None


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` of the values do not exceed (nearest rank)."""
    if not values:
        raise ValueError("a percentile of no values")
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * share // 1))  # ceil, without a float's rounding at whole ranks
    return ordered[int(rank) - 1]


def measure(benchmark: Benchmark, *, repeats: int | None = None) -> dict[str, Any]:
    """Run warm-up and repeats; return the medians, the spread of each figure, and the machine's load."""
    benchmark.run(-1)
    wanted = repeats or benchmark.repeats
    runs = [benchmark.run(n) for n in range(min(wanted, benchmark.most or wanted))]
    spread = {key: [min(run[key] for run in runs), max(run[key] for run in runs)] for key in runs[0]}
    medians = {
        key: low if low == high else statistics.median(run[key] for run in runs)
        for key, (low, high) in spread.items()  # a count that never changes stays a whole number
    }
    medians |= {key: spread[key][1] for key in benchmark.worst}
    return {
        "name": benchmark.name,
        **medians,
        "repeats": len(runs),
        "spread": spread,
        "cores": os.cpu_count(),
        "load_1m": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def append_result(result: Mapping[str, Any], file: Path) -> None:
    """Append one JSON object as one line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(result, sort_keys=True) + "\n")
