"""Stage `sft`: a policy from a corpus of prompts and completions, made new or continued from a base.

Owns the tokenizer's training, the tiny model's shape and the supervised loop. The loss is on the
completion and its end-of-sequence; the prompt is given.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerBase

from rewardmodel.ml import environment
from rewardmodel.ml.artifacts import load_policy, prepare_policy, save_folder
from rewardmodel.ml.config import Reader, read_jsonl
from rewardmodel.ml.encode import encode_completion, encode_prompt, pad_right
from rewardmodel.ml.errors import StageError
from rewardmodel.ml.protocol import Reporter
from rewardmodel.ml.tokenizer import train_tokenizer

IGNORED = -100  # the label that cross-entropy leaves out
Row = tuple[list[int], list[int]]  # ids of the prompt, ids of the completion


@dataclass(frozen=True)
class Shape:
    hidden_size: int
    layers: int
    heads: int
    intermediate_size: int


@dataclass(frozen=True)
class SftConfig:
    corpus: Path
    out_dir: Path
    base_dir: Path | None
    vocab_size: int
    shape: Shape
    steps: int
    lr: float
    batch_size: int
    max_length: int
    seed: int


def read_config(raw: Mapping[str, Any]) -> SftConfig:
    reader = Reader(raw)
    reader.has("threads")
    model, tokenizer = reader.section("model"), reader.section("tokenizer")
    config = SftConfig(
        corpus=reader.path("corpus", kind="file"),
        out_dir=reader.path("out_dir"),
        base_dir=reader.path("base_dir", kind="folder") if reader.has("base_dir") else None,
        vocab_size=tokenizer.integer("vocab_size", 384, low=64, high=262_144),
        shape=_shape(model),
        steps=reader.integer("steps", 400),
        lr=reader.number("lr", 3e-3, low=1e-8, high=0.1),
        batch_size=reader.integer("batch_size", 64, high=65_536),
        max_length=reader.integer("max_length", 128, low=4),
        seed=reader.integer("seed", 0, low=0),
    )
    model.unknown()
    tokenizer.unknown()
    reader.finish("sft")
    return config


def _shape(model: Reader) -> Shape:
    hidden = model.integer("hidden_size", 64, low=8)
    heads = model.integer("heads", 4)
    if hidden % (2 * max(heads, 1)):
        model.problem("heads", f"hidden_size {hidden} must be a multiple of twice the heads ({heads})")
    wide = model.integer("intermediate_size", 0, low=0) or 8 * math.ceil(hidden / 3)
    return Shape(hidden, model.integer("layers", 3), heads, wide)


def run(raw: Mapping[str, Any], reporter: Reporter) -> dict[str, Any]:
    """Train and write the policy to out_dir/model; return its digest and losses."""
    config = read_config(raw)
    corpus = read_jsonl(config.corpus, ("prompt", "completion"), "corpus")
    reporter.progress(0, config.steps, "reading the corpus")
    if config.base_dir is None:
        tokenizer = train_tokenizer([row[name] for row in corpus for name in row], config.vocab_size)
        model: PreTrainedModel = new_model(config, tokenizer)
    else:
        model, tokenizer = load_policy(config.base_dir)
    rows, too_long = _encode(corpus, tokenizer, config.max_length)
    train, held_out = _split(rows, config.seed)
    model.to(environment.device())
    losses = _train(model, tokenizer, train, config, reporter)
    held_out_loss = _held_out_loss(model, tokenizer, held_out, config.batch_size)
    lineage = {"stage": "sft", "seed": config.seed, "steps": config.steps, "corpus_rows": len(corpus)}
    manifest = save_folder(model, tokenizer, config.out_dir / "model", kind="policy", lineage=lineage)
    return {
        "model_dir": str(config.out_dir / "model"),
        "digest": manifest.digest,
        "kind": "policy",
        "parameters": model.num_parameters(),
        "train_loss": losses[-1],
        "held_out_loss": held_out_loss,
        "corpus_rows": len(corpus),
        "too_long": too_long,
        "versions": environment.versions(),
    }


def new_model(config: SftConfig, tokenizer: PreTrainedTokenizerBase) -> PreTrainedModel:
    """Return a Llama with random weights for the tokenizer."""
    shape = config.shape
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=shape.hidden_size,
            intermediate_size=shape.intermediate_size,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            num_key_value_heads=shape.heads,
            max_position_embeddings=max(512, 4 * config.max_length),
            tie_word_embeddings=True,
            attention_dropout=0.0,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    prepare_policy(model, tokenizer)
    return model


def _encode(
    corpus: list[dict[str, Any]], tokenizer: PreTrainedTokenizerBase, max_length: int
) -> tuple[list[Row], int]:
    rows = [
        (encode_prompt(tokenizer, r["prompt"]), encode_completion(tokenizer, r["completion"])) for r in corpus
    ]
    short = [row for row in rows if len(row[0]) + len(row[1]) <= max_length]
    if len(short) < 2:
        text = (
            f"max_length: {len(short)} of {len(rows)} rows have at most {max_length} tokens; raise max_length"
        )
        raise StageError("too_long", text, [text])
    return short, len(rows) - len(short)


def _split(rows: list[Row], seed: int) -> tuple[list[Row], list[Row]]:
    """Keep one row in twenty (256 at most) out of training, to see what was learnt and what was memorised."""
    order = np.random.default_rng([seed, 1]).permutation(len(rows))
    count = min(256, max(1, len(rows) // 20))
    return [rows[i] for i in order[count:]], [rows[i] for i in order[:count]]


def _batches(rows: list[Row], size: int, seed: int) -> Iterator[list[Row]]:
    """Yield batches for ever: rows of like length together, batches in random order, anew each epoch."""
    generator = np.random.default_rng([seed, 2])
    lengths = np.array([len(prompt) + len(completion) for prompt, completion in rows])
    while True:
        order = np.argsort(lengths + generator.uniform(0.0, 4.0, len(rows)), kind="stable")
        starts = np.arange(0, len(rows), size)
        generator.shuffle(starts)
        for start in starts:
            yield [rows[i] for i in order[start : start + size]]


def _loss(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, rows: list[Row]) -> torch.Tensor:
    """Mean cross-entropy per completion token. Padding is on the right, so the causal mask alone hides it."""
    ids, _ = pad_right([prompt + completion for prompt, completion in rows], tokenizer.pad_token_id)
    labels, _ = pad_right([[IGNORED] * len(prompt) + completion for prompt, completion in rows], IGNORED)
    ids, labels = ids.to(model.device), labels.to(model.device)
    logits = model(input_ids=ids, use_cache=False).logits[:, :-1]
    return torch.nn.functional.cross_entropy(
        logits.reshape(-1, logits.shape[-1]).float(), labels[:, 1:].reshape(-1), ignore_index=IGNORED
    )


def _train(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    rows: list[Row],
    config: SftConfig,
    reporter: Reporter,
) -> list[float]:
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=config.lr, betas=(0.9, 0.95), weight_decay=0.01)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: rate_factor(step, config.steps))
    batches = _batches(rows, config.batch_size, config.seed)
    losses = []
    for step in range(1, config.steps + 1):
        reporter.check()
        loss = _loss(model, tokenizer, next(batches))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
        if step % 10 == 0 or step == config.steps:
            reporter.metrics(step, {"loss": losses[-1], "lr": scheduler.get_last_lr()[0]})
            reporter.progress(step, config.steps, "learning the corpus")
    return losses


def rate_factor(step: int, steps: int) -> float:
    """Learning rate over its peak: linear warm-up over 5 % of the steps, then a cosine down to a tenth."""
    warm = max(1, steps // 20)
    if step < warm:
        return (step + 1) / warm
    return 0.1 + 0.45 * (1.0 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


@torch.no_grad()
def _held_out_loss(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, rows: list[Row], size: int
) -> float:
    model.eval()
    losses = [
        _loss(model, tokenizer, rows[start : start + size]).item() for start in range(0, len(rows), size)
    ]
    return sum(losses) / len(losses)
