"""The one place where models and tokenizers are read from disk and written to it.

Reads only folders whose manifest holds (`manifest.verify_folder`): safetensors and JSON, never remote
code. Writes are atomic: a folder appears under its name complete or not at all.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from rewardmodel.ml.errors import ManifestError, StageError
from rewardmodel.ml.manifest import Manifest, verify_folder, write_manifest

SHIFT = "reward_shift"  # the key in config.json
_PAD_LOGIT = -1e4  # as good as minus infinity, and finite in fp16


class MaskPad:
    """Forward hook of the language-model head: the pad token has no probability.

    A policy that could emit pad would end a completion in a way that TRL's masks read as something else.
    A hook and no logits processor, so that generation and training see the same logits; the saved weights
    stay plain. It holds for every policy that this module loads.
    """

    def __init__(self, pad: int) -> None:
        self.pad = pad

    def __call__(self, module: torch.nn.Module, inputs: Any, logits: torch.Tensor) -> torch.Tensor:
        hidden = torch.zeros(logits.shape[-1], dtype=torch.bool, device=logits.device)
        hidden[self.pad] = True
        return logits.masked_fill(hidden, _PAD_LOGIT)


class ShiftScore:
    """Forward hook of a score head: subtracts the mean that normalisation found.

    The scale is folded into the head's weights; the head has no bias, so the shift is in config.json.
    """

    def __init__(self, shift: float) -> None:
        self.shift = shift

    def __call__(self, module: torch.nn.Module, inputs: Any, scores: torch.Tensor) -> torch.Tensor:
        return scores - self.shift


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """Return the folder's tokenizer. Refuses one whose pad token is missing or the end-of-sequence token."""
    verify_folder(folder)
    return _tokenizer(folder)


def load_policy(folder: Path, *, dtype: str = "float32") -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return a causal language model that never emits pad, in evaluation mode, and its tokenizer."""
    verify_folder(folder, kind="policy")
    tokenizer = _tokenizer(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, **_options(dtype))
    prepare_policy(model, tokenizer)
    return model.eval(), tokenizer


def load_scorer(
    folder: Path, *, kind: str, dtype: str = "float32"
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return a model with one score a token (`kind` is "reward" or "value"), and its tokenizer."""
    verify_folder(folder, kind=kind)
    model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=1, **_options(dtype))
    model.score.register_forward_hook(ShiftScore(float(getattr(model.config, SHIFT, 0.0))))
    return model.eval(), _tokenizer(folder)


def scorer_from_policy(
    folder: Path, *, dtype: str = "float32"
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return a policy's backbone under a fresh head of one score: where a reward model starts."""
    verify_folder(folder, kind="policy")
    tokenizer = _tokenizer(folder)
    options = _options(dtype) | {"num_labels": 1, "pad_token_id": tokenizer.pad_token_id}
    return AutoModelForSequenceClassification.from_pretrained(folder, **options).eval(), tokenizer


def prepare_policy(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
    """Forbid pad, and make generation plain sampling that stops at end-of-sequence."""
    model.get_output_embeddings().register_forward_hook(MaskPad(tokenizer.pad_token_id))
    model.generation_config = GenerationConfig(
        do_sample=True,
        temperature=1.0,
        top_k=0,
        top_p=1.0,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def save_folder(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    folder: Path,
    *,
    kind: str,
    lineage: Mapping[str, Any],
) -> Manifest:
    """Write a model folder with its manifest, all or nothing, in place of one that an earlier try left."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = folder.with_name(f".{folder.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    model.save_pretrained(making)
    tokenizer.save_pretrained(making)
    manifest = write_manifest(making, kind=kind, lineage=lineage)
    if folder.exists():
        shutil.rmtree(folder)
    making.rename(folder)
    return manifest


def sampling_leaks(folder: Path) -> list[str]:
    """Return the settings of a folder's generation_config.json that would change logits while sampling.

    Behaviour log-probabilities would come from the changed logits and training ones from the plain ones,
    which makes the KL of an untrained policy nonzero.
    """
    path = folder / "generation_config.json"
    if not path.is_file():
        return []
    raw = json.loads(path.read_bytes())
    plain: dict[str, tuple[Any, ...]] = {
        "repetition_penalty": (None, 1.0),
        "no_repeat_ngram_size": (None, 0),
        "encoder_repetition_penalty": (None, 1.0),
        "min_length": (None, 0),
        "min_new_tokens": (None, 0),
        "suppress_tokens": (None, []),
        "begin_suppress_tokens": (None, []),
        "bad_words_ids": (None, []),
        "forced_bos_token_id": (None,),
        "forced_eos_token_id": (None,),
        "exponential_decay_length_penalty": (None,),
        "sequence_bias": (None, {}),
        "guidance_scale": (None, 1.0),
    }
    return [f"{name}={raw[name]!r}" for name, allowed in plain.items() if raw.get(name) not in allowed]


def vocabulary(folder: Path) -> int:
    """Return the vocabulary size that a folder's config states."""
    return int(_config(folder).vocab_size)


def positions(folder: Path) -> int:
    """Return the longest sequence that a folder's config allows."""
    return int(getattr(_config(folder), "max_position_embeddings", 2**31))


def _config(folder: Path) -> Any:
    return AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)


def same_tokenizer(left: PreTrainedTokenizerBase, right: PreTrainedTokenizerBase) -> bool:
    """Whether two tokenizers give every token the same id: TRL passes ids from policy to reward model."""
    special = (left.pad_token_id, left.eos_token_id) == (right.pad_token_id, right.eos_token_id)
    return special and left.get_vocab() == right.get_vocab()


def _options(dtype: str) -> dict[str, Any]:
    return {
        "dtype": getattr(torch, dtype),
        "use_safetensors": True,
        "trust_remote_code": False,
        "local_files_only": True,
    }


def _tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    if not (folder / "tokenizer.json").is_file():
        raise ManifestError("missing_tokenizer", f"{folder.name}: tokenizer.json is missing")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
    check_special_tokens(tokenizer, folder.name)
    tokenizer.padding_side = "left"
    return tokenizer


def check_special_tokens(tokenizer: PreTrainedTokenizerBase, name: str) -> None:
    """Refuse a tokenizer without pad and eos of their own: masks would be wrong and eos never learned."""
    if tokenizer.pad_token_id is None or tokenizer.eos_token_id is None:
        raise StageError(
            "bad_tokenizer", f"{name}: the tokenizer needs a pad token and an eos token; add them"
        )
    if tokenizer.pad_token_id == tokenizer.eos_token_id:
        text = f"{name}: pad and eos are the same token; give the tokenizer a pad token of its own"
        raise StageError("pad_is_eos", text, [text])
