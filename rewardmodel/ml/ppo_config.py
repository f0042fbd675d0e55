"""The settings of a PPO run and everything that can be wrong with them, found before a device is touched.

Owns the knowledge of what TRL's PPOTrainer does silently with bad input: it hangs on a dataset smaller than
a batch, learns wrong masks when pad is eos, exports a model that never stops, and so on. Does not import TRL.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rewardmodel.ml.artifacts import load_tokenizer, positions, same_tokenizer, sampling_leaks, vocabulary
from rewardmodel.ml.config import Reader, read_jsonl
from rewardmodel.ml.encode import encode_prompt
from rewardmodel.ml.errors import StageError
from rewardmodel.ml.guards import Limits
from rewardmodel.ml.manifest import verify_folder

IGNORED_BY_TRL = {
    "eval_strategy": "PPOTrainer never evaluates; run the evaluate stage",
    "max_grad_norm": "PPOTrainer ignores it; write clip_norm",
    "gradient_checkpointing": "PPOTrainer ignores it",
    "resume_from_checkpoint": "PPOTrainer has no resume; segments are the resume (resume_from)",
    "load_best_model_at_end": "PPOTrainer ignores it",
    "report_to": "metrics leave through the stage's own events",
}


@dataclass(frozen=True)
class Method:
    """What decides the result of a run, apart from its inputs. Its digest is in every segment."""

    updates: int
    segment_updates: int
    batch_size: int
    micro_batch_size: int
    mini_batches: int
    ppo_epochs: int
    lr: float
    kl_coef: float
    temperature: float
    response_length: int
    eos_penalty: float
    reward_clip: float
    clip_norm: float
    gamma: float
    lam: float
    clip_range: float
    value_coef: float
    dtype: str
    seed: int
    threads: int


@dataclass(frozen=True)
class PpoConfig:
    policy_dir: Path
    reference_dir: Path
    reward_dir: Path
    prompts: Path
    out_dir: Path
    segments_dir: Path
    resume_from: Path | None
    fence: int
    method: Method
    limits: Limits


def read_config(raw: Mapping[str, Any]) -> PpoConfig:
    """Read the settings; refuse with every problem of the settings themselves."""
    reader = Reader(raw)
    for name, why in IGNORED_BY_TRL.items():
        if reader.has(name):
            reader.problem(name, f"would be ignored: {why}; remove it")
    reader.choice("kl_estimator", "k1", of=("k1",), why="k3 converges to a policy worse than the reference")
    reader.choice("stop_token", "eos", of=("eos",), why="any other exports a model that never stops")
    guards = reader.section("guards")
    config = PpoConfig(
        policy_dir=reader.path("policy_dir", kind="folder"),
        reference_dir=reader.path("reference_dir", kind="folder"),
        reward_dir=reader.path("reward_dir", kind="folder"),
        prompts=reader.path("prompts", kind="file"),
        out_dir=reader.path("out_dir"),
        segments_dir=reader.path("segments_dir"),
        resume_from=reader.path("resume_from", kind="folder") if reader.has("resume_from") else None,
        fence=reader.integer("fence", 0, low=0),
        method=_method(reader),
        limits=_limits(guards),
    )
    guards.unknown()
    reader.finish("ppo")
    return config


def _method(reader: Reader) -> Method:
    batch = reader.integer("batch_size", 64, low=2)
    micro = reader.integer("micro_batch_size", batch, low=1)
    mini = reader.integer("mini_batches", 1, low=1)
    if micro and batch % micro:
        reader.problem("micro_batch_size", f"must divide batch_size ({batch})")
    if mini and batch % mini:
        reader.problem("mini_batches", f"must divide batch_size ({batch})")
    if mini > 1 and micro != batch:
        reader.problem(
            "mini_batches", "TRL does nothing with it while micro_batch_size is below batch_size; set one"
        )
    return Method(
        updates=reader.integer("updates", 30),
        segment_updates=reader.integer("segment_updates", 10),
        batch_size=batch,
        micro_batch_size=micro,
        mini_batches=mini,
        ppo_epochs=reader.integer("ppo_epochs", 4, high=64),
        lr=reader.number("lr", 4e-4, low=1e-9, high=0.1),
        kl_coef=reader.number("kl_coef", 0.05, low=0.0, high=100.0),
        temperature=reader.number("temperature", 1.0, low=0.05, high=5.0),
        response_length=reader.integer("response_length", 44),
        eos_penalty=reader.number("eos_penalty", 1.0, low=0.0),
        reward_clip=reader.number("reward_clip", 5.0, low=0.0),
        clip_norm=reader.number("clip_norm", 1.0, low=1e-6),
        gamma=reader.number("gamma", 1.0, low=0.0, high=1.0),
        lam=reader.number("lam", 0.95, low=0.0, high=1.0),
        clip_range=reader.number("clip_range", 0.2, low=1e-3, high=1.0),
        value_coef=reader.number("value_coef", 0.1, low=0.0),
        dtype=reader.choice("dtype", "float32", of=("float32", "bfloat16", "float16")),
        seed=reader.integer("seed", 0, low=0),
        threads=reader.integer("threads", 2),
    )


def _limits(guards: Reader) -> Limits:
    default = Limits()
    return Limits(
        length_low=guards.number("length_low", default.length_low, high=1.0),
        length_high=guards.number("length_high", default.length_high, low=1.0),
        eos_drop=guards.number("eos_drop", default.eos_drop, high=1.0),
        distinct_ratio=guards.number("distinct_ratio", default.distinct_ratio, high=1.0),
        step0_kl=guards.number("step0_kl", default.step0_kl),
        window=guards.integer("window", default.window, high=1000),
        kl_warning=guards.number("kl_warning", default.kl_warning),
        floor_per_token=guards.number("floor_per_token", default.floor_per_token),
    )


def fingerprint(config: PpoConfig) -> str:
    """Return a digest of everything that decides the weights. A segment of another run is never continued."""
    inputs = [verify_folder(folder).digest for folder in (config.reference_dir, config.reward_dir)]
    prompts = hashlib.sha256(config.prompts.read_bytes()).hexdigest()
    body = {"method": asdict(config.method), "inputs": inputs, "prompts": prompts}
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def check_inputs(config: PpoConfig) -> list[str]:
    """Look into the models and prompts; refuse with every problem at once. Returns the prompts' texts."""
    policy = verify_folder(config.policy_dir, kind="policy")
    reference = verify_folder(config.reference_dir, kind="policy")
    verify_folder(config.reward_dir, kind="reward")
    tokenizer, scorer = load_tokenizer(config.policy_dir), load_tokenizer(config.reward_dir)
    texts = [row["text"] for row in read_jsonl(config.prompts, ("id", "text"), "prompts")]
    method, problems = config.method, []
    if policy.digest != reference.digest:
        problems.append(
            "reference_dir: the reference of a PPO run is its starting policy; name the same model twice"
        )
    if not same_tokenizer(tokenizer, scorer) or vocabulary(config.policy_dir) != vocabulary(
        config.reward_dir
    ):
        problems.append(
            "reward_dir: its tokenizer is not the policy's; train the reward model from this policy"
        )
    for leak in sampling_leaks(config.policy_dir):
        problems.append(f"policy_dir: generation_config.json has {leak}, which corrupts the KL; remove it")
    if len(texts) < method.batch_size:
        problems.append(
            f"prompts: {len(texts)} prompts are fewer than one batch of {method.batch_size}; "
            "import more prompts or lower batch_size"
        )
    rows = [encode_prompt(tokenizer, text) for text in texts]
    if any(row[-1] == tokenizer.eos_token_id for row in rows):
        problems.append("prompts: a prompt ends with the eos token; remove it from the text")
    longest = max(len(row) for row in rows) + method.response_length
    for name, folder in (("policy_dir", config.policy_dir), ("reward_dir", config.reward_dir)):
        if longest > positions(folder):
            problems.append(
                f"response_length: the longest prompt and response have {longest} tokens and {name} takes "
                f"{positions(folder)}; lower response_length or leave out long prompts"
            )
    if problems:
        raise StageError("invalid_inputs", f"ppo: {'; '.join(problems)}", problems)
    return texts
