"""The figures of a project as JSON, put together from the sums that `project` has kept.

Nothing in here is about one person: what is over people appears from SMALLEST_CROWD people on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from annotation.quality import bias, plausibility
from annotation.quality.alpha import Metric, alpha
from annotation.quality.intervals import Estimate, Measure, Sums, percentile, ratio
from annotation.quality.reliability import SMALLEST_CROWD, weights
from annotation.quality.speed import correlation

if TYPE_CHECKING:
    from annotation.quality.project import ProjectQuality

BINS = 10
MEASURES = {
    "tau_b": Measure(ratio("tau", "tau_items"), "tau_items"),
    "alpha_ordinal": Measure(lambda sums: _alpha(sums, "ordinal"), "compared"),
    "alpha_interval": Measure(lambda sums: _alpha(sums, "interval"), "compared"),
    "cycles": Measure(ratio("cycle", "compared"), "compared"),
    "earlier_higher": Measure(ratio("earlier_higher", "place_pairs"), "place_pairs"),
    "longer_higher": Measure(ratio("longer_higher", "length_pairs"), "length_pairs"),
    "speed": Measure(correlation, ("speed", "n")),
}
SELF = {
    "tau_b": Measure(ratio("self", "self_n"), "self_n"),
    "same": Measure(ratio("same", "repeats"), "repeats"),
}
GOLD = {"met": Measure(ratio("gold_met", "gold_known"), "gold_known")}


def bin_of(value: float) -> int:
    """Return the bin of a value from -1 to 1: ten of width 0.2, each with its lower end, the last with both."""
    return min(BINS - 1, max(0, int((value + 1) / 2 * BINS + 1e-9)))


def figures_of(quality: ProjectQuality) -> dict[str, Any]:
    """Return all figures. An estimate is {value, low, high, n}; null means undefined or too little to say."""
    found = quality.sums.estimates(MEASURES)
    return {
        "counts": {
            "items": quality.items,
            "items_compared": round(quality.sums.total()["compared"]),
            "ballots": quality.ballots,
            "people": len(quality.habits),
            "cycles": round(quality.sums.total()["cycle"]),
        },
        "agreement": {
            **{
                name: found[name].as_json() for name in ("tau_b", "alpha_ordinal", "alpha_interval", "cycles")
            },
            "histogram": _histogram([quality.taus[at] for at in range(BINS)]),
        },
        "gold": _group(quality.gold.estimates(GOLD), quality.gold.total(), "gold_ballots"),
        "self": _group(quality.self_agreement.estimates(SELF), quality.self_agreement.total(), "repeats"),
        "bias": _bias(quality, found),
        "reliability": _reliability(quality),
        "plausibility": _plausibility(quality),
        "flags": dict(sorted(quality.raised.items())),
        "review": {"items": quality.to_review, "reasons": dict(quality.reasons)},
    }


def _alpha(sums: Sums, metric: Metric) -> float | None:
    pairs = {key: value for key, value in sums.items() if isinstance(key, tuple) and key[0] != "speed"}
    return alpha(pairs, metric)


def _group(found: dict[str, Estimate], total: Sums, counted: str) -> dict[str, Any]:
    return {
        **{name: estimate.as_json() for name, estimate in found.items()},
        "ballots": round(total.get(counted, 0)),
    }


def _bias(quality: ProjectQuality, found: dict[str, Estimate]) -> dict[str, Any]:
    firsts = [quality.winners[place] for place in range(quality.k)]
    tests = [quality.place.result(), bias.winner_test(firsts), quality.length.result()]
    raised = bias.holm([test.p for test in tests])
    said = [
        {"statistic": test.statistic, "p": test.p, "p_holm": p, "n": test.n, "exact": test.exact}
        for test, p in zip(tests, raised, strict=True)
    ]
    enough = quality.speed.everybody() >= SMALLEST_CROWD
    return {
        "position": {
            "earlier_higher": found["earlier_higher"].as_json(),
            "trend": said[0],
            "winners": said[1],
            "places": [_place(quality, place) for place in range(quality.k)],
        },
        "length": {"longer_higher": found["longer_higher"].as_json(), "test": said[2]},
        "speed": {"correlation": found["speed"].as_json(), "bands": quality.speed.bands()}
        if enough
        else None,
    }


def _place(quality: ProjectQuality, place: int) -> dict[str, Any]:
    n = quality.place_ranks[("n", place)]
    return {
        "place": place + 1,
        "wins": quality.winners[place],
        "mean_rank": quality.place_ranks[("sum", place)] / n if n else None,
    }


def _reliability(quality: ProjectQuality) -> dict[str, Any] | None:
    """Return how the weights are distributed, or None where they would be about a few people."""
    values = sorted(weight.value for weight in weights(quality.running).values())
    if len(values) < SMALLEST_CROWD:
        return None
    counts = [0] * BINS
    for value in values:
        counts[bin_of(value)] += 1
    return {"people": len(values), "median": percentile(values, 0.5), "histogram": _histogram(counts)}


def _histogram(counts: Sequence[int]) -> list[dict[str, Any]]:
    width = 2 / BINS
    return [
        {"from": round(-1 + at * width, 6), "to": round(-1 + (at + 1) * width, 6), "count": count}
        for at, count in enumerate(counts)
    ]


def _plausibility(quality: ProjectQuality) -> dict[str, Any] | None:
    """Return how many people have a flag of each kind, or None where that would point at somebody."""
    if len(quality.habits) < SMALLEST_CROWD:
        return None
    kinds = [{flag.kind for flag in flags} for flags in quality.flags().values()]
    return {
        "people": len(quality.habits),
        "flagged": {kind: sum(kind in found for found in kinds) for kind in plausibility.KINDS},
        "chance": plausibility.CHANCE,
    }
