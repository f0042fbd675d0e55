"""Probes of a finished reward model: degenerate texts must score below the policy's ordinary samples."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from rewardmodel.ml.degenerate import KINDS, degenerate
from rewardmodel.ml.encode import encode_completion, encode_prompt
from rewardmodel.ml.reward_training import score

REPEATS = 21


def run(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    samples: Sequence[tuple[str, str]],
    max_length: int,
) -> dict[str, Any]:
    """Return the median reward of the samples and of each kind of probe over the same prompts."""
    pad = int(tokenizer.pad_token_id)
    pairs = [
        (encode_prompt(tokenizer, prompt), encode_completion(tokenizer, text)) for prompt, text in samples
    ]
    reference = median(score(model, [prompt + completion for prompt, completion in pairs], pad))
    judged = {}
    for kind in KINDS:
        rows = []
        for prompt, completion in pairs:
            size = REPEATS if kind == "repeated_token" else max_length - len(prompt)
            rows.append(prompt + degenerate(kind, prompt, completion, size))
        value = median(score(model, rows, pad))
        judged[kind] = {"score": value, "below": value < reference}
    return {"reference_median": reference, "probes": judged}
