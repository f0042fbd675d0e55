"""Benchmarks of ranking: the cycle of the JSON API, the page and its form, and when the page first paints.

The load comes from one process a client (`crew`), on the same machine as the site. A cycle is POST next and
POST submit; a repeat is a fixed number of them for each client, so that it can't run out of items.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from byhand.bench import browser, world
from byhand.bench.crew import crew
from byhand.bench.entry import Entry, Skipped
from byhand.bench.harness import Benchmark, Figures, percentile
from byhand.bench.stage import Stage

CLIENT, BROWSER = "byhand.bench.client", "byhand.bench.browser"
CYCLES = {1: 150, 8: 60}  # clients: cycles of each in one repeat
PAGES, LOADS = 80, 10
_IN_HAND = 1  # pages leave one item in the annotator's hands
Times = dict[str, list[float]]


class RowsDisagree(RuntimeError):
    """The database holds other ballots than the site has acknowledged."""


def entries(items: int = 0) -> list[Entry]:
    """Return the benchmarks of this module in the order in which they run; `items` enlarges the cycle's project."""
    size = f", {items:,} items and ballots" if items else ""
    cycles = [
        Entry(
            "annotation.cycle",
            f"next and submit by the JSON API, clients: {n}{size}",
            partial(cycle, clients=n, items=items),
        )
        for n in CYCLES
        if not items or n > 1
    ]
    return [
        *cycles,
        Entry("annotation.page", "the ranking page and its form, one client", page),
        Entry(
            "annotation.first_paint", "first contentful paint of the ranking page in Chromium", first_paint
        ),
    ]


@contextmanager
def cycle(
    stage: Stage, repeats: int, *, clients: int, cycles: int | None = None, items: int = 0
) -> Iterator[Benchmark]:
    """Measure cycles of so many clients at once, and a trivial signed-in view under the same load."""
    each = cycles or CYCLES[clients]
    needed = each * clients * (repeats + 1)
    made = world.build(stage.folder, items=needed, annotators=clients)
    if items:
        made = world.enlarge(made, items, shown=needed)
    with crew(CLIENT, stage.site, made) as people:

        def run(repeat: int) -> Figures:
            answers = people.do("cycle", each)
            trivial = people.do("trivial", each)
            _require_ballots(made, made.ballots + each * clients * (repeat + 2))
            rate = each * clients / _seconds(answers)
            trivial_rate = each * clients / _seconds(trivial)
            return {
                "items": made.items,
                "clients": clients,
                "ballots": made.ballots,
                "cycles_per_s": round(rate, 2),
                **_percentiles(_merged(answers)),
                "duplicates": world.duplicates(made.project.pk),
                "trivial_view_per_s": round(trivial_rate, 2),
                "ratio": round(rate / trivial_rate, 3),
            }

        about = f"next and submit by the JSON API, {clients} client processes"
        yield Benchmark("annotation.cycle", about, run, worst=frozenset({"duplicates"}))


@contextmanager
def page(stage: Stage, repeats: int, *, loads: int = PAGES) -> Iterator[Benchmark]:
    """Measure the page as a browser has it: GET with an item in hand, then the form and its redirect."""
    made = world.build(stage.folder, items=loads * (repeats + 1) + _IN_HAND, annotators=1)
    with crew(CLIENT, stage.site, made) as people:

        def run(repeat: int) -> Figures:
            took = _merged(people.do("pages", loads))
            _require_ballots(made, loads * (repeat + 2))
            return {"items": made.items, "clients": 1, **_percentiles(took)}

        yield Benchmark("annotation.page", "the ranking page and its form", run)


@contextmanager
def first_paint(stage: Stage, repeats: int, *, loads: int = LOADS) -> Iterator[Benchmark]:
    """Measure first contentful paint: `first_paint` with the site's files in the cache, `cold` without."""
    if reason := browser.missing():
        raise Skipped(reason)
    made = world.build(stage.folder, items=_IN_HAND, annotators=1)
    with crew(CLIENT, stage.site, made) as people, crew(BROWSER, stage.site, made) as browsers:
        people.do("take", 1)
        yield Benchmark(
            "annotation.first_paint",
            "first contentful paint of the ranking page",
            lambda _repeat: {"loads": loads, **_percentiles(_merged(browsers.do("paint", loads)))},
        )


def _seconds(answers: list[dict[str, Any]]) -> float:
    """Return the time from the first client's start to the last one's end; processes share the clock."""
    return float(max(each["ended"] for each in answers) - min(each["began"] for each in answers))


def _merged(answers: list[dict[str, Any]]) -> Times:
    return {name: [ms for each in answers for ms in each["ms"][name]] for name in answers[0]["ms"]}


def _percentiles(took: Times) -> Figures:
    return {
        f"{name}_p{share}_ms": round(percentile(values, share / 100), 2)
        for name, values in took.items()
        for share in (50, 95)
    }


def _require_ballots(made: world.World, acknowledged: int) -> None:
    stored = world.ballots(made.project.pk)
    if stored != acknowledged:
        raise RowsDisagree(f"{acknowledged} rankings were acknowledged, {stored} ballots are in the database")
