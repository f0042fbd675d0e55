"""The fields of each kind of run: type, range, default and what a person should write. Pure data, no input/output.

Field names are those of the run manifest that `rewardmodel.ml.stage` reads, so that a config says exactly what runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Type = Literal["int", "float", "text", "bool"]
REQUIRED = object()


@dataclass(frozen=True)
class Field:
    """One field. `low` and `high` are inclusive; `hint` says what to do when the value can't be used."""

    type: Type
    default: Any = REQUIRED
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    hint: str = ""

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


Section = Mapping[str, "Field | Section"]
Spec = dict[str, Any]
KINDS = ("sft", "reward", "ppo", "evaluate")
SPLITS = ("train", "validation", "test", "all")

_MODEL_HINT = "Write the name or the digest of a registered model; /models/ lists them."
_DATASET_HINT = (
    "Write a dataset digest, or the short name of a project for its newest dataset; /datasets/ lists them."
)


def _model(default: Any = REQUIRED) -> Field:
    return Field("text", default, hint=_MODEL_HINT)


def _dataset() -> Field:
    return Field("text", hint=_DATASET_HINT)


def _rate(default: float) -> Field:
    return Field(
        "float", default, 1e-8, 0.1, hint="Learning rates are between 1e-8 and 0.1; 1e-5 to 1e-3 is usual."
    )


def _split(default: str) -> Field:
    return Field("text", default, choices=SPLITS)


COMMON: Spec = {
    "kind": Field("text", choices=KINDS),
    "name": Field("text", hint="A short name for what the run makes, such as tiny-reward-1."),
    "seed": Field("int", 1, 0, 2**31 - 1),
    "threads": Field(
        "int", 2, 1, 256, hint="CPU threads of the run; pinned, since they change the last digits."
    ),
}

SFT: Spec = {
    "corpus": Field("text", hint="A JSONL file below DATASET_ROOT with {prompt, completion} on each line."),
    "base": Field("text", "", hint=_MODEL_HINT + " Leave it out to start from random weights."),
    "tokenizer": {"vocab_size": Field("int", 384, 64, 262_144)},
    "model": {
        "hidden_size": Field("int", 64, 8, 16_384),
        "layers": Field("int", 3, 1, 200),
        "heads": Field("int", 4, 1, 256),
        "intermediate_size": Field("int", 0, 0, 131_072, hint="0 means 8/3 x hidden_size."),
    },
    "steps": Field("int", 400, 1, 10_000_000),
    "lr": _rate(3e-3),
    "batch_size": Field("int", 64, 1, 65_536),
    "max_length": Field("int", 128, 8, 131_072),
}

REWARD: Spec = {
    "base": _model(),
    "dataset": _dataset(),
    "epochs": Field("int", 6, 1, 100),
    "lr": _rate(1e-3),
    "batch_prompts": Field("int", 16, 1, 4096),
    "folds": Field("int", 5, 0, 20, hint="0 leaves cross-validation out, and then G1 refuses."),
    "degenerate_negatives": Field(
        "bool", True, hint="Teaches that empty, repeated and echoed text is worse."
    ),
    "fold_epochs": Field("int", 3, 1, 100),
    "max_length": Field("int", 128, 8, 131_072),
    "prompts": _split("train"),
    "temperature": Field(
        "float", 1.0, 0.05, 10.0, hint="Of the reference's samples that rewards are normalised on."
    ),
    "max_new_tokens": Field("int", 48, 1, 32_768),
}

GUARDS: Spec = {
    "length_low": Field("float", 0.5, 0.0, 1.0),
    "length_high": Field("float", 2.0, 1.0, 100.0),
    "eos_drop": Field("float", 0.05, 0.0, 1.0),
    "distinct_ratio": Field("float", 0.8, 0.0, 1.0),
    "step0_kl": Field("float", 1e-3, 0.0, 1.0),
    "window": Field("int", 5, 1, 1000, hint="Updates that are averaged before a guard judges."),
    "kl_warning": Field("float", 10.0, 0.0, 1e6),
    "floor_per_token": Field("float", 0.05, 0.0, 1.0),
}

PPO: Spec = {
    "policy": _model(),
    "reward_model": _model(),
    "dataset": _dataset(),
    "prompts": _split("train"),
    "updates": Field("int", 30, 1, 1_000_000),
    "segment_updates": Field(
        "int", 5, 1, 10_000, hint="A killed run goes on from its last finished segment."
    ),
    "batch_size": Field("int", 64, 2, 65_536, hint="Episodes in one update."),
    "micro_batch_size": Field(
        "int", None, 1, 65_536, hint="Left out, it is batch_size; smaller needs less memory."
    ),
    "mini_batches": Field("int", 1, 1, 1024),
    "ppo_epochs": Field("int", 4, 1, 64),
    "lr": _rate(4e-4),
    "kl_coef": Field("float", 0.05, 0.0, 100.0, hint="0.05 is usual; 0 removes the pull to the reference."),
    "temperature": Field("float", 1.0, 0.05, 5.0),
    "response_length": Field("int", 44, 1, 32_768),
    "eos_penalty": Field(
        "float", 1.0, 0.0, 1000.0, hint="Taken from the reward of an answer that does not end."
    ),
    "reward_clip": Field("float", 5.0, 0.0, 1e6, hint="Rewards beyond it count as it; 0 leaves them alone."),
    "clip_norm": Field("float", 1.0, 1e-6, 1e6),
    "clip_range": Field("float", 0.2, 1e-3, 1.0),
    "value_coef": Field("float", 0.1, 0.0, 100.0),
    "gamma": Field("float", 1.0, 0.0, 1.0),
    "lam": Field("float", 0.95, 0.0, 1.0),
    "dtype": Field("text", "float32", choices=("float32", "bfloat16", "float16")),
    "guards": GUARDS,
}

EVALUATE: Spec = {
    "policy": _model(),
    "reference": _model(),
    "reward_model": _model(),
    "dataset": _dataset(),
    "prompts": _split("test"),
    "prompts_file": Field(
        "text",
        "",
        hint="A JSONL file below DATASET_ROOT with {id, text} on each line, instead of a split of the dataset.",
    ),
    "temperature": Field("float", 1.0, 0.05, 5.0),
    "max_new_tokens": Field("int", 48, 1, 32_768),
    "batch_size": Field("int", 64, 1, 65_536),
}

FIELDS: dict[str, Spec] = {
    "sft": {**COMMON, **SFT},
    "reward": {**COMMON, **REWARD},
    "ppo": {**COMMON, **PPO},
    "evaluate": {**COMMON, **EVALUATE},
}
