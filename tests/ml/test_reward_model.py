"""The reward model: each completion encoded once, normalised, read alike by us and by TRL."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from rewardmodel.ml import environment, reward, reward_training
from rewardmodel.ml.artifacts import load_policy, load_scorer
from rewardmodel.ml.encode import decode, encode, encode_prompt, pad_left, pad_right
from rewardmodel.ml.errors import StageError
from rewardmodel.ml.protocol import Reporter
from rewardmodel.ml.rankings import folds_by_prompt, read_rankings
from rewardmodel.ml.sampling import Sampling, sample


def manifest(made: Path, tmp_path: Path, **changes: Any) -> dict[str, Any]:
    return {
        "seed": 1,
        "base_dir": str(made / "sft" / "model"),
        "dataset_dir": str(made / "dataset"),
        "prompts": str(made / "prompts.jsonl"),
        "out_dir": str(tmp_path / "out"),
        "epochs": 1,
        "folds": 0,
        **changes,
    }


def test_ballots_of_one_prompt_share_its_encodings(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, tokenizer = load_scorer(made / "reward" / "model", kind="reward")
    rankings = read_rankings(made / "dataset", tokenizer, 128)
    tasks = rankings.split("train")[:6]
    assert rankings.ballots == 2 * 48
    assert [len(task.levels) for task in tasks] == [2] * 6
    encoded = []
    stock = reward_training.scores_at_eos

    def counting(model: Any, rows: Any, pad: int) -> torch.Tensor:
        encoded.append(len(rows))
        return stock(model, rows, pad)

    monkeypatch.setattr(reward_training, "scores_at_eos", counting)
    learning = reward_training.Learning(1, 1e-3, 6, 128, 0)
    reward_training.train(model, tasks, [], tokenizer.pad_token_id, learning)
    assert encoded == [6 * 4]


def test_rewards_have_mean_0_and_sd_1_on_the_reference_policys_samples(made: Path) -> None:
    policy, tokenizer = load_policy(made / "sft" / "model")
    model, _ = load_scorer(made / "reward" / "model", kind="reward")
    texts = [row["text"] for row in map(json.loads, (made / "prompts.jsonl").open())]
    seeds = [[environment.derive_seed(1, "reference", i)] for i in range(len(texts))]
    drawn = sample(policy, tokenizer, texts, seeds, Sampling())
    rows = [encode(tokenizer, p, decode(tokenizer, g[0].ids)) for p, g in zip(texts, drawn, strict=True)]
    values = torch.tensor(reward_training.score(model, rows, tokenizer.pad_token_id))
    assert float(values.mean()) == pytest.approx(0.0, abs=1e-4)
    assert float(values.std()) == pytest.approx(1.0, abs=1e-4)


def test_trl_reads_the_same_rewards_as_we_do(made: Path) -> None:
    from trl.experimental.utils import get_reward

    model, tokenizer = load_scorer(made / "reward" / "model", kind="reward")
    pad = tokenizer.pad_token_id
    prompts = ["How is the park today?", "What should I know about the museum?"]
    heads = [encode_prompt(tokenizer, prompt) for prompt in prompts]
    tails = [
        encode(tokenizer, p, t)[len(h) :]
        for p, h, t in zip(prompts, heads, ("It is calm.", "Go away."), strict=True)
    ]
    queries, responses = pad_left(heads, pad)[0], pad_right(tails, pad)[0]
    with torch.no_grad():
        theirs = get_reward(model, torch.cat([queries, responses], 1), pad, queries.shape[1])[1]
    ours = reward_training.score(model, [h + t for h, t in zip(heads, tails, strict=True)], pad)
    assert ours == pytest.approx(theirs.tolist(), abs=1e-4)


def test_over_long_completions_are_counted_and_leave_their_rankings(made: Path, tmp_path: Path) -> None:
    _, tokenizer = load_policy(made / "sft" / "model")
    shutil.copytree(made / "dataset", tmp_path / "data")
    row = {
        "prompt_id": "x", "prompt_group": "x", "prompt": "How is the park today?", "unacceptable": [],
        "completions": ["calm", "dull", "very " * 200], "annotator": "a",
    }  # fmt: skip
    with (tmp_path / "data" / "train.jsonl").open("a") as stream:
        stream.write(json.dumps({**row, "groups": [[2], [0], [1]]}) + "\n")
        stream.write(json.dumps({**row, "groups": [[2], [0, 1]]}) + "\n")
    rankings = read_rankings(tmp_path / "data", tokenizer, 128)
    assert vars(rankings.over_long) == {"completions": 1, "ballots_shortened": 1, "ballots_lost": 1}
    assert [task.levels for task in rankings.tasks if task.group == "x"] == [[[1, 2, -1]]]


def test_all_rankings_of_a_prompt_are_in_one_fold(made: Path) -> None:
    _, tokenizer = load_policy(made / "sft" / "model")
    tasks = read_rankings(made / "dataset", tokenizer, 128).tasks
    folds = folds_by_prompt(tasks, 5, 0)
    groups = [{task.group for task in fold} for fold in folds]
    assert sum(len(fold) for fold in folds) == len(tasks)
    assert all(not a & b for i, a in enumerate(groups) for b in groups[:i])


def test_cross_validation_reports_what_gate_g1_judges(made: Path, tmp_path: Path) -> None:
    result = reward.run(manifest(made, tmp_path, folds=3, epochs=4), Reporter())
    cross = result["cross_validation"]
    low, high = cross["pair_accuracy_ci"]
    assert low <= cross["pair_accuracy"] <= high
    assert (cross["ballots"], cross["prompts"], cross["folds"]) == (96, 48, 3)
    assert 0.0 <= cross["length_baseline"]["pair_accuracy"] <= 1.0
    assert set(result["probes"]) == {"empty", "repeated_token", "prompt_echo", "maximum_length"}
    assert isinstance(result["reference_median"], float)


def test_a_bad_dataset_row_is_named_with_file_and_line(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "dataset", tmp_path / "data")
    with (tmp_path / "data" / "test.jsonl").open("a") as stream:
        stream.write('{"prompt_id": "x", "completions": ["a"]}\n')
    lines = len((tmp_path / "data" / "test.jsonl").read_text().splitlines())
    with pytest.raises(StageError, match=rf"test\.jsonl line {lines}: KeyError 'groups'"):
        reward.run(manifest(made, tmp_path, dataset_dir=str(tmp_path / "data")), Reporter())
    assert not (tmp_path / "out").exists()
