"""A dataset is a function of its ballots and seed: canonical rows, split by prompt group, nothing hidden."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from annotation.formats.pairs import comparisons
from rewardmodel.splits import SPLITS, Frozen, freeze, split_of


@dataclass(frozen=True)
class Row:
    ballot_id: str
    prompt_id: int
    prompt_group: str
    worker_id: int
    prompt: str = "Where is it?"
    completions: tuple[str, ...] = ("a", "b", "c", "d")
    groups: tuple[tuple[int, ...], ...] = ((2,), (3, 0))
    unranked: tuple[int, ...] = ()
    unacceptable: tuple[int, ...] = (1,)
    strengths: tuple[str | None, ...] = ()
    lease_id: str = "lease"
    surplus: bool = False
    repeat: bool = False
    role: str = "rank"


ROWS = [Row(f"b{i}", i // 2, f"g{i // 4}", i % 3) for i in range(200)]


def frozen(rows: list[Row], **more: Any) -> Frozen:
    options: dict[str, Any] = {
        "project": "p",
        "simulated": True,
        "seed": 1,
        "secret": b"s",
        "skipped": {},
        **more,
    }
    return freeze(rows, **options)


def rows_of(dataset: Frozen, split: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in dataset.files[f"{split}.jsonl"].splitlines()]


def test_it_works() -> None:
    dataset = frozen(ROWS[:1])
    split = split_of("g0", 1)
    (row,) = rows_of(dataset, split)
    annotator = row.pop("annotator")
    assert len(annotator) == 16
    assert row == {
        "prompt_id": "0", "prompt_group": "g0", "prompt": "Where is it?", "completions": ["a", "b", "c", "d"],
        "groups": [[2], [0, 3]], "unranked": [], "unacceptable": [1], "strengths": [],
    }  # fmt: skip
    assert dataset.placed == [("b0", "lease", split)]


def test_the_digest_is_the_sha256_of_the_manifest() -> None:
    dataset = frozen(ROWS)
    assert dataset.digest == hashlib.sha256(dataset.manifest_bytes).hexdigest()
    for name, data in dataset.files.items():
        assert dataset.manifest["files"][name]["sha256"] == hashlib.sha256(data).hexdigest()


def test_the_order_in_which_ballots_come_changes_nothing() -> None:
    shuffled = random.Random(7).sample(ROWS, len(ROWS))
    assert frozen(shuffled).digest == frozen(ROWS).digest


def test_another_seed_is_another_dataset() -> None:
    assert frozen(ROWS, seed=2).digest != frozen(ROWS).digest


def test_no_prompt_group_is_on_two_sides() -> None:
    dataset = frozen(ROWS)
    groups = [{row["prompt_group"] for row in rows_of(dataset, split)} for split in SPLITS]
    assert sum(map(len, groups)) == len(set().union(*groups)) == 50


@given(st.lists(st.text(min_size=1), min_size=1, unique=True), st.integers(0, 2**31 - 1))
def test_a_group_has_one_split_whatever_else_is_there(groups: list[str], seed: int) -> None:
    assert [split_of(group, seed) for group in groups] == [
        split_of(group, seed) for group in reversed(groups)
    ][::-1]


def test_shares_are_near_eight_one_one() -> None:
    counts = {split: sum(split_of(f"group {i}", 1) == split for i in range(20_000)) for split in SPLITS}
    assert abs(counts["train"] - 16_000) < 300
    assert abs(counts["validation"] - 2_000) < 250
    assert abs(counts["test"] - 2_000) < 250


def test_annotator_ids_can_t_be_joined_over_releases() -> None:
    first, second = frozen(ROWS), frozen(ROWS[:-1])
    ids = [{row["annotator"] for split in SPLITS for row in rows_of(d, split)} for d in (first, second)]
    assert len(ids[0]) == len(ids[1]) == 3
    assert ids[0].isdisjoint(ids[1])


def test_work_that_is_left_out_is_counted_by_reason() -> None:
    tie = replace(ROWS[0], ballot_id="tie", groups=((0, 1, 2, 3),), unacceptable=())
    bad = replace(ROWS[0], ballot_id="bad", groups=(), unacceptable=(0, 1, 2, 3))
    surplus = replace(ROWS[1], ballot_id="late", surplus=True)
    dataset = frozen([*ROWS, tie, bad, surplus], skipped={"unclear": 3})
    assert dataset.manifest["excluded"] == {"no_preference": 2, "skipped:unclear": 3, "surplus": 1}
    assert dataset.manifest["counts"]["rankings"] == 200
    assert {"tie", "bad", "late"}.isdisjoint(ballot for ballot, _, _ in dataset.placed)


def test_counts_are_exact() -> None:
    counts = frozen(ROWS).manifest["counts"]
    assert counts["prompts"] == 100
    assert counts["prompts_labelled_twice"] == 100
    assert counts["annotators"] == 3
    assert counts["comparisons"] == 200 * 5
    assert sum(split["rankings"] for split in counts["splits"].values()) == 200


def test_the_same_worker_twice_is_not_two_labels() -> None:
    twice = [replace(ROWS[0], ballot_id="x"), replace(ROWS[0], ballot_id="y")]
    assert frozen(twice).manifest["counts"]["prompts_labelled_twice"] == 0


def test_comparisons_of_a_full_order_of_four_are_six() -> None:
    assert comparisons([[0], [1], [2], [3]]) == 6
    assert comparisons([[0, 1], [2], [3]]) == 5
    assert comparisons([[0, 1, 2, 3]]) == 0


def test_a_partial_order_keeps_what_was_left_unranked_and_how_strong_it_was() -> None:
    partial = replace(ROWS[0], groups=((2,), (3,)), unranked=(1, 0), unacceptable=(), strengths=("strong",))
    dataset = frozen([partial])
    (row,) = rows_of(dataset, split_of("g0", 1))
    assert row["groups"] == [[2], [3]]
    assert row["unranked"] == [0, 1]
    assert row["strengths"] == ["strong"]
    assert dataset.manifest["format"] == 2
    assert dataset.manifest["counts"]["comparisons"] == 5  # 2 over three, 3 over two, the unranked not at all


def test_an_order_of_one_group_above_the_unranked_states_a_preference() -> None:
    only_best = replace(ROWS[0], groups=((2,),), unranked=(0, 1, 3), unacceptable=())
    assert frozen([only_best]).manifest["counts"]["comparisons"] == 3


def test_repeats_gold_and_qualification_are_left_out_and_counted_by_reason() -> None:
    rows = [
        replace(ROWS[0], ballot_id="again", repeat=True),
        replace(ROWS[0], ballot_id="gold", role="gold"),
        replace(ROWS[0], ballot_id="first", role="qualification"),
        replace(ROWS[0], ballot_id="gold again", role="gold", repeat=True),
    ]
    dataset = frozen([*ROWS, *rows])
    assert dataset.manifest["excluded"] == {"gold": 2, "qualification": 1, "repeat": 1}
    assert dataset.manifest["counts"]["rankings"] == 200
