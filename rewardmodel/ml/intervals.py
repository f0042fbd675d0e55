"""Bootstrap intervals. NumPy only: the demo and the gates' callers use it without torch.

People and prompts answer alike more than once, so what is drawn again is always a whole cluster (a prompt).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

DRAWS = 2000
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """An estimate and its 95 % bootstrap interval, from `clusters` independent clusters."""

    value: float
    low: float
    high: float
    clusters: int

    def as_dict(self) -> dict[str, float | int]:
        return asdict(self)


@dataclass(frozen=True)
class PairedComparison:
    """Policy against reference on the same prompts: mean difference and win rate with ties counted half."""

    gain: Interval
    win_rate: Interval
    wins: int
    ties: int
    losses: int

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def ratio_interval(
    numerators: ArrayLike, denominators: ArrayLike, clusters: Sequence[Hashable], *, seed: int = 0
) -> Interval:
    """Return sum(numerators) / sum(denominators) with an interval from drawing whole clusters again."""
    top, bottom = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    if len(top) != len(bottom) or len(top) != len(clusters):
        raise ValueError("numerators, denominators and clusters must have the same length")
    if bottom.sum() <= 0:
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    names = {name: number for number, name in enumerate(dict.fromkeys(clusters))}
    member = np.array([names[name] for name in clusters])
    tops = np.bincount(member, weights=top, minlength=len(names)).astype(np.float64)
    bottoms = np.bincount(member, weights=bottom, minlength=len(names)).astype(np.float64)
    low, high = np.quantile(_resampled(tops, bottoms, seed), [0.025, 0.975])
    return Interval(float(top.sum() / bottom.sum()), float(low), float(high), len(names))


def mean_interval(
    values: ArrayLike, clusters: Sequence[Hashable] | None = None, *, seed: int = 0
) -> Interval:
    """Return the mean with its interval; without `clusters` every value stands for itself."""
    array = np.asarray(values, dtype=np.float64)
    return ratio_interval(
        array, np.ones_like(array), range(len(array)) if clusters is None else clusters, seed=seed
    )


def paired_bootstrap(
    policy: ArrayLike, reference: ArrayLike, clusters: Sequence[Hashable] | None = None, *, seed: int = 0
) -> PairedComparison:
    """Compare two lists of scores pair by pair (same prompt in the same place)."""
    difference = np.asarray(policy, dtype=np.float64) - np.asarray(reference, dtype=np.float64)
    if not len(difference):
        raise ValueError("nothing to compare")
    wins, losses = difference > 0, difference < 0
    points = np.where(wins, 1.0, np.where(losses, 0.0, 0.5))
    return PairedComparison(
        gain=mean_interval(difference, clusters, seed=seed),
        win_rate=mean_interval(points, clusters, seed=seed),
        wins=int(wins.sum()),
        ties=int(len(difference) - wins.sum() - losses.sum()),
        losses=int(losses.sum()),
    )


def _resampled(tops: Floats, bottoms: Floats, seed: int) -> Floats:
    """Return DRAWS ratios, each of as many clusters as there are, drawn with replacement."""
    generator = np.random.default_rng(seed)
    ratios = np.empty(DRAWS)
    for start in range(0, DRAWS, 100):  # a hundred at a time bounds the memory at 100 x clusters
        drawn = generator.integers(0, len(tops), size=(100, len(tops)))
        ratios[start : start + 100] = tops[drawn].sum(1) / np.maximum(bottoms[drawn].sum(1), 1e-12)
    return ratios
