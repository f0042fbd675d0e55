"""Sampling completions from a policy: K a prompt, each with a seed of its own.

The prompt is read once and its cache repeated for its K samples. Each sample draws its numbers from a
generator of its own, so a recorded seed says which draw it was, whatever else was in the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DynamicCache, PreTrainedModel, PreTrainedTokenizerBase

from rewardmodel.ml.encode import encode_prompt, pad_left


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn: softmax at `temperature`, cut to the smallest set of mass `top_p`."""

    temperature: float = 1.0
    top_p: float = 1.0
    max_new_tokens: int = 48


@dataclass(frozen=True)
class Sample:
    """One completion. `ids` are without eos; `logprobs` are of the distribution drawn from, eos included."""

    ids: list[int]
    logprobs: list[float]
    finish_reason: str  # "eos" or "length"
    seed: int


def batches_by_length(lengths: Sequence[int], size: int) -> list[list[int]]:
    """Return batches of row numbers, rows of like length together, so that little is padding."""
    order = sorted(range(len(lengths)), key=lambda row: (lengths[row], row))
    return [order[start : start + size] for start in range(0, len(order), size)]


@torch.no_grad()
def sample(
    policy: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[str],
    seeds: Sequence[Sequence[int]],
    sampling: Sampling,
) -> list[list[Sample]]:
    """Return for each prompt one sample per seed; `seeds` is (prompts, K), every row of the same length."""
    k = len(seeds[0])
    flat = [seed for row in seeds for seed in row]
    noise = torch.stack([_uniforms(seed, sampling.max_new_tokens) for seed in flat]).to(policy.device)
    ids, mask = pad_left([encode_prompt(tokenizer, text) for text in prompts], tokenizer.pad_token_id)
    logits, cache, mask = _prefill(policy, ids.to(policy.device), mask.to(policy.device), k)
    done = torch.zeros(len(flat), dtype=torch.bool, device=policy.device)
    tokens, logprobs = [], []
    for step in range(sampling.max_new_tokens):
        token, logprob = draw(logits, noise[:, step], sampling)
        tokens.append(token)
        logprobs.append(logprob)
        done |= token == tokenizer.eos_token_id
        if bool(done.all()) or step + 1 == sampling.max_new_tokens:
            break
        mask = torch.cat([mask, mask.new_ones(len(flat), 1)], dim=1)
        positions = mask.sum(1, keepdim=True) - 1
        output = policy(
            input_ids=token[:, None],
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
        )
        logits = output.logits[:, -1]
    rows = _cut(
        torch.stack(tokens, 1).tolist(), torch.stack(logprobs, 1).tolist(), flat, tokenizer.eos_token_id
    )
    return [rows[start : start + k] for start in range(0, len(rows), k)]


def draw(logits: torch.Tensor, noise: torch.Tensor, sampling: Sampling) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw one token a row by inverting the cumulative distribution; return tokens and log-probabilities."""
    scaled = torch.log_softmax(logits.float() / sampling.temperature, dim=-1)
    if sampling.top_p < 1.0:
        scaled = _nucleus(scaled, sampling.top_p)
    cumulative = scaled.exp().cumsum(-1)
    # Scaled by the sum actually reached, so that rounding can't point past the last possible token.
    target = (noise * cumulative[:, -1])[:, None]
    token = torch.searchsorted(cumulative, target, right=True).clamp(max=logits.shape[-1] - 1)
    return token[:, 0], scaled.gather(1, token)[:, 0]


def _nucleus(logprobs: torch.Tensor, top_p: float) -> torch.Tensor:
    ordered, order = logprobs.sort(dim=-1, descending=True)
    before = ordered.exp().cumsum(-1) - ordered.exp()
    cut = torch.zeros_like(logprobs, dtype=torch.bool).scatter(1, order, before >= top_p)
    return torch.log_softmax(logprobs.masked_fill(cut, -torch.inf), dim=-1)


def _prefill(
    policy: PreTrainedModel, ids: torch.Tensor, mask: torch.Tensor, k: int
) -> tuple[torch.Tensor, Any, torch.Tensor]:
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    cache = DynamicCache(config=policy.config)
    output = policy(
        input_ids=ids,
        attention_mask=mask,
        position_ids=positions,
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    cache.batch_repeat_interleave(k)
    return output.logits[:, -1].repeat_interleave(k, 0), cache, mask.repeat_interleave(k, 0)


def _uniforms(seed: int, count: int) -> torch.Tensor:
    return torch.rand(count, generator=torch.Generator().manual_seed(seed))


def _cut(tokens: list[list[int]], logprobs: list[list[float]], seeds: list[int], eos: int) -> list[Sample]:
    rows = []
    for ids, values, seed in zip(tokens, logprobs, seeds, strict=True):
        end = ids.index(eos) if eos in ids else None
        if end is None:
            rows.append(Sample(ids, values, "length", seed))
        else:
            rows.append(Sample(ids[:end], values[: end + 1], "eos", seed))
    return rows
