"""Label Studio tasks with their annotations, and the labelling config that they fit.

A ranking becomes buckets of the Ranker tag: `rank_1`, `rank_2`, … (ties share one), `unranked`, `unacceptable`.
As pairs, each two completions become a task of the Pairwise tag; ties are skipped and counted. What Label Studio
has no place for (strengths, ratings, flags, notes, the order shown) stands in `byhand` beside each result, where
its importer leaves it out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from annotation.formats.pairs import pairs, tied
from annotation.formats.writers.counting import Tally
from annotation.formats.writers.tasks import OUTSIDE, OUTSIDE_MARK, Ballot, Task, answer_json, mark

RANKING, ANSWERS, COMPARISON = "ranking", "answers", "comparison"
SHAPES = {"ranker": "one task an item, buckets of a ranker", "pairwise": "one task a pair, left or right"}


def config(shape: str, k: int) -> str:
    """Return the labelling config (XML) that the tasks were made for."""
    if shape == "pairwise":
        return (
            '<View>\n  <Text name="prompt" value="$prompt"/>\n'
            f'  <Pairwise name="{COMPARISON}" toName="answer1,answer2"/>\n'
            '  <Text name="answer1" value="$answer1"/>\n  <Text name="answer2" value="$answer2"/>\n</View>\n'
        )
    buckets = [f"rank_{place}" for place in range(1, k + 1)] + ["unranked", "unacceptable"]
    inner = "\n".join(f'    <Bucket name="{name}" title="{name.replace("_", " ")}"/>' for name in buckets)
    return (
        '<View>\n  <Text name="prompt" value="$prompt"/>\n'
        f'  <List name="{ANSWERS}" value="$items" title="Answers"/>\n'
        f'  <Ranker name="{RANKING}" toName="{ANSWERS}">\n{inner}\n  </Ranker>\n</View>\n'
    )


@dataclass
class LabelStudioTasks:
    """`next_id` counts tasks and annotations: Label Studio wants numbers that are its own."""

    shape: str
    tally: Tally
    next_id: int = 0

    def rows(self, task: Task) -> Iterator[dict[str, Any]]:
        return self._ranker(task) if self.shape == "ranker" else self._pairwise(task)

    def _ranker(self, task: Task) -> Iterator[dict[str, Any]]:
        items = [
            {"id": str(index), "title": f"Answer {index + 1}", "body": text}
            for index, text in enumerate(task.completions)
        ]
        annotations = [
            self._annotation(task, ballot, RANKING, ANSWERS, "ranker", {"ranker": _buckets(ballot)})
            for ballot in task.ballots
        ]
        yield self._task(task, {"prompt": task.prompt, "items": items}, annotations)

    def _pairwise(self, task: Task) -> Iterator[dict[str, Any]]:
        self.tally.left_out["pairs_tied_or_not_compared"] += sum(tied(b.answer) for b in task.ballots)
        chosen = [{(pair.better, pair.worse) for pair in pairs(b.answer, "all")} for b in task.ballots]
        for left, right in combinations(range(len(task.completions)), 2):
            annotations = [
                self._annotation(
                    task, ballot, COMPARISON, COMPARISON, "pairwise",
                    {"selected": "left" if (left, right) in stated else "right"},
                )
                for ballot, stated in zip(task.ballots, chosen, strict=True)
                if (left, right) in stated or (right, left) in stated
            ]  # fmt: skip
            if annotations:
                data = {
                    "prompt": task.prompt,
                    "answer1": task.completions[left],
                    "answer2": task.completions[right],
                }
                yield self._task(task, data, annotations)

    def _task(self, task: Task, data: dict[str, Any], annotations: list[dict[str, Any]]) -> dict[str, Any]:
        meta = {"split": task.split, "item": task.number, **mark(task), "facts": dict(task.facts)}
        return {
            "id": self._number(),
            "data": data,
            "meta": meta,
            "annotations": annotations,
            "predictions": [],
        }

    def _annotation(
        self, task: Task, ballot: Ballot, source: str, target: str, kind: str, value: dict[str, Any]
    ) -> dict[str, Any]:
        number = self._number()
        result = {
            "id": f"r{number}", "from_name": source, "to_name": target, "type": kind, "origin": "manual",
            "value": value,
        }  # fmt: skip
        kept = {
            "answer": answer_json(ballot.answer), "annotator": ballot.answer.annotator, "origin": ballot.origin,
            "shown_order": list(ballot.shown_order), "facts": dict(ballot.facts),
        }  # fmt: skip
        if ballot.origin == OUTSIDE:
            kept["wages"] = OUTSIDE_MARK
        return {
            "id": number, "result": [result], "was_cancelled": False, "ground_truth": False, "byhand": kept
        }  # fmt: skip

    def _number(self) -> int:
        self.next_id += 1
        return self.next_id


def _buckets(ballot: Ballot) -> dict[str, list[str]]:
    answer = ballot.answer
    named = {f"rank_{place}": group for place, group in enumerate(answer.groups, start=1)}
    named |= {"unranked": answer.unranked, "unacceptable": answer.unacceptable}
    return {name: [str(index) for index in indexes] for name, indexes in named.items() if indexes}
