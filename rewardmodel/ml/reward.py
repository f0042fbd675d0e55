"""Stage `reward`: a reward model from a frozen preference dataset, and everything gate G1 judges.

Owns the order of the work: train with early stopping, report on each split, normalise on the reference
policy's own samples, probe with degenerate texts, cross-validate by prompt.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from rewardmodel.ml import environment, probes
from rewardmodel.ml.artifacts import SHIFT, ShiftScore, load_policy, save_folder, scorer_from_policy
from rewardmodel.ml.config import Reader, read_jsonl
from rewardmodel.ml.degenerate import sink
from rewardmodel.ml.encode import decode, encode
from rewardmodel.ml.errors import StageError
from rewardmodel.ml.protocol import Reporter
from rewardmodel.ml.rankings import SPLITS, Rankings, folds_by_prompt, read_rankings
from rewardmodel.ml.reward_metrics import Scored, by_length, length_sign, pair_accuracy, ranking_report
from rewardmodel.ml.reward_training import Learning, Outcome, score, score_tasks, train, unscored
from rewardmodel.ml.sampling import Sampling, sample

NORMALISATION_PROMPTS = 256
FOLD_EPOCHS = 3


@dataclass(frozen=True)
class RewardConfig:
    base_dir: Path
    dataset_dir: Path
    prompts: Path
    out_dir: Path
    folds: int
    fold_epochs: int
    degenerate_negatives: bool
    sampling: Sampling
    learning: Learning


def read_config(raw: Mapping[str, Any]) -> RewardConfig:
    reader = Reader(raw)
    reader.has("threads")
    max_length = reader.integer("max_length", 128, low=4)
    config = RewardConfig(
        base_dir=reader.path("base_dir", kind="folder"),
        dataset_dir=reader.path("dataset_dir", kind="folder"),
        prompts=reader.path("prompts", kind="file"),
        out_dir=reader.path("out_dir"),
        folds=reader.integer("folds", 5, low=0, high=20),
        fold_epochs=reader.integer("fold_epochs", FOLD_EPOCHS, high=100),
        degenerate_negatives=reader.flag("degenerate_negatives", True),
        sampling=Sampling(
            temperature=reader.number("temperature", 1.0, low=0.01, high=10.0),
            max_new_tokens=reader.integer("max_new_tokens", 48),
        ),
        learning=Learning(
            epochs=reader.integer("epochs", 6, high=100),
            lr=reader.number("lr", 1e-3, low=1e-8, high=0.1),
            batch_prompts=reader.integer("batch_prompts", 16, high=4096),
            max_length=max_length,
            seed=reader.integer("seed", 0, low=0),
        ),
    )
    if config.folds == 1:
        reader.problem(
            "folds", "1 fold leaves nothing to train on; write 0 (no cross-validation) or at least 2"
        )
    reader.finish("reward")
    return config


def run(raw: Mapping[str, Any], reporter: Reporter) -> dict[str, Any]:
    """Train, judge and write the reward model to out_dir/model."""
    config = read_config(raw)
    texts = [row["text"] for row in read_jsonl(config.prompts, ("id", "text"), "prompts")]
    model, tokenizer = _fresh_model(config)
    rankings = read_rankings(config.dataset_dir, tokenizer, config.learning.max_length)
    _check(rankings, config)
    total = 2 + config.folds
    reporter.progress(0, total, "learning the rankings")
    pad = int(tokenizer.pad_token_id)
    held_out = rankings.split("validation")
    outcome = train(model, rankings.split("train"), held_out, pad, config.learning, reporter)
    if config.degenerate_negatives:
        sink(model, rankings.split("train"), pad, config.learning, reporter)
    reports = {name: _report(model, rankings, name, pad, config) for name in SPLITS if rankings.split(name)}
    reporter.progress(1, total, "normalising on the reference policy's samples")
    samples = _reference_samples(config, texts)
    mean, sd = _normalise(model, tokenizer, samples)
    judged = probes.run(model, tokenizer, samples, config.learning.max_length)
    cross = _cross_validate(config, rankings, outcome, pad, reporter, total)
    manifest = save_folder(
        model,
        tokenizer,
        config.out_dir / "model",
        kind="reward",
        lineage={"stage": "reward", "seed": config.learning.seed, "ballots": rankings.ballots},
    )
    reporter.progress(total, total, "done")
    return {
        "model_dir": str(config.out_dir / "model"),
        "digest": manifest.digest,
        "kind": "reward",
        "parameters": model.num_parameters(),
        "ballots": rankings.ballots,
        "ballots_without_order": rankings.without_order,
        "over_long": vars(rankings.over_long),
        "best_epoch": outcome.best_epoch,
        "held_out_loss": outcome.held_out,
        "splits": reports,
        "cross_validation": cross,
        "degenerate_negatives": config.degenerate_negatives,
        "normalisation": {"mean": mean, "sd": sd, "samples": len(samples)},
        **judged,
        "versions": environment.versions(),
    }


def _fresh_model(config: RewardConfig) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return the policy's backbone with a head drawn from N(0, 1/sqrt(d+1)), the same in every fold."""
    model, tokenizer = scorer_from_policy(config.base_dir)
    generator = torch.Generator().manual_seed(environment.derive_seed(config.learning.seed, "head"))
    weight = model.score.weight
    with torch.no_grad():
        weight.copy_(torch.randn(weight.shape, generator=generator) / math.sqrt(weight.shape[1] + 1))
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return model.to(environment.device()), tokenizer


def _check(rankings: Rankings, config: RewardConfig) -> None:
    groups = {task.group for task in rankings.tasks}
    if not rankings.split("train"):
        text = "dataset_dir: no ranking of the train split has an order to learn from; collect more rankings"
        raise StageError("no_rankings", text, [text])
    if config.folds > len(groups):
        text = f"folds: {config.folds} folds need as many prompt groups, not {len(groups)}; lower folds"
        raise StageError("too_few_prompts", text, [text])


def _report(
    model: PreTrainedModel, rankings: Rankings, split: str, pad: int, config: RewardConfig
) -> dict[str, Any]:
    return ranking_report(score_tasks(model, rankings.split(split), pad, config.learning.max_length))


def _reference_samples(config: RewardConfig, texts: Sequence[str]) -> list[tuple[str, str]]:
    """Return (prompt, completion) of the base policy, to normalise rewards and compare probes with."""
    policy, tokenizer = load_policy(config.base_dir)
    policy.to(environment.device())
    prompts = list(texts)[:NORMALISATION_PROMPTS]
    seeds = [[environment.derive_seed(config.learning.seed, "reference", i)] for i in range(len(prompts))]
    found = sample(policy, tokenizer, prompts, seeds, config.sampling)
    return [(prompt, decode(tokenizer, group[0].ids)) for prompt, group in zip(prompts, found, strict=True)]


def _normalise(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, samples: Sequence[tuple[str, str]]
) -> tuple[float, float]:
    """Scale the head to mean 0 and sd 1 on the samples; return the mean and sd it had.

    The KL coefficient and the eos penalty of PPO are in units of reward, so the unit has to mean something.
    """
    values = torch.tensor(
        score(model, [encode(tokenizer, *pair) for pair in samples], tokenizer.pad_token_id)
    )
    mean, sd = float(values.mean()), float(values.std())
    if not math.isfinite(sd) or sd < 1e-6:
        text = f"the reward model gives every sample of the policy the same score (sd {sd:.2g}); lower lr"
        raise StageError("constant_reward", text, [text])
    with torch.no_grad():
        model.score.weight.div_(sd)
    setattr(model.config, SHIFT, mean / sd)
    model.score.register_forward_hook(ShiftScore(mean / sd))  # what loading it does, for the probes
    return mean, sd


def _cross_validate(
    config: RewardConfig, rankings: Rankings, outcome: Outcome, pad: int, reporter: Reporter, total: int
) -> dict[str, Any]:
    """Judge every ranking by a model that saw no ranking of its prompt; empty without folds."""
    if not config.folds:
        return {}
    folds = folds_by_prompt(rankings.tasks, config.folds, config.learning.seed)
    learning = replace(config.learning, epochs=min(config.fold_epochs, outcome.best_epoch))
    scored: list[Scored] = []
    length_only: list[Scored] = []
    for number, held_out in enumerate(folds):
        reporter.progress(2 + number, total, f"cross-validation, fold {number + 1} of {config.folds}")
        rest = [task for other in folds if other is not held_out for task in other]
        model, _ = _fresh_model(config)
        train(model, rest, [], pad, learning, reporter)
        own = score_tasks(model, held_out, pad, learning.max_length)
        scored += own
        length_only += by_length(own, length_sign(unscored(rest)))
    baseline = {"pair_accuracy": pair_accuracy(length_only)}
    return {
        **ranking_report(scored),
        "length_baseline": baseline,
        "folds": config.folds,
        "epochs": learning.epochs,
    }
