"""Figures of a reward model against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rewardmodel.ml.intervals import mean_interval, paired_bootstrap, ratio_interval
from rewardmodel.ml.reward_metrics import (
    Scored,
    by_length,
    calibration_error,
    kendall_tau_b,
    length_sign,
    pair_accuracy,
    ranking_report,
    spearman,
)


def row(levels: list[int], scores: list[float], group: str = "g", annotator: str = "a") -> Scored:
    return Scored(group, annotator, levels, scores, [10, 20, 30, 40][: len(levels)])


def test_pair_accuracy_counts_ordered_pairs_only_and_equal_scores_half() -> None:
    assert pair_accuracy([row([0, 1, 2], [3.0, 2.0, 1.0])]) == 1.0
    assert pair_accuracy([row([0, 0, 1], [3.0, 2.0, 2.0])]) == 0.75  # 3 > 2, and 2 against 2
    assert pair_accuracy([row([0, -1, 1], [1.0, 9.0, 2.0])]) == 0.0


def test_kendall_tau_b_with_ties() -> None:
    assert kendall_tau_b([0, 1, 2], [3.0, 2.0, 1.0]) == 1.0
    assert kendall_tau_b([0, 1, 2], [1.0, 2.0, 3.0]) == -1.0
    # five pairs differ in rank, six in score, all five agree
    assert kendall_tau_b([0, 0, 1, 2], [4.0, 3.0, 2.0, 1.0]) == pytest.approx(5 / math.sqrt(30))
    assert kendall_tau_b([0, 1], [1.0, 1.0]) == 0.0


def test_spearman_gives_ties_their_mean_rank() -> None:
    assert spearman([1, 2, 3], [10, 20, 30]) == pytest.approx(1.0)
    assert spearman([1, 2, 2, 3], [1, 2, 3, 4]) == pytest.approx(4.5 / math.sqrt(4.5 * 5))
    assert spearman([1, 1], [1, 2]) == 0.0


def test_calibration_error_of_certain_and_wrong_scores_is_nearly_one() -> None:
    assert calibration_error([row([0, 1], [-50.0, 50.0])]) == pytest.approx(1.0)
    assert calibration_error([row([0, 1], [50.0, -50.0])]) == pytest.approx(0.0)


def test_top1_and_its_chance_level() -> None:
    report = ranking_report([row([0, 1, 2], [3.0, 2.0, 1.0]), row([0, 0, 1], [1.0, 2.0, 3.0], "h", "b")])
    assert report["top1"] == 0.5
    assert report["top1_chance"] == pytest.approx((1 / 3 + 2 / 3) / 2)
    assert report["by_annotator"]["b"] == {"pair_accuracy": 0.0, "pairs": 2, "ballots": 1}
    assert (report["ballots"], report["prompts"]) == (2, 2)


def test_the_length_baseline_takes_the_sign_that_fits() -> None:
    rows = [row([2, 1, 0], [0.0, 0.0, 0.0])]
    assert length_sign(rows) == 1
    assert pair_accuracy(by_length(rows, 1)) == 1.0
    assert length_sign([row([0, 1, 2], [0.0, 0.0, 0.0])]) == -1


def test_a_bootstrap_interval_has_the_width_that_theory_gives() -> None:
    values = np.random.default_rng(0).normal(size=400)
    interval = mean_interval(values)
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.1)
    assert interval.low < interval.value < interval.high


def test_repeating_every_value_inside_its_cluster_does_not_narrow_the_interval() -> None:
    values = np.random.default_rng(1).normal(size=100)
    once = mean_interval(values, range(100))
    often = mean_interval(np.repeat(values, 10), np.repeat(range(100), 10).tolist())
    naive = mean_interval(np.repeat(values, 10))
    assert (often.low, often.high, often.clusters) == pytest.approx((once.low, once.high, 100))
    assert naive.high - naive.low < 0.5 * (often.high - often.low)


def test_paired_comparison_counts_ties_half() -> None:
    paired = paired_bootstrap([1.0, 2.0, 3.0, 4.0], [0.0, 2.0, 4.0, 1.0])
    assert (paired.wins, paired.ties, paired.losses) == (2, 1, 1)
    assert paired.win_rate.value == 0.625
    assert paired.gain.value == 0.75


def test_empty_and_uneven_input_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        paired_bootstrap([], [])
    with pytest.raises(ValueError, match="same length"):
        ratio_interval([1.0], [1.0, 2.0], ["a"])
