"""The benchmarks of ranking run on a real web server and say what they are to say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from byhand.bench import ranking, world
from byhand.bench.crew import ClientFailed, crew
from byhand.bench.harness import measure
from byhand.bench.stage import Stage, stage

pytestmark = pytest.mark.slow
PERCENTILES = ("p50_ms", "p95_ms")


@pytest.fixture
def site(own_database: str) -> Iterator[Stage]:
    with stage(print) as started:
        yield started


def test_cycle_page_and_refusals(site: Stage) -> None:
    """One test for all, because each start of a site takes seconds."""
    with ranking.cycle(site, 1, clients=2, cycles=3) as benchmark:
        result = measure(benchmark, repeats=1)
    timed = {f"{act}_{share}" for act in ("next", "submit") for share in PERCENTILES}
    assert timed <= result.keys()
    assert {key: result[key] for key in ("name", "items", "clients", "duplicates")} == {
        "name": "annotation.cycle", "items": 12, "clients": 2, "duplicates": 0,
    }  # fmt: skip
    assert all(result[key] > 0 for key in (*timed, "cycles_per_s", "trivial_view_per_s", "ratio"))

    with ranking.page(site, 1, loads=2) as benchmark:
        result = measure(benchmark, repeats=1)
    timed = {f"{act}_{share}" for act in ("page", "submit", "submit_to_page") for share in PERCENTILES}
    assert all(result[key] > 0 for key in timed)
    assert result["submit_to_page_p50_ms"] > result["submit_p50_ms"]

    made = world.build(site.folder, items=1, annotators=1)
    with crew(ranking.CLIENT, site.site, made) as people:
        people.do("cycle", 1)
        with pytest.raises(ClientFailed):
            people.do("cycle", 1)  # nothing is left to rank: no rate is made up
    ranking._require_ballots(made, 1)
    with pytest.raises(ranking.RowsDisagree, match="2 rankings were acknowledged, 1 ballots"):
        ranking._require_ballots(made, 2)
