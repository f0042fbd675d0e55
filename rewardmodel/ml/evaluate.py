"""Stage `evaluate`: policy against reference at held-out prompts, side by side, with paired intervals.

The judge here is the reward model that PPO climbed: its verdict is a proxy and no evidence of quality. What
counts is the samples file, which people (or, in a simulation, the hidden preference) judge. Best-of-4 of the
reference is drawn beside it: a policy that can't beat it has learnt nothing worth its training.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from rewardmodel.ml import environment, guards
from rewardmodel.ml.artifacts import load_policy, load_scorer, same_tokenizer
from rewardmodel.ml.config import Reader, read_jsonl
from rewardmodel.ml.encode import decode, encode_prompt
from rewardmodel.ml.errors import StageError
from rewardmodel.ml.intervals import mean_interval, paired_bootstrap
from rewardmodel.ml.protocol import Reporter
from rewardmodel.ml.reward_training import score
from rewardmodel.ml.sampling import Sample, Sampling, batches_by_length, sample

BEST_OF = 4


@dataclass(frozen=True)
class EvaluateConfig:
    policy_dir: Path
    reference_dir: Path
    reward_dir: Path
    prompts: Path
    samples_out: Path
    sampling: Sampling
    batch_size: int
    seed: int


def read_config(raw: Mapping[str, Any]) -> EvaluateConfig:
    reader = Reader(raw)
    for name in ("threads", "out_dir"):
        reader.has(name)
    config = EvaluateConfig(
        policy_dir=reader.path("policy_dir", kind="folder"),
        reference_dir=reader.path("reference_dir", kind="folder"),
        reward_dir=reader.path("reward_dir", kind="folder"),
        prompts=reader.path("prompts", kind="file"),
        samples_out=reader.path("samples_out"),
        sampling=Sampling(
            temperature=reader.number("temperature", 1.0, low=0.01, high=10.0),
            max_new_tokens=reader.integer("max_new_tokens", 48),
        ),
        batch_size=reader.integer("batch_size", 64, high=65_536),
        seed=reader.integer("seed", 0, low=0),
    )
    reader.finish("evaluate")
    return config


def run(raw: Mapping[str, Any], reporter: Reporter) -> dict[str, Any]:
    """Sample both models, write the pairs, return gains and win rates by the reward model."""
    config = read_config(raw)
    rows = read_jsonl(config.prompts, ("id", "text"), "prompts")
    texts = [row["text"] for row in rows]
    policy, tokenizer = load_policy(config.policy_dir)
    reference, other = load_policy(config.reference_dir)
    reward, scorer = load_scorer(config.reward_dir, kind="reward")
    if not same_tokenizer(tokenizer, other) or not same_tokenizer(tokenizer, scorer):
        text = (
            "policy_dir, reference_dir and reward_dir must share one tokenizer; evaluate models of one family"
        )
        raise StageError("other_tokenizer", text, [text])
    for model in (policy, reference, reward):
        model.to(environment.device())
    total = 2 * len(texts)
    ours = _sample(policy, tokenizer, texts, 1, "policy", config, reporter, (0, total))
    theirs = _sample(reference, tokenizer, texts, BEST_OF, "reference", config, reporter, (len(texts), total))
    our_rewards = _rewards(reward, tokenizer, texts, ours)
    their_rewards = _rewards(reward, tokenizer, texts, theirs)
    best = [max(range(BEST_OF), key=lambda i, r=r: r[i]) for r in their_rewards]  # type: ignore[misc]
    _write(config.samples_out, rows, tokenizer, ours, our_rewards, theirs, their_rewards, best)
    first = [group[0] for group in ours]
    plain = [group[0] for group in theirs]
    best_rewards = [values[place] for values, place in zip(their_rewards, best, strict=True)]
    against_best = paired_bootstrap([r[0] for r in our_rewards], best_rewards, texts, seed=config.seed)
    return {
        "prompts": len(texts),
        "temperature": config.sampling.temperature,
        **_compared([r[0] for r in our_rewards], [r[0] for r in their_rewards], texts, config.seed),
        "best_of_4": {
            "reward": mean_interval(best_rewards, texts, seed=config.seed).as_dict(),
            "win_rate_against_it": against_best.win_rate.as_dict(),
            "kl_analytic": math.log(BEST_OF) - (BEST_OF - 1) / BEST_OF,
        },
        "policy_behaviour": _behaviour(first, tokenizer),
        "reference_behaviour": _behaviour(plain, tokenizer),
        "samples_out": str(config.samples_out),
        "versions": environment.versions(),
    }


def _compared(
    ours: Sequence[float], theirs: Sequence[float], clusters: Sequence[str], seed: int
) -> dict[str, Any]:
    """Return the comparison as plain figures; the clusters are the prompts' texts."""
    paired = paired_bootstrap(ours, theirs, clusters, seed=seed)
    return {
        "policy_reward": sum(ours) / len(ours),
        "reference_reward": sum(theirs) / len(theirs),
        "gain": paired.gain.value,
        "gain_ci": [paired.gain.low, paired.gain.high],
        "win_rate": paired.win_rate.value,
        "win_rate_ci": [paired.win_rate.low, paired.win_rate.high],
        "wins": paired.wins,
        "ties": paired.ties,
        "losses": paired.losses,
    }


def _sample(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    k: int,
    name: str,
    config: EvaluateConfig,
    reporter: Reporter,
    place: tuple[int, int],
) -> list[list[Sample]]:
    found: list[list[Sample]] = [[] for _ in texts]
    done, total = place
    for batch in batches_by_length(
        [len(encode_prompt(tokenizer, text)) for text in texts], config.batch_size
    ):
        reporter.check()
        seeds = [[environment.derive_seed(config.seed, name, row, i) for i in range(k)] for row in batch]
        drawn = sample(model, tokenizer, [texts[row] for row in batch], seeds, config.sampling)
        for row, group in zip(batch, drawn, strict=True):
            found[row] = group
        done += len(batch)
        reporter.progress(done, total, f"sampling the {name}")
    return found


def _rewards(
    reward: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    groups: Sequence[Sequence[Sample]],
) -> list[list[float]]:
    """Return the reward of every sample, read at an eos that is put there where the sample has none."""
    eos = [tokenizer.eos_token_id]
    heads = [encode_prompt(tokenizer, text) for text in texts]
    rows = [head + one.ids + eos for head, group in zip(heads, groups, strict=True) for one in group]
    values = score(reward, rows, tokenizer.pad_token_id)
    width = len(groups[0])
    return [values[start : start + width] for start in range(0, len(values), width)]


def _behaviour(samples: Sequence[Sample], tokenizer: PreTrainedTokenizerBase) -> dict[str, float]:
    eos = tokenizer.eos_token_id
    return dict(vars(guards.behaviour([[*s.ids, *[eos] * (s.finish_reason == "eos")] for s in samples], eos)))


def _write(
    path: Path,
    rows: Sequence[Mapping[str, Any]],
    tokenizer: PreTrainedTokenizerBase,
    ours: Sequence[Sequence[Sample]],
    our_rewards: Sequence[Sequence[float]],
    theirs: Sequence[Sequence[Sample]],
    their_rewards: Sequence[Sequence[float]],
    best: Sequence[int],
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    making = path.with_name(f".{path.name}.making")
    with making.open("w", encoding="utf-8") as stream:
        for number, row in enumerate(rows):
            pair = {
                "prompt_id": row["id"],
                "prompt": row["text"],
                "policy": decode(tokenizer, ours[number][0].ids),
                "reference": decode(tokenizer, theirs[number][0].ids),
                "policy_reward": round(our_rewards[number][0], 5),
                "reference_reward": round(their_rewards[number][0], 5),
                "best_of_4": decode(tokenizer, theirs[number][best[number]].ids),
                "best_of_4_reward": round(their_rewards[number][best[number]], 5),
            }
            stream.write(json.dumps(pair, ensure_ascii=False) + "\n")
    making.rename(path)
