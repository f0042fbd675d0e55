"""A tiny policy, trained for a few steps by the real stage in a process of its own, once for all tests."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

from byhand.embedded.paths import ROOT
from rewardmodel.runner import clean_environment

PLACES = ("garden", "harbour", "library", "market", "museum", "station", "bridge", "bakery")
TONES = ("Good question.", "Happy to help.", "Well.", "Whatever.", "Go away.")
WORDS = ("calm", "bright", "lovely", "plain", "dull", "noisy")


def prompts(count: int) -> list[str]:
    return [f"How is the {PLACES[i % len(PLACES)]} on day {i}?" for i in range(count)]


def corpus(rows: int) -> list[dict[str, str]]:
    draw = random.Random(5)
    return [
        {"prompt": text, "completion": f"{draw.choice(TONES)} It is very {draw.choice(WORDS)}."}
        for text in prompts(rows)
    ]


def write_corpus(path: Path, rows: int = 200) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in corpus(rows)))
    return path


def make_policy(folder: Path) -> Path:
    """Return the folder of a policy of about 20,000 weights that has seen a few steps of the corpus."""
    manifest = {
        "corpus": str(write_corpus(folder / "corpus.jsonl")), "out_dir": str(folder / "out"), "seed": 1, "threads": 1,
        "tokenizer": {"vocab_size": 320}, "model": {"hidden_size": 32, "layers": 1, "heads": 2}, "steps": 60,
        "lr": 0.01, "batch_size": 32, "max_length": 64,
    }  # fmt: skip
    path = folder / "sft.json"
    path.write_text(json.dumps(manifest))
    assert _run([sys.executable, "-m", "rewardmodel.ml.stage", "sft", str(path)]) == 0
    return folder / "out" / "model"


def _run(command: list[str]) -> int:
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT,
        env=clean_environment(1),
    ) as process:  # fmt: skip
        return process.wait(timeout=120)  # and no communicate(): it would close stdin, the lifeline
