"""The benchmarks of pay run on a small week, and what they fill and close is a ledger that proves."""

from __future__ import annotations

from pathlib import Path

from byhand.bench import paying
from byhand.bench.harness import measure
from byhand.bench.paid_week import fill
from byhand.bench.stage import Stage
from wages.models import Period, Statement
from wages.verification import verify


def test_closing_a_small_week_leaves_a_ledger_that_proves(own_database: str, tmp_path: Path) -> None:
    with paying.close_period(Stage("", tmp_path), 3, workers=50, intervals=2_000) as benchmark:
        result = measure(benchmark, repeats=3)
    assert {key: result[key] for key in ("name", "workers", "intervals", "repeats")} == {
        "name": "wages.close_period",
        "workers": 50,
        "intervals": 2_000,
        "repeats": 1,
    }
    assert result["seconds"] > 0
    assert 10 < result["peak_mb"] < 1000
    assert Period.objects.filter(closed_at__isnull=False).count() == 2  # the warm-up and the one repeat
    assert Statement.objects.count() == 51
    assert [finding for finding in verify() if finding.bad] == []


def test_the_earnings_page_is_timed(own_database: str, tmp_path: Path) -> None:
    with paying.earnings_page(Stage("", tmp_path), 1, intervals=300, loads=2) as benchmark:
        result = measure(benchmark, repeats=1)
    assert (result["name"], result["intervals"]) == ("wages.earnings_page", 300)
    assert 0 < result["p50_ms"] <= result["p95_ms"]


def test_what_is_filled_proves_before_it_is_closed(own_database: str) -> None:
    week = fill(workers=3, each=20)
    assert (week.intervals, len(week.workers)) == (60, 3)
    assert [finding for finding in verify() if finding.bad] == []
