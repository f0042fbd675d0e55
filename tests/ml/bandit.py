"""A bandit whose KL-regularised optimum is known in closed form: pi* ~ pi_ref exp(reward / beta).

One prompt, one token of response, a random reward for each of V tokens. Anything wrong in sampling, KL,
advantage or update moves the trained policy away from pi*.
"""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    PreTrainedTokenizerFast,
    TrainerCallback,
)

from rewardmodel.ml.artifacts import prepare_policy
from rewardmodel.ml.ppo import ClippedAdamW, train_stock
from rewardmodel.ml.ppo_config import Method

V = 24
PAD, EOS = V, 0  # eos is one of the V answers; pad is none


class TableReward(torch.nn.Module):
    """Reward of a response by its token, in the shape that TRL expects of a reward model."""

    base_model_prefix = "backbone"

    def __init__(self, table: torch.Tensor) -> None:
        super().__init__()
        self.table = table

    def backbone(self, input_ids: torch.Tensor, **_: Any) -> SimpleNamespace:
        hidden = self.table[input_ids.clamp(max=V - 1)][..., None]
        return SimpleNamespace(hidden_states=[hidden], last_hidden_state=hidden)

    def score(self, hidden: torch.Tensor) -> torch.Tensor:
        return hidden


class Deaf(TrainerCallback):  # type: ignore[misc]
    """Listens to nothing."""

    def listen(self, policy: Any, eos: int) -> None:
        return

    def deaf(self, policy: Any) -> None:
        return


def method(*, updates: int, batch: int, lr: float, beta: float, length: int = 1, **changes: Any) -> Method:
    fields = {
        "updates": updates, "segment_updates": updates, "batch_size": batch, "micro_batch_size": batch,
        "mini_batches": 1, "ppo_epochs": 4, "lr": lr, "kl_coef": beta, "temperature": 1.0,
        "response_length": length, "eos_penalty": 0.0, "reward_clip": 0.0, "clip_norm": 1.0, "gamma": 1.0, "lam": 0.95,
        "clip_range": 0.2, "value_coef": 0.1, "dtype": "float32", "seed": 0, "threads": 2,
    }  # fmt: skip
    return Method(**{**fields, **changes})


def tokenizer() -> PreTrainedTokenizerFast:
    words = {f"t{i}": i for i in range(V)} | {"<pad>": PAD}
    raw = Tokenizer(models.WordLevel(words, unk_token="t1"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="<pad>", eos_token="t0", padding_side="left"
    )


def config() -> LlamaConfig:
    return LlamaConfig(
        vocab_size=V + 1, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=64, pad_token_id=PAD, eos_token_id=EOS, bos_token_id=None,
        initializer_range=0.3, tie_word_embeddings=False, num_labels=1,
    )  # fmt: skip


def models_for(seed: int) -> tuple[Any, Any, Any]:
    """Return policy, reference and value model; policy and reference have the same weights."""
    torch.manual_seed(seed)
    policy = LlamaForCausalLM(config())
    reference = copy.deepcopy(policy)
    for model in (policy, reference):
        prepare_policy(model, tokenizer())
    return policy, reference.eval(), LlamaForSequenceClassification(config())


@torch.no_grad()
def answers(policy: Any, prompt: list[int]) -> torch.Tensor:
    """Return the policy's distribution over the V answers."""
    return torch.softmax(policy(input_ids=torch.tensor([prompt])).logits[0, -1], dim=-1)[:V]


def total_variation(left: torch.Tensor, right: torch.Tensor) -> float:
    return float((left - right).abs().sum() / 2)


def play(
    seed: int, beta: float, *, updates: int = 30, batch: int = 256, lr: float = 3e-3
) -> tuple[float, float]:
    """Train; return the distance to pi* of the reference and of the trained policy."""
    policy, reference, value = models_for(seed)
    table = torch.randn(V, generator=torch.Generator().manual_seed(1000 + seed)) * 0.6
    prompt = [3, 7]
    before = answers(reference, prompt)
    optimum = torch.softmax(before.log() + table / beta, dim=-1)
    optimizer = ClippedAdamW(policy, value, lr=lr, clip_norm=1.0)
    train_stock(
        method(updates=updates, batch=batch, lr=lr, beta=beta), tokenizer(), policy, reference,
        TableReward(table), value, optimizer, prompts=[prompt] * (updates * batch), done=0, seed=seed, watch=Deaf(),
    )  # fmt: skip
    return total_variation(before, optimum), total_variation(answers(policy.eval(), prompt), optimum)
