"""Gates G0 (data), G1 (reward model) and G2 (PPO). Pure: figures in, a verdict with reasons out.

A gate never says just "no": each check carries its figure, what was needed, and where the threshold comes from.
A figure that is missing fails its check; nothing passes by not being measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Thresholds:
    """What the gates ask for. `source` says where the numbers come from, and is printed beside them."""

    rankings: int
    comparisons: int
    twice_share: float
    accuracy_low: float
    source: str


TINY = Thresholds(
    rankings=400,
    comparisons=0,
    twice_share=0.10,
    accuracy_low=0.58,
    source="one simulation of the tiny world: 100 rankings made the policy worse, 500 made it better",
)
REAL = Thresholds(
    rankings=0,
    comparisons=2000,
    twice_share=0.10,
    accuracy_low=0.58,
    source="2,000 comparisons as a floor for real models; 0.58 is from one simulation of the tiny world",
)


@dataclass(frozen=True)
class Check:
    name: str
    value: float | str | None
    needed: str
    passed: bool
    why: str = ""
    source: str = ""


@dataclass(frozen=True)
class Verdict:
    """What one gate says. `reasons` lists each check that failed, in words with figures."""

    gate: str
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        return bool(self.checks) and all(check.passed for check in self.checks)

    @property
    def reasons(self) -> list[str]:
        return [
            f"{c.name} is {_shown(c.value)}, needed {c.needed}: {c.why}" for c in self.checks if not c.passed
        ]

    def figures(self) -> dict[str, Any]:
        return {"checks": [asdict(check) for check in self.checks], "reasons": self.reasons}


def thresholds_for(simulated: bool) -> Thresholds:
    """Return the thresholds of the tiny world for simulated work, those of real models for all other."""
    return TINY if simulated else REAL


def g0_data(counts: Mapping[str, Any], limits: Thresholds) -> Verdict:
    """Judge the counts in a dataset's manifest: enough rankings, and enough prompts judged by two people."""
    prompts = counts["prompts"]
    twice = counts["prompts_labelled_twice"] / prompts if prompts else 0.0
    checks = []
    if limits.rankings:
        checks.append(
            _at_least("rankings", counts["rankings"], limits.rankings, "rank more prompts", limits.source)
        )
    if limits.comparisons:
        why = "rank more prompts"
        checks.append(_at_least("comparisons", counts["comparisons"], limits.comparisons, why, limits.source))
    why = "without it nobody knows how far annotators agree; raise the overlap"
    checks.append(_at_least("share of prompts labelled twice", twice, limits.twice_share, why, limits.source))
    return Verdict("G0", tuple(checks))


def g1_reward(metrics: Mapping[str, Any], limits: Thresholds) -> Verdict:
    """Judge a reward model: cross-validated accuracy against a threshold and a length-only baseline, and probes."""
    cross = metrics.get("cross_validation") or {}
    low = _lower(cross.get("pair_accuracy_ci"))
    baseline = _number(
        (cross.get("length_baseline") or {}).get("pair_accuracy", cross.get("length_baseline_accuracy"))
    )
    why = "the rankings are too few or too noisy to learn from"
    checks = [
        _at_least("pair accuracy, lower 95 % bound", low, limits.accuracy_low, why, limits.source),
        Check(
            "pair accuracy above a length-only baseline", low, f"above {_shown(baseline)}",
            low is not None and baseline is not None and low > baseline,
            "the model may have learned length and nothing else",
        ),
    ]  # fmt: skip
    checks += _probes(metrics)
    return Verdict("G1", tuple(checks))


def _probes(metrics: Mapping[str, Any]) -> list[Check]:
    """Degenerate texts must score below the median of the reference policy's own samples."""
    probes, median = metrics.get("probes") or {}, _number(metrics.get("reference_median"))
    if not probes:
        return [Check("degenerate probes", None, "scored", False, "the run reported none")]
    why = "PPO would find this text and write nothing else"
    found = []
    for name, score in sorted(probes.items()):
        value = _number(score.get("score") if isinstance(score, Mapping) else score)
        below = value is not None and median is not None and value < median
        found.append(Check(f"probe: {name}", value, f"below {_shown(median)}", below, why))
    return found


def g2_ppo(metrics: Mapping[str, Any], *, finished: bool, stop: str = "") -> Verdict:
    """Judge a PPO run: it went to its end, no guard stopped it, and its last updates are within the guards' limits.

    Proxy reward is no evidence here: with too few rankings it was the highest of all runs while quality fell.
    """
    done, planned = _number(metrics.get("updates")), _number(metrics.get("updates_planned"))
    whole = finished and done is not None and done == planned
    checks = [
        Check("guards", stop or "none stopped it", "no stop", not stop, stop),
        Check("updates done", done, _shown(planned), whole, "it did not finish"),
    ]
    return Verdict("G2", (*checks, *_behaviour(metrics)))


def _behaviour(metrics: Mapping[str, Any]) -> list[Check]:
    """Compare the last updates with the reference at step 0, by the limits that the run itself was guarded by."""
    last, reference, limits = (metrics.get(name) or {} for name in ("last_updates", "reference", "limits"))
    rules = (
        (
            "mean length",
            "length",
            ("length_low", "length_high"),
            "answers grew or shrank: a shortcut, no better text",
        ),
        ("share of answers that end", "eos_rate", ("eos_drop", None), "the policy forgets to stop"),
        (
            "share of distinct answers",
            "distinct_ratio",
            ("distinct_ratio", None),
            "the policy repeats itself",
        ),
    )
    checks = []
    for label, name, (low_name, high_name), why in rules:
        value, base, low = (
            _number(last.get(name)),
            _number(reference.get(name)),
            _number(limits.get(low_name)),
        )
        least = None if base is None or low is None else base - low if low_name == "eos_drop" else base * low
        factor = _number(limits.get(high_name)) if high_name else None
        most = None if base is None or factor is None else base * factor
        passed = (
            value is not None and least is not None and value >= least and (most is None or value <= most)
        )
        needed = f"at least {_shown(least)}" + (f" and at most {_shown(most)}" if most is not None else "")
        checks.append(Check(label, value, needed, passed, why, str(limits.get("source", ""))))
    return checks


def _at_least(name: str, value: float | None, least: float, why: str, source: str) -> Check:
    return Check(name, value, f"at least {_shown(least)}", value is not None and value >= least, why, source)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _lower(interval: Any) -> float | None:
    return _number(interval[0]) if isinstance(interval, list | tuple) and interval else None


def _shown(value: float | str | None) -> str:
    if value is None:
        return "not measured"
    return value if isinstance(value, str) else f"{value:.4g}"
