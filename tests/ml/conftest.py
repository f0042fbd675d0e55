"""A tiny policy, dataset and reward model, made once a session by the stages themselves."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from rewardmodel.ml import environment

environment.prepare(2)  # before anything imports torch

from tests.ml import world  # noqa: E402

Rows = list[dict[str, Any]]


def write_jsonl(path: Path, rows: Rows) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with policy, prompts, completions, dataset and reward model."""
    from rewardmodel.ml import generate, reward, sft
    from rewardmodel.ml.protocol import Reporter

    root = tmp_path_factory.mktemp("made")
    environment.pin(2, 1)
    corpus = write_jsonl(root / "corpus.jsonl", world.corpus(3000))
    prompts = write_jsonl(root / "prompts.jsonl", world.prompts(48))
    shape = {"hidden_size": 32, "layers": 2, "heads": 4}
    common = {"seed": 1, "threads": 2}
    sft.run(
        {
            **common,
            "corpus": str(corpus),
            "out_dir": str(root / "sft"),
            "model": shape,
            "steps": 120,
            "lr": 1e-2,
        },
        Reporter(),
    )
    policy = str(root / "sft" / "model")
    out = root / "completions.jsonl"
    generate.run({**common, "policy_dir": policy, "prompts": str(prompts), "out": str(out)}, Reporter())
    write_dataset(root / "dataset", root)
    reward.run(
        {
            **common,
            "base_dir": policy,
            "dataset_dir": str(root / "dataset"),
            "prompts": str(prompts),
            "out_dir": str(root / "reward"),
            "epochs": 2,
            "folds": 0,
        },
        Reporter(),
    )
    return root


def write_dataset(folder: Path, made: Path) -> Path:
    """Rank the completions by the hidden preference of the tests, with noise; two annotators a prompt."""
    texts = {row["id"]: row["text"] for row in map(json.loads, (made / "prompts.jsonl").open())}
    completions: dict[str, list[str]] = {}
    for row in map(json.loads, (made / "completions.jsonl").open()):
        completions.setdefault(row["prompt_id"], []).append(row["text"])
    generator, splits = random.Random(5), {"train": [], "validation": [], "test": []}  # type: ignore[var-annotated]
    for number, (prompt_id, own) in enumerate(sorted(completions.items())):
        split = ("train", "train", "train", "validation", "test")[number % 5]
        for annotator in ("a", "b"):
            felt = [world.quality(text) + generator.gauss(0.0, 0.5) for text in own]
            order = sorted(range(len(own)), key=lambda i, f=felt: -f[i])  # type: ignore[misc]
            splits[split].append(
                {
                    "prompt_id": prompt_id,
                    "prompt_group": prompt_id,
                    "prompt": texts[prompt_id],
                    "completions": own,
                    "groups": [[i] for i in order[:-1]],
                    "unacceptable": [order[-1]],
                    "annotator": annotator,
                }
            )
    folder.mkdir()
    for name, rows in splits.items():
        write_jsonl(folder / f"{name}.jsonl", rows)
    return folder
