"""What a PPO run is compared with: the reference's behaviour, fixed prompts, the numerical floor.

Owns the frozen models of a run (reference and reward). Knows nothing of TRL or of how a policy is updated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from rewardmodel.ml import environment, guards
from rewardmodel.ml.artifacts import load_policy, load_scorer
from rewardmodel.ml.encode import decode, encode_prompt, pad_right
from rewardmodel.ml.ppo_config import PpoConfig
from rewardmodel.ml.protocol import Reporter
from rewardmodel.ml.reward_training import score
from rewardmodel.ml.sampling import Sample, Sampling, sample

BASELINE_BATCHES = 4
SHOWN = 4  # fixed prompts at which reference and policy are shown side by side


class Clip:
    """Forward hook of the reward head: one freak answer must not outweigh the rest of a batch.

    Rewards have sd 1 on the reference's samples, so the default of 5 touches only freaks.
    """

    def __init__(self, bound: float) -> None:
        self.bound = bound

    def __call__(self, module: torch.nn.Module, inputs: object, scores: torch.Tensor) -> torch.Tensor:
        return scores.clamp(-self.bound, self.bound)


@dataclass
class Observer:
    """The frozen side of a run."""

    reference: PreTrainedModel
    reward: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    sampling: Sampling
    behaviour: guards.Behaviour
    floor_per_token: float
    floor_per_sequence: float
    shown: list[str]
    shown_reference: list[Sample]

    def show_samples(self, policy: PreTrainedModel, updates: int, reporter: Reporter) -> None:
        """Report reference and policy at the fixed prompts, drawn with the same seeds."""
        policy.eval()
        seeds = [[one.seed] for one in self.shown_reference]
        drawn = [group[0] for group in sample(policy, self.tokenizer, self.shown, seeds, self.sampling)]
        ours, theirs = self._rewards(drawn), self._rewards(self.shown_reference)
        for place, prompt in enumerate(self.shown):
            reporter.sample(
                {
                    "step": updates,
                    "prompt": prompt,
                    "reference": decode(self.tokenizer, self.shown_reference[place].ids),
                    "policy": decode(self.tokenizer, drawn[place].ids),
                    "reference_reward": round(theirs[place], 4),
                    "policy_reward": round(ours[place], 4),
                }
            )

    def _rewards(self, samples: Sequence[Sample]) -> list[float]:
        eos = [self.tokenizer.eos_token_id]
        rows = [
            encode_prompt(self.tokenizer, p) + s.ids + eos for p, s in zip(self.shown, samples, strict=True)
        ]
        return score(self.reward, rows, self.tokenizer.pad_token_id)


def observe(config: PpoConfig, texts: Sequence[str]) -> Observer:
    """Load the frozen models and measure the reference: the same figures in every attempt of a run."""
    method = config.method
    reference, tokenizer = load_policy(config.reference_dir, dtype=method.dtype)
    reward, _ = load_scorer(config.reward_dir, kind="reward", dtype=method.dtype)
    device = environment.device()
    reference.to(device)
    reward.to(device)
    if method.reward_clip:
        reward.score.register_forward_hook(Clip(method.reward_clip))
    for parameter in [*reference.parameters(), *reward.parameters()]:
        parameter.requires_grad_(False)
    sampling = Sampling(temperature=method.temperature, max_new_tokens=method.response_length)
    batches = [
        _draw(reference, tokenizer, texts, method.batch_size, method.seed, n, sampling)
        for n in range(BASELINE_BATCHES)
    ]
    found = [
        guards.behaviour([_ids(one, tokenizer) for one in drawn], tokenizer.eos_token_id)
        for _, drawn in batches
    ]
    per_token, per_sequence = _floor(reference, tokenizer, *batches[0], method.temperature)
    guards.check_floor(per_token, config.limits)
    return Observer(
        reference=reference,
        reward=reward,
        tokenizer=tokenizer,
        sampling=sampling,
        behaviour=guards.Behaviour(
            length=sum(b.length for b in found) / len(found),
            eos_rate=sum(b.eos_rate for b in found) / len(found),
            distinct_ratio=sum(b.distinct_ratio for b in found) / len(found),
        ),
        floor_per_token=per_token,
        floor_per_sequence=per_sequence if method.dtype != "float32" else 0.0,
        shown=batches[0][0][:SHOWN],
        shown_reference=batches[0][1][:SHOWN],
    )


def _draw(
    policy: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    texts: Sequence[str],
    size: int,
    seed: int,
    number: int,
    sampling: Sampling,
) -> tuple[list[str], list[Sample]]:
    rows = np.random.default_rng([seed, 6, number]).permutation(len(texts))[:size]
    prompts = [texts[row] for row in rows]
    seeds = [[environment.derive_seed(seed, "reference", number, place)] for place in range(len(prompts))]
    return prompts, [group[0] for group in sample(policy, tokenizer, prompts, seeds, sampling)]


def _ids(one: Sample, tokenizer: PreTrainedTokenizerBase) -> list[int]:
    return [*one.ids, tokenizer.eos_token_id] if one.finish_reason == "eos" else one.ids


@torch.no_grad()
def _floor(
    policy: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[str],
    samples: Sequence[Sample],
    temperature: float,
) -> tuple[float, float]:
    """Return how far generating and re-reading differ with the same weights: |nats| a token, a sequence."""
    heads = [encode_prompt(tokenizer, prompt) for prompt in prompts]
    tails = [_ids(one, tokenizer) for one in samples]
    ids, _ = pad_right([head + tail for head, tail in zip(heads, tails, strict=True)], tokenizer.pad_token_id)
    logits = policy(input_ids=ids.to(policy.device), use_cache=False).logits.float() / temperature
    logprobs = torch.log_softmax(logits, dim=-1).cpu()
    tokens, sequences = [], []
    for row, (head, tail, one) in enumerate(zip(heads, tails, samples, strict=True)):
        places = torch.arange(len(head) - 1, len(head) + len(tail) - 1)
        gap = logprobs[row, places, torch.tensor(tail)] - torch.tensor(one.logprobs)
        tokens += gap.abs().tolist()
        sequences.append(abs(float(gap.sum())))
    return sum(tokens) / len(tokens), sum(sequences) / len(sequences)
