"""Stage `generate`: K completions of each prompt, appended to a file, resumed where it stopped.

Owns the output file and what counts as done; the drawing itself is in `sampling`. A rerun of the same
manifest skips the prompts that are complete in the file and gives the rest the seeds they would have had.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from rewardmodel.ml import environment
from rewardmodel.ml.artifacts import load_policy
from rewardmodel.ml.config import Reader, read_jsonl
from rewardmodel.ml.encode import decode, encode_prompt
from rewardmodel.ml.errors import StageError
from rewardmodel.ml.protocol import Reporter
from rewardmodel.ml.sampling import Sample, Sampling, batches_by_length, sample


@dataclass(frozen=True)
class GenerateConfig:
    policy_dir: Path
    prompts: Path
    out: Path
    k: int
    sampling: Sampling
    batch_size: int
    redraws: int
    seed: int


def read_config(raw: Mapping[str, Any]) -> GenerateConfig:
    reader = Reader(raw)
    for name in ("threads", "out_dir"):
        reader.has(name)
    config = GenerateConfig(
        policy_dir=reader.path("policy_dir", kind="folder"),
        prompts=reader.path("prompts", kind="file"),
        out=reader.path("out"),
        k=reader.integer("k", 4, low=1, high=64),
        sampling=Sampling(
            temperature=reader.number("temperature", 1.0, low=0.01, high=10.0),
            top_p=reader.number("top_p", 1.0, low=0.01, high=1.0),
            max_new_tokens=reader.integer("max_new_tokens", 48, high=100_000),
        ),
        batch_size=reader.integer("batch_size", 64, high=4096),
        redraws=reader.integer("redraws", 3, low=0, high=20),
        seed=reader.integer("seed", 0, low=0),
    )
    reader.finish("generate")
    return config


def run(raw: Mapping[str, Any], reporter: Reporter) -> dict[str, Any]:
    """Write the missing completions; return counts. Prompts are handled shortest first."""
    config = read_config(raw)
    prompts = _prompts(config.prompts)
    policy, tokenizer = load_policy(config.policy_dir, dtype=sampling_dtype())
    policy.to(environment.device())
    lengths = [len(encode_prompt(tokenizer, prompt["text"])) for prompt in prompts]
    _check_context(policy, max(lengths), config.sampling.max_new_tokens)
    config.out.parent.mkdir(parents=True, exist_ok=True)
    finished = resume_point(config.out, config.k)
    left = [row for row in range(len(prompts)) if prompts[row]["id"] not in finished]
    counts = {
        "prompts": len(prompts),
        "skipped": len(finished),
        "completions": 0,
        "duplicates": 0,
        "unfinished": 0,
    }
    reporter.progress(len(finished), len(prompts), "prompts answered")
    done = len(finished)
    with config.out.open("a", encoding="utf-8") as stream:
        for batch in batches_by_length([lengths[row] for row in left], config.batch_size):
            reporter.check()
            chosen = [prompts[left[row]] for row in batch]
            texts = _draw_distinct(policy, tokenizer, chosen, config)
            _write(stream, chosen, texts, counts)
            done += len(chosen)
            reporter.progress(done, len(prompts), "prompts answered")
    return {**counts, "out": str(config.out), "versions": environment.versions()}


def sampling_dtype() -> str:
    """bf16 where the device has it: sampling reads all weights for each token, so half the bytes count."""
    return "bfloat16" if torch.cuda.is_available() and torch.cuda.is_bf16_supported() else "float32"


def resume_point(path: Path, k: int) -> set[str]:
    """Return the ids of prompts that are complete in `path`; cut off the one that a kill left incomplete."""
    if not path.exists():
        return set()
    complete, kept, position, rows = set(), 0, 0, 0
    with path.open("rb") as stream:
        for line in stream:
            position += len(line)
            rows += 1
            if not line.endswith(b"\n"):
                break
            if rows == k:
                complete.add(str(json.loads(line)["prompt_id"]))
                kept, rows = position, 0
    with path.open("rb+") as stream:
        stream.truncate(kept)
    return complete


def _prompts(path: Path) -> list[dict[str, Any]]:
    prompts = read_jsonl(path, ("id", "text"), "prompts")
    if len({prompt["id"] for prompt in prompts}) != len(prompts):
        raise StageError(
            "duplicate_ids", "prompts: two rows have the same id; give each prompt an id of its own"
        )
    return prompts


def _check_context(policy: PreTrainedModel, longest: int, new_tokens: int) -> None:
    limit = getattr(policy.config, "max_position_embeddings", None)
    if limit is not None and longest + new_tokens > limit:
        text = (
            f"max_new_tokens: the longest prompt has {longest} tokens, with {new_tokens} new ones over "
            f"the {limit} positions of the policy; shorten the prompts or lower max_new_tokens"
        )
        raise StageError("too_long", text, [text])


Drawn = list[list[tuple[str, Sample]]]


def _draw_distinct(
    policy: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    prompts: Sequence[Mapping[str, Any]],
    config: GenerateConfig,
) -> Drawn:
    """Draw K samples a prompt; draw a sample that repeats an earlier one again, `redraws` times at most."""

    def draw(rows: Sequence[int], seeds: Sequence[Sequence[int]]) -> Drawn:
        found = sample(policy, tokenizer, [prompts[row]["text"] for row in rows], seeds, config.sampling)
        return [[(decode(tokenizer, one.ids), one) for one in group] for group in found]

    def seed(row: int, index: int, attempt: int) -> int:
        return environment.derive_seed(config.seed, prompts[row]["id"], index, attempt)

    everyone = range(len(prompts))
    drawn = draw(everyone, [[seed(row, index, 0) for index in range(config.k)] for row in everyone])
    for attempt in range(1, config.redraws + 1):
        repeats = [(row, index) for row in everyone for index in _repeats([text for text, _ in drawn[row]])]
        if not repeats:
            break
        again = draw([row for row, _ in repeats], [[seed(row, index, attempt)] for row, index in repeats])
        for (row, index), group in zip(repeats, again, strict=True):
            drawn[row][index] = group[0]
    return drawn


def _repeats(texts: Sequence[str]) -> list[int]:
    return [index for index, text in enumerate(texts) if text in texts[:index]]


def _write(
    stream: TextIO, prompts: Sequence[Mapping[str, Any]], drawn: Drawn, counts: dict[str, int]
) -> None:
    for prompt, group in zip(prompts, drawn, strict=True):
        counts["duplicates"] += len(_repeats([text for text, _ in group]))
        for index, (text, one) in enumerate(group):
            row = {
                "prompt_id": prompt["id"],
                "index": index,
                "text": text,
                "seed": one.seed,
                "token_logprobs": [round(value, 5) for value in one.logprobs],
                "finish_reason": one.finish_reason,
            }
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
            counts["completions"] += 1
            counts["unfinished"] += one.finish_reason == "length"
    stream.flush()
