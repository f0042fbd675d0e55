"""Open-Assistant message trees: the prompt, its completions as replies, and every ballot as a ranking event.

Every key of a node is written, nulls included: their models refuse a node without them. `rank` (0 is best) is the
consensus: completions by pairs won less pairs lost over all ballots. Equal ones are a tie, and their reader would
break it by the order of the file; so the first of a tie stands for all and the others have no rank. The events
hold each ballot whole, in `answer`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from annotation.formats.conversations import messages_of
from annotation.formats.pairs import pairs, tiers
from annotation.formats.writers.tasks import OUTSIDE, OUTSIDE_MARK, Ballot, Task, answer_json, mark


def rows(task: Task) -> Iterator[dict[str, Any]]:
    """Yield one tree. A prompt of several turns is a chain of messages, of which the last one is answered."""
    tree = f"item-{task.number}"
    turns = _turns(task.prompt)
    last = tree if len(turns) == 1 else f"{tree}-turn-{len(turns)}"
    ranks = _ranks(consensus(task))
    replies = [
        _node(
            task, f"{tree}-{index}", text, "assistant", parent=last, rank=ranks.get(index), synthetic=True,
            model_name=task.facts.get("policy"), replies=[],
        )
        for index, text in enumerate(task.completions)
    ]  # fmt: skip
    events = [_event(task, ballot, tree, last) for ballot in task.ballots]
    yield {
        "message_tree_id": tree,
        "tree_state": "ready_for_export",
        "prompt": _chain(task, tree, turns, replies, {"ranking": events} if events else None),
        "origin": "byhand",
        "split": task.split,
        "facts": dict(task.facts),
        **mark(task),
    }


def _turns(prompt: str) -> list[tuple[str, str]]:
    """Return (role, text); a conversation that such a tree can't hold is one message as it stands."""
    turns = messages_of(prompt)
    roles = [role for role, _ in turns]
    as_tree = all(role == ("user", "assistant")[at % 2] for at, role in enumerate(roles)) and len(turns) % 2
    return turns if as_tree else [("user", prompt)]


def _chain(
    task: Task, tree: str, turns: list[tuple[str, str]], replies: list[Any], events: dict[str, Any] | None
) -> dict[str, Any]:
    node: dict[str, Any] = {}
    for number in range(len(turns), 0, -1):
        role, text = turns[number - 1]
        above = None if number == 1 else tree if number == 2 else f"{tree}-turn-{number - 1}"
        node = _node(
            task, tree if number == 1 else f"{tree}-turn-{number}", text,
            "prompter" if role == "user" else "assistant", parent=above, review_count=0, review_result=True,
            synthetic=False, replies=[node] if node else replies, events=None if node else events,
        )  # fmt: skip
    return node


def consensus(task: Task) -> list[list[int]]:
    """Return the completions best first, ties together: by pairs won less pairs lost, over all ballots."""
    won = [0] * len(task.completions)
    for ballot in task.ballots:
        for pair in pairs(ballot.answer, "all"):
            won[pair.better] += 1
            won[pair.worse] -= 1
    return [[index for index, n in enumerate(won) if n == score] for score in sorted(set(won), reverse=True)]


def _ranks(order: Sequence[Sequence[int]]) -> dict[int, int]:
    if len(order) < 2:
        return {}
    return {min(tier): rank for rank, tier in enumerate(order)}


def _event(task: Task, ballot: Ballot, tree: str, parent: str) -> dict[str, Any]:
    first_of_each = [min(tier) for tier in tiers(ballot.answer)]
    outside = {"wages": OUTSIDE_MARK} if ballot.origin == OUTSIDE else {}
    return {
        "type": "ranking",
        "user_id": ballot.answer.annotator or None,
        "ranking": first_of_each,
        "ranked_message_ids": [f"{tree}-{index}" for index in first_of_each],
        "ranking_parent_id": parent,
        "message_tree_id": tree,
        "not_rankable": None,
        "answer": answer_json(ballot.answer),
        "shown_order": list(ballot.shown_order),
        "origin": ballot.origin,
        "facts": dict(ballot.facts),
        **outside,
    }


def _node(task: Task, name: str, text: str, role: str, **known: Any) -> dict[str, Any]:
    node: dict[str, Any] = dict.fromkeys((
        "parent_id", "user_id", "created_date", "lang", "review_count", "review_result", "deleted", "rank",
        "synthetic", "model_name", "emojis", "replies", "labels", "events", "detoxify", "message_tree_id",
        "tree_state",
    ))  # fmt: skip
    node |= {"message_id": name, "text": text, "role": role, "lang": task.language or None}
    node |= {"parent_id": known.pop("parent", None), "deleted": False, "emojis": {}, "labels": {}}
    return {**node, **known}
