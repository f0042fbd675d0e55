"""A frozen preference dataset as the reward model reads it: each completion encoded once.

Ballots over the same prompt and completions share one `Task`, so their texts are encoded and scored once,
however many people ranked them. Owns what happens to completions that are too long: left out of their
rankings and counted, never dropped in silence, since somebody was paid to rank them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from transformers import PreTrainedTokenizerBase

from rewardmodel.ml.encode import encode_completion, encode_prompt
from rewardmodel.ml.errors import StageError
from rewardmodel.ml.plackett_luce import ABSENT, levels_of

SPLITS = ("train", "validation", "test")


@dataclass
class Task:
    """One prompt with its completions as ids, and every ranking of them (levels, annotator).

    `rows` are whole sequences, prompt and completion and eos; `prompt` is what they all begin with.
    """

    group: str
    split: str
    prompt: list[int]
    rows: list[list[int]]
    lengths: list[int]
    levels: list[list[int]] = field(default_factory=list)
    annotators: list[str] = field(default_factory=list)


@dataclass
class OverLong:
    """What the length limit cost. A ballot is lost when it is left with no order to learn from."""

    completions: int = 0
    ballots_shortened: int = 0
    ballots_lost: int = 0


@dataclass
class Rankings:
    tasks: list[Task]
    ballots: int
    without_order: int
    over_long: OverLong

    def split(self, name: str) -> list[Task]:
        return [task for task in self.tasks if task.split == name]


def read_rankings(folder: Path, tokenizer: PreTrainedTokenizerBase, max_length: int) -> Rankings:
    """Read all splits of a dataset folder; refuse rows that are not ballots, with file and line."""
    tasks: dict[tuple[str, ...], Task] = {}
    rankings = Rankings([], 0, 0, OverLong())
    problems: list[str] = []
    for split in SPLITS:
        path = folder / f"{split}.jsonl"
        if not path.is_file():
            problems.append(f"{path.name}: missing")
            continue
        with path.open("rb") as stream:  # bytes: only LF ends a row, never a U+2028 inside a text
            for number, line in enumerate(stream, 1):
                try:
                    _add(json.loads(line), split, tasks, rankings, tokenizer, max_length)
                except (ValueError, KeyError, TypeError) as error:
                    problems.append(f"{path.name} line {number}: {type(error).__name__} {error}")
    if problems:
        text = f"dataset_dir: {folder.name} can't be read: {'; '.join(problems[:5])}"
        raise StageError("bad_dataset", text, problems[:100])
    rankings.tasks = [task for task in tasks.values() if task.levels]
    return rankings


def _add(
    row: dict[str, Any],
    split: str,
    tasks: dict[tuple[str, ...], Task],
    rankings: Rankings,
    tokenizer: PreTrainedTokenizerBase,
    max_length: int,
) -> None:
    completions = row["completions"]
    levels = levels_of(row["groups"], row["unacceptable"], len(completions), row.get("unranked", ()))
    key = (str(row["prompt_id"]), *completions)
    if key not in tasks:
        prompt = encode_prompt(tokenizer, row["prompt"])
        encoded = [encode_completion(tokenizer, text) for text in completions]
        rows, lengths = [prompt + ids for ids in encoded], [len(ids) for ids in encoded]
        tasks[key] = Task(str(row["prompt_group"]), split, prompt, rows, lengths)
        rankings.over_long.completions += sum(len(ids) > max_length for ids in rows)
    task = tasks[key]
    kept = [ABSENT if len(ids) > max_length else level for ids, level in zip(task.rows, levels, strict=True)]
    rankings.ballots += 1
    if not _ordered(kept):
        rankings.over_long.ballots_lost += _ordered(levels)
        rankings.without_order += not _ordered(levels)
        return
    rankings.over_long.ballots_shortened += kept != levels
    task.levels.append(kept)
    task.annotators.append(str(row["annotator"]))


def _ordered(levels: Sequence[int]) -> bool:
    return len({level for level in levels if level != ABSENT}) > 1


def folds_by_prompt(tasks: Sequence[Task], folds: int, seed: int) -> list[list[Task]]:
    """Return the tasks in `folds` parts; all tasks of a prompt group are in one part."""
    groups = sorted({task.group for task in tasks})
    order = np.random.default_rng([seed, 5]).permutation(len(groups))
    part = {groups[index]: place % folds for place, index in enumerate(order)}
    return [[task for task in tasks if part[task.group] == fold] for fold in range(folds)]
