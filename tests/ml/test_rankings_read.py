"""How the reward model reads a frozen dataset: partial orders, rows of older datasets, and any text on one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rewardmodel.ml.errors import StageError
from rewardmodel.ml.plackett_luce import ABSENT, UNRANKED
from rewardmodel.ml.rankings import Rankings, read_rankings
from rewardmodel.ml.reward_metrics import Scored, ranking_report


class Letters:
    """A tokenizer of characters: all that reading asks of one."""

    eos_token_id = 0

    def __call__(self, text: str, add_special_tokens: bool) -> dict[str, list[int]]:
        return {"input_ids": [ord(character) for character in text]}


ROW: dict[str, Any] = {
    "prompt_id": "1", "prompt_group": "g", "prompt": "p", "completions": ["a", "bb", "ccc", "dddd"],
    "groups": [[2]], "unranked": [0, 3], "unacceptable": [1], "strengths": [], "annotator": "x",
}  # fmt: skip


def read(folder: Path, rows: list[dict[str, Any]], max_length: int = 100) -> Rankings:
    for split in ("train", "validation", "test"):
        found = rows if split == "train" else []
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found)
        (folder / f"{split}.jsonl").write_bytes(text.encode())
    return read_rankings(folder, Letters(), max_length)


def test_what_was_left_unranked_lies_between_the_groups_and_the_unacceptable(tmp_path: Path) -> None:
    (task,) = read(tmp_path, [ROW]).tasks
    assert task.levels == [[UNRANKED, UNRANKED + 1, 0, UNRANKED]]


def test_a_row_of_an_older_dataset_reads_as_it_did(tmp_path: Path) -> None:
    old = {key: value for key, value in ROW.items() if key not in {"unranked", "strengths"}}
    (task,) = read(tmp_path, [old | {"groups": [[2], [0, 3]]}]).tasks
    assert task.levels == [[1, 2, 0, 1]]


def test_only_a_line_feed_ends_a_row(tmp_path: Path) -> None:
    rankings = read(tmp_path, [ROW | {"prompt": "one\u2028two\x85three"}, ROW | {"prompt_id": "2"}])
    assert rankings.ballots == 2
    assert len(rankings.tasks) == 2


def test_too_long_an_unranked_completion_is_absent_and_the_rest_is_learned(tmp_path: Path) -> None:
    rankings = read(tmp_path, [ROW], max_length=6)  # prompt, separator and eos are three
    (task,) = rankings.tasks
    assert task.levels == [[UNRANKED, UNRANKED + 1, 0, ABSENT]]
    assert rankings.over_long.ballots_shortened == 1


def test_a_completion_both_ranked_and_unranked_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(StageError, match=r"train.jsonl line 2: ValueError completion 2 of 4"):
        read(tmp_path, [ROW, ROW | {"unranked": [0, 2, 3]}])


def test_the_unranked_are_no_pair_in_the_figures() -> None:
    levels = [UNRANKED, UNRANKED + 1, 0, UNRANKED]
    report = ranking_report([Scored("g", "x", levels, [0.5, -1.0, 2.0, 0.0], [1, 2, 3, 4])])
    assert report["by_annotator"] == {"x": {"pair_accuracy": 1.0, "pairs": 5, "ballots": 1}}
    assert (report["top1"], report["top1_chance"]) == (1.0, 0.25)
