"""The harness throws the warm-up away, reports medians with their spread, and writes one JSON object a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from byhand.bench.harness import Benchmark, append_result, measure, percentile


def test_warm_up_is_run_first_and_not_counted() -> None:
    seen: list[int] = []

    def run(repeat: int) -> dict[str, float]:
        seen.append(repeat)
        return {"ms": 1000.0 if repeat == -1 else float(repeat)}

    result = measure(Benchmark("x", "about", run, repeats=3))
    assert seen == [-1, 0, 1, 2]
    assert (result["ms"], result["spread"]["ms"], result["repeats"]) == (1.0, [0.0, 2.0], 3)


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2), (0.51, 3), (0.95, 4), (1.0, 4), (0.0, 1)])
def test_percentile_is_the_nearest_rank(share: float, expected: int) -> None:
    assert percentile([4, 1, 3, 2], share) == expected


def test_percentile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_results_are_one_object_a_line(tmp_path: Path) -> None:
    file = tmp_path / "bench" / "results.jsonl"
    append_result({"name": "a", "ms": 1}, file)
    append_result({"name": "b", "ms": 2}, file)
    assert [json.loads(line)["name"] for line in file.read_text().splitlines()] == ["a", "b"]
