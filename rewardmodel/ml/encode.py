"""From text to token ids, in one way for training, sampling, scoring, PPO and evaluation.

A sequence is `tokens(prompt + "\\n")` + `tokens(completion)` + end-of-sequence. The two parts are encoded
apart, so the boundary is the same whether a completion was written by a person or sampled token by token.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from transformers import PreTrainedTokenizerBase

SEPARATOR = "\n"


def encode_prompt(tokenizer: PreTrainedTokenizerBase, prompt: str) -> list[int]:
    """Return the ids a policy continues from."""
    return list(tokenizer(prompt + SEPARATOR, add_special_tokens=False)["input_ids"])


def encode_completion(tokenizer: PreTrainedTokenizerBase, completion: str) -> list[int]:
    """Return the ids of a finished completion: its tokens and end-of-sequence."""
    return [*tokenizer(completion, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]


def encode(tokenizer: PreTrainedTokenizerBase, prompt: str, completion: str) -> list[int]:
    """Return the whole sequence that the reward model reads; its reward stands at the last id."""
    return encode_prompt(tokenizer, prompt) + encode_completion(tokenizer, completion)


def decode(tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]) -> str:
    """Return the text of sampled ids. NUL becomes U+FFFD: no database takes it."""
    text = tokenizer.decode(list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return str(text).replace("\x00", "\ufffd")


def pad_left(rows: Sequence[Sequence[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return ids and attention mask, both (rows, longest), padded on the left as generation needs."""
    return _pad(rows, pad, left=True)


def pad_right(rows: Sequence[Sequence[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return ids and attention mask, both (rows, longest), padded on the right."""
    return _pad(rows, pad, left=False)


def _pad(rows: Sequence[Sequence[int]], pad: int, *, left: bool) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(len(row) for row in rows)
    gaps = [[pad] * (width - len(row)) for row in rows]
    ids = [[*gap, *row] if left else [*row, *gap] for gap, row in zip(gaps, rows, strict=True)]
    ones = [
        [0] * len(gap) + [1] * len(row) if left else [1] * len(row) + [0] * len(gap)
        for gap, row in zip(gaps, rows, strict=True)
    ]
    return torch.tensor(ids), torch.tensor(ones)
