"""How well scores agree with rankings. NumPy only; knows nothing of how the scores were made.

Every figure compares a score row with a level row (0 is best, -1 is absent). Intervals draw whole prompt
groups again. A pair is two completions that a ranking puts at different levels: neither a tie nor two that it leaves
unranked is one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardmodel.ml.intervals import mean_interval, ratio_interval

ECE_BINS = 10


@dataclass(frozen=True)
class Scored:
    """One ranking with the scores of its completions, on the scale of log-odds."""

    group: str
    annotator: str
    levels: list[int]
    scores: list[float]
    lengths: list[int]


def ranking_report(rows: Sequence[Scored]) -> dict[str, Any]:
    """Return every figure of a set of rankings."""
    pairs = [_pair_points(row.levels, row.scores) for row in rows]
    groups = [row.group for row in rows]
    best = [row for row in rows if _has_best(row.levels)]
    if not best:
        return {"ballots": len(rows)}
    accuracy = ratio_interval([p[0] for p in pairs], [p[1] for p in pairs], groups)
    top1 = mean_interval([_top1(row) for row in best], [row.group for row in best])
    return {
        "ballots": len(rows),
        "prompts": accuracy.clusters,
        "pair_accuracy": accuracy.value,
        "pair_accuracy_ci": [accuracy.low, accuracy.high],
        "top1": top1.value,
        "top1_ci": [top1.low, top1.high],
        "top1_chance": float(np.mean([_chance(row.levels) for row in best])),
        "kendall_tau_b": float(np.mean([kendall_tau_b(row.levels, row.scores) for row in rows])),
        "ece": calibration_error(rows),
        "spearman_length": length_correlation(rows),
        "by_annotator": _by_annotator(rows, pairs),
    }


def pair_accuracy(rows: Sequence[Scored]) -> float:
    """Return the share of pairs in the right order; equal scores count half."""
    points = np.array([_pair_points(row.levels, row.scores) for row in rows]).sum(0)
    return float(points[0] / points[1])


def kendall_tau_b(levels: Sequence[int], scores: Sequence[float]) -> float:
    """Kendall's tau-b between a ranking (best first) and scores (high is good); 0 where one is constant."""
    place, score = _present(levels, scores)
    upper = np.triu_indices(len(place), 1)
    by_rank = np.sign(place[None, :] - place[:, None])[upper]
    by_score = np.sign(score[:, None] - score[None, :])[upper]
    scale = np.sqrt((by_rank != 0).sum() * (by_score != 0).sum())
    return float((by_rank * by_score).sum() / scale) if scale else 0.0


def calibration_error(rows: Sequence[Scored]) -> float:
    """Expected calibration error of the pair probabilities: |confidence - accuracy| over ten bins."""
    confidence, right = [], []
    for row in rows:
        gaps = _gaps(row.levels, row.scores)
        confidence.append(1.0 / (1.0 + np.exp(-np.abs(gaps))))
        right.append(np.where(gaps == 0, 0.5, gaps > 0))
    sure, hit = np.concatenate(confidence), np.concatenate(right).astype(float)
    place = np.minimum((sure * ECE_BINS).astype(int), ECE_BINS - 1)
    error = sum(
        abs(sure[place == b].mean() - hit[place == b].mean()) * (place == b).mean() for b in np.unique(place)
    )
    return float(error)


def spearman(left: Sequence[float], right: Sequence[float]) -> float:
    """Spearman's correlation, ties at their mean rank; 0 where one side is constant."""
    a, b = _ranks(np.asarray(left, dtype=float)), _ranks(np.asarray(right, dtype=float))
    return float(np.corrcoef(a, b)[0, 1]) if len(a) > 1 and a.std() and b.std() else 0.0


def length_correlation(rows: Sequence[Scored]) -> float:
    return spearman([s for row in rows for s in row.scores], [n for row in rows for n in row.lengths])


def by_length(rows: Sequence[Scored], sign: int) -> list[Scored]:
    """Return the rows scored by length alone: longer is better where `sign` is 1, worse where it is -1."""
    return [
        Scored(r.group, r.annotator, r.levels, [float(sign * n) for n in r.lengths], r.lengths) for r in rows
    ]


def length_sign(rows: Sequence[Scored]) -> int:
    """Return which way length predicts these rankings better."""
    points = np.array([_pair_points(row.levels, [float(n) for n in row.lengths]) for row in rows]).sum(0)
    return 1 if points[0] * 2 >= points[1] else -1


def _present(levels: Sequence[int], scores: Sequence[float]) -> tuple[NDArray[Any], NDArray[Any]]:
    place, score = np.asarray(levels), np.asarray(scores, dtype=float)
    return place[place >= 0], score[place >= 0]


def _gaps(levels: Sequence[int], scores: Sequence[float]) -> NDArray[np.float64]:
    """Return score of the better less score of the worse, for every pair of different level."""
    place, score = _present(levels, scores)
    better, worse = np.nonzero(place[:, None] < place[None, :])
    return np.asarray(score[better] - score[worse], dtype=np.float64)


def _pair_points(levels: Sequence[int], scores: Sequence[float]) -> tuple[float, int]:
    gaps = _gaps(levels, scores)
    return float((gaps > 0).sum() + 0.5 * (gaps == 0).sum()), len(gaps)


def _has_best(levels: Sequence[int]) -> bool:
    present = [level for level in levels if level >= 0]
    return len(set(present)) > 1


def _top1(row: Scored) -> float:
    place, score = _present(row.levels, row.scores)
    return float(place[int(np.argmax(score))] == place.min())


def _chance(levels: Sequence[int]) -> float:
    present = [level for level in levels if level >= 0]
    return present.count(min(present)) / len(present)


def _by_annotator(rows: Sequence[Scored], pairs: Sequence[tuple[float, int]]) -> dict[str, dict[str, float]]:
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for row, (right, count) in zip(rows, pairs, strict=True):
        for place, value in enumerate((right, count, 1)):
            sums[row.annotator][place] += value
    return {
        name: {"pair_accuracy": right / count, "pairs": count, "ballots": ballots}
        for name, (right, count, ballots) in sorted(sums.items())
    }


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = counts.cumsum()
    return np.asarray((ends - (counts - 1) / 2.0)[inverse], dtype=np.float64)
