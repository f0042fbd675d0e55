"""When a PPO run has to be stopped. Pure: figures in, a reason out. Knows nothing of models or of TRL.

Limits are relative to the reference at step 0. Proxy reward is no evidence of anything here: with too few
rankings it was the highest of all runs while true quality fell.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rewardmodel.ml.errors import GuardStop

SOURCE = "chosen on runs of a tiny simulated world; check them on your own first runs"


@dataclass(frozen=True)
class Limits:
    """Thresholds. `window` updates are averaged, so that one unlucky batch stops nothing."""

    length_low: float = 0.5
    length_high: float = 2.0
    eos_drop: float = 0.05
    distinct_ratio: float = 0.8
    step0_kl: float = 1e-3
    window: int = 5
    kl_warning: float = 10.0
    floor_per_token: float = 0.05


@dataclass(frozen=True)
class Behaviour:
    """How a policy answers: mean tokens, share that ends by itself, share of distinct answers in a batch."""

    length: float
    eos_rate: float
    distinct_ratio: float


def behaviour(responses: Sequence[Sequence[int]], eos: int) -> Behaviour:
    """Measure sampled ids (each cut or padded after eos)."""
    cut = [list(row[: row.index(eos)]) if eos in row else list(row) for row in responses]
    return Behaviour(
        length=sum(len(row) for row in cut) / len(cut),
        eos_rate=sum(eos in row for row in responses) / len(responses),
        distinct_ratio=len({tuple(row) for row in cut}) / len(cut),
    )


def check(recent: Sequence[Mapping[str, float]], reference: Behaviour, limits: Limits) -> None:
    """Raise GuardStop if the last updates left the limits. `recent` ends with the newest update."""
    newest = recent[-1]
    for name, value in newest.items():
        if not math.isfinite(value):
            raise GuardStop("guard_nan", f"{name} became {value}: lower lr, or start from another seed")
    if len(recent) < limits.window:
        return
    window = recent[-limits.window :]
    length, eos_rate, distinct = (_mean(window, name) for name in ("length", "eos_rate", "distinct_ratio"))
    low, high = limits.length_low * reference.length, limits.length_high * reference.length
    if not low <= length <= high:
        raise _stop(
            "guard_length", "mean length", length, f"{low:.1f} to {high:.1f} tokens", reference.length
        )
    if eos_rate < reference.eos_rate - limits.eos_drop:
        bound = reference.eos_rate - limits.eos_drop
        raise _stop(
            "guard_eos", "share of answers that end", eos_rate, f"at least {bound:.3f}", reference.eos_rate
        )
    bound = limits.distinct_ratio * reference.distinct_ratio
    if distinct < bound:
        raise _stop(
            "guard_distinct",
            "share of distinct answers",
            distinct,
            f"at least {bound:.3f}",
            reference.distinct_ratio,
        )


def check_first_update(kl: float, floor_per_sequence: float, limits: Limits) -> None:
    """Raise GuardStop if policy and reference differ before anything was learnt (KL in nats a sequence)."""
    bound = max(limits.step0_kl, 5.0 * floor_per_sequence)
    if not abs(kl) <= bound:
        text = f"KL at step 0 is {kl:.4g} nats a sequence and must be within {bound:.4g}: "
        raise GuardStop(
            "guard_step0_kl",
            text + "the reference is not the starting policy, or sampling and training differ",
        )


def check_floor(per_token: float, limits: Limits) -> None:
    """Refuse to start where rounding alone moves log-probabilities too far."""
    if not per_token <= limits.floor_per_token:
        text = f"generating and re-reading differ by {per_token:.4g} nats a token"
        raise GuardStop("guard_floor", f"{text}, above {limits.floor_per_token}: use dtype float32")


def _mean(rows: Sequence[Mapping[str, float]], name: str) -> float:
    return sum(row[name] for row in rows) / len(rows)


def _stop(code: str, what: str, value: float, wanted: str, reference: float) -> GuardStop:
    return GuardStop(
        code, f"{what} is {value:.3f} and must be {wanted} (reference at step 0: {reference:.3f})"
    )
