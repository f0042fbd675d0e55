"""Gates: a figure decides, a missing figure refuses, and a refusal says which check, why, and by how much."""

from __future__ import annotations

from typing import Any

import pytest

from rewardmodel.gates import REAL, TINY, g0_data, g1_reward, g2_ppo, thresholds_for

COUNTS = {"rankings": 400, "comparisons": 2000, "prompts": 300, "prompts_labelled_twice": 30}
REWARD: dict[str, Any] = {
    "cross_validation": {
        "pair_accuracy": 0.7, "pair_accuracy_ci": [0.62, 0.75], "length_baseline": {"pair_accuracy": 0.55}
    },
    "reference_median": 0.1,
    "probes": {"empty": {"score": -2.0, "below": True}, "repeated_token": {"score": -1.0, "below": True}},
}  # fmt: skip
PPO: dict[str, Any] = {
    "updates": 30, "updates_planned": 30,
    "last_updates": {"length": 20.0, "eos_rate": 0.95, "distinct_ratio": 0.8},
    "reference": {"length": 10.0, "eos_rate": 1.0, "distinct_ratio": 1.0},
    "limits": {"length_low": 0.5, "length_high": 2.0, "eos_drop": 0.05, "distinct_ratio": 0.8, "source": "tiny runs"},
}  # fmt: skip


def test_g0_passes_at_its_thresholds() -> None:
    assert g0_data(COUNTS, TINY).passed
    assert g0_data(COUNTS, REAL).passed


def test_g0_refuses_one_ranking_too_few() -> None:
    verdict = g0_data({**COUNTS, "rankings": 399}, TINY)
    assert verdict.reasons == ["rankings is 399, needed at least 400: rank more prompts"]


def test_g0_refuses_one_comparison_too_few() -> None:
    assert not g0_data({**COUNTS, "comparisons": 1999}, REAL).passed


def test_g0_refuses_data_that_nobody_labelled_twice() -> None:
    assert not g0_data({**COUNTS, "prompts_labelled_twice": 29}, TINY).passed


def test_g0_refuses_no_data() -> None:
    assert not g0_data(dict.fromkeys(COUNTS, 0), REAL).passed


def test_simulated_work_is_judged_by_the_tiny_thresholds_and_real_work_never() -> None:
    assert thresholds_for(True) is TINY
    assert thresholds_for(False) is REAL


def test_g1_passes() -> None:
    verdict = g1_reward(REWARD, TINY)
    assert verdict.passed
    assert verdict.reasons == []
    assert len(verdict.checks) == 4


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"pair_accuracy_ci": [0.57, 0.75]}, "pair accuracy, lower 95 % bound is 0.57, needed at least 0.58"),
        ({"length_baseline": {"pair_accuracy": 0.63}}, "pair accuracy above a length-only baseline is 0.62"),
        ({"pair_accuracy_ci": None}, "pair accuracy, lower 95 % bound is not measured"),
        (
            {"length_baseline": {}},
            "pair accuracy above a length-only baseline is 0.62, needed above not measured",
        ),
    ],
)
def test_g1_says_which_figure_refused(change: dict[str, Any], reason: str) -> None:
    verdict = g1_reward({**REWARD, "cross_validation": {**REWARD["cross_validation"], **change}}, TINY)
    assert not verdict.passed
    assert verdict.reasons[0].startswith(reason)


def test_g1_refuses_a_reward_model_that_likes_empty_text() -> None:
    verdict = g1_reward({**REWARD, "probes": {"empty": {"score": 0.5}}}, TINY)
    assert verdict.reasons == [
        "probe: empty is 0.5, needed below 0.1: PPO would find this text and write nothing else"
    ]


def test_g1_refuses_a_run_that_measured_nothing() -> None:
    verdict = g1_reward({}, TINY)
    assert not verdict.passed
    assert len(verdict.reasons) == 3


def test_g2_passes_a_run_that_went_to_its_end() -> None:
    assert g2_ppo(PPO, finished=True).passed


def test_g2_refuses_a_run_that_a_guard_stopped() -> None:
    verdict = g2_ppo({}, finished=False, stop="length is 2.4 x the reference's, limit 2")
    assert not verdict.passed
    assert "length is 2.4 x the reference's" in verdict.reasons[0]


def test_g2_refuses_a_run_that_ended_early() -> None:
    assert not g2_ppo({**PPO, "updates": 29}, finished=True).passed


@pytest.mark.parametrize(
    ("figure", "value"), [("length", 20.01), ("length", 4.99), ("eos_rate", 0.949), ("distinct_ratio", 0.79)]
)
def test_g2_refuses_behaviour_outside_the_limits(figure: str, value: float) -> None:
    verdict = g2_ppo({**PPO, "last_updates": {**PPO["last_updates"], figure: value}}, finished=True)
    assert [check.value for check in verdict.checks if not check.passed] == [value]


def test_g2_refuses_a_run_that_measured_nothing() -> None:
    assert len(g2_ppo({"updates": 3, "updates_planned": 3}, finished=True).reasons) == 3
