"""Whatever PPOTrainer would do silently wrong is refused first, with a line that says what to change."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from rewardmodel.ml.errors import StageError
from rewardmodel.ml.manifest import write_manifest
from rewardmodel.ml.ppo_config import check_inputs, read_config


@pytest.fixture
def raw(made: Path, tmp_path: Path) -> dict[str, Any]:
    policy = str(made / "sft" / "model")
    return {
        "policy_dir": policy, "reference_dir": policy, "reward_dir": str(made / "reward" / "model"),
        "prompts": str(made / "prompts.jsonl"), "out_dir": str(tmp_path / "out"),
        "segments_dir": str(tmp_path / "segments"), "batch_size": 16,
    }  # fmt: skip


def problems(raw: dict[str, Any]) -> list[str]:
    with pytest.raises(StageError) as refused:
        check_inputs(read_config(raw))
    return refused.value.problems


def changed(folder: str, target: Path, name: str, **changes: Any) -> str:
    """Copy a model folder with some keys of one JSON file changed, and a manifest to match."""
    shutil.copytree(folder, target)
    body = json.loads((target / name).read_text())
    (target / name).write_text(json.dumps({**body, **changes}))
    write_manifest(target, kind="policy", lineage={})
    return str(target)


def test_sound_settings_pass(raw: dict[str, Any]) -> None:
    assert len(check_inputs(read_config(raw))) == 48


def test_five_mistakes_are_five_problems_at_once(raw: dict[str, Any]) -> None:
    raw |= {"lr": -1, "kl_coef": "much", "updates": 0, "kl_estimator": "k3", "learning_rate": 1e-5}
    assert problems(raw) == [
        "kl_estimator: 'k3' is none of k1; k3 converges to a policy worse than the reference",
        "updates: 0 is outside 1 to 4611686018427387904",
        "lr: -1 is outside 1e-09 to 0.1",
        "kl_coef: 'much' is not a number",
        "learning_rate: unknown setting; remove it",
    ]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("stop_token", "none", "exports a model that never stops"),
        ("max_grad_norm", 1.0, "would be ignored: PPOTrainer ignores it; write clip_norm"),
        ("eval_strategy", "steps", "run the evaluate stage"),
        ("resume_from_checkpoint", "x", "segments are the resume"),
        ("micro_batch_size", 5, "must divide batch_size (16)"),
        ("mini_batches", 3, "must divide batch_size (16)"),
        ("temperature", 0.0, "outside 0.05 to 5.0"),
        ("guards", {"window": 0, "unknown": 1}, "guards.window: 0 is outside 1 to 1000"),
        ("guards", {"widow": 1}, "guards.widow: unknown setting"),
    ],
)
def test_a_setting_that_trl_would_ignore_or_misuse_is_refused(
    raw: dict[str, Any], name: str, value: Any, text: str
) -> None:
    assert text in problems({**raw, name: value})[0]


def test_mini_batches_with_gradient_accumulation_are_refused(raw: dict[str, Any]) -> None:
    assert "TRL does nothing with it" in problems({**raw, "mini_batches": 2, "micro_batch_size": 8})[0]


def test_fewer_prompts_than_one_batch_are_refused(raw: dict[str, Any]) -> None:
    assert problems({**raw, "batch_size": 64}) == [
        "prompts: 48 prompts are fewer than one batch of 64; import more prompts or lower batch_size"
    ]


def test_pad_equal_to_eos_is_refused(raw: dict[str, Any], tmp_path: Path) -> None:
    folder = changed(raw["policy_dir"], tmp_path / "m", "tokenizer_config.json", pad_token="<|eos|>")
    raw |= {"policy_dir": folder, "reference_dir": folder}
    assert problems(raw) == ["m: pad and eos are the same token; give the tokenizer a pad token of its own"]


def test_a_logits_processor_in_the_generation_config_is_refused(raw: dict[str, Any], tmp_path: Path) -> None:
    folder = changed(raw["policy_dir"], tmp_path / "m", "generation_config.json", repetition_penalty=1.2)
    raw |= {"policy_dir": folder, "reference_dir": folder}
    assert problems(raw) == [
        "policy_dir: generation_config.json has repetition_penalty=1.2, which corrupts the KL; remove it"
    ]


def test_a_reference_that_is_not_the_starting_policy_is_refused(raw: dict[str, Any], tmp_path: Path) -> None:
    raw["reference_dir"] = changed(raw["policy_dir"], tmp_path / "m", "config.json", note="another")
    assert "the reference of a PPO run is its starting policy" in problems(raw)[0]


def test_responses_longer_than_the_models_take_are_refused(raw: dict[str, Any]) -> None:
    found = problems({**raw, "response_length": 512})
    assert [line.split(":")[0] for line in found] == ["response_length", "response_length"]
    assert "lower response_length" in found[0]


def test_a_reward_model_in_the_place_of_the_policy_is_refused(raw: dict[str, Any]) -> None:
    assert problems({**raw, "policy_dir": raw["reward_dir"]}) == [
        "it is a reward model, and a policy model is wanted"
    ]
