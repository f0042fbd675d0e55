"""Label Studio, Open-Assistant, Argilla and our own ballots: every shape they come in, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from annotation.formats.rows import LabelledRow, OutsideAnswer, PromptRow
from tests.annotation.formats.reading_world import lines, looks, packed, problems, rows


def task(*annotations: dict[str, Any], **data: Any) -> dict[str, Any]:
    return {"id": 1, "data": {"prompt": "Why?", **data}, "annotations": list(annotations), "predictions": []}


def pairwise(selected: Any, **more: Any) -> dict[str, Any]:
    result = {"type": "pairwise", "from_name": "c", "to_name": "c", "value": {"selected": selected}}
    return {"completed_by": 4, "was_cancelled": False, "result": [result], **more}


def ranker(value: Any) -> dict[str, Any]:
    result = {"type": "ranker", "from_name": "order", "to_name": "answers", "value": {"ranker": value}}
    return {"completed_by": {"id": 5, "email": "x@example.org"}, "was_cancelled": False, "result": [result]}


ITEMS = [
    {"id": "x", "title": "X", "body": "first"},
    {"id": "y", "body": "second"},
    {"id": "z", "body": "third"},
]


def read_tasks(*tasks: dict[str, Any]) -> list[Any]:
    return rows(json.dumps(list(tasks), indent=1).encode(), "export.json")


def test_pairs_of_label_studio_are_read_left_and_right() -> None:
    content = json.dumps([task(pairwise("left"), pairwise("right"), answer1="a", answer2="b")]).encode()
    assert str(looks(content, "x.json")) == "This looks like Label Studio tasks in a JSON list."
    (row,) = rows(content, "x.json")
    assert row.completions == ("a", "b")
    assert [(answer.annotator, answer.groups) for answer in row.answers] == [
        ("4", ((0,), (1,))),
        ("4", ((1,), (0,))),
    ]


@pytest.mark.parametrize(
    "annotation",
    [
        pairwise("left", was_cancelled=True),
        {"completed_by": 4, "result": []},
        {"was_cancelled": True, "result": []},
    ],
)
def test_what_was_cancelled_or_left_empty_is_not_right(annotation: dict[str, Any]) -> None:
    (row,) = read_tasks(task(annotation, answer1="a", answer2="b"))
    assert row.answers == ()


@pytest.mark.parametrize("selected", [None, "neither", 3])
def test_a_choice_that_is_neither_left_nor_right_is_a_problem(selected: Any) -> None:
    content = json.dumps([task(pairwise(selected), answer1="a", answer2="b")]).encode()
    (problem,) = problems(content, "x.json")
    assert problem.startswith("line 1: “selected” must be left or right of two texts")


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        (["z", "x", "y"], OutsideAnswer("5", groups=((2,), (0,), (1,)))),
        ({"order": ["y", "x"]}, OutsideAnswer("5", groups=((1,), (0,)), unranked=(2,))),
        (
            {"rank": ["y"], "reject": ["z"], "_": ["x"]},
            OutsideAnswer("5", groups=((1,),), unranked=(0,), unacceptable=(2,)),
        ),
        ({"rank_2": ["x"], "rank_1": ["z", "y"]}, OutsideAnswer("5", groups=((1, 2), (0,)))),
    ],
)
def test_all_shapes_of_a_ranker_are_read(value: Any, answer: OutsideAnswer) -> None:
    (row,) = read_tasks(task(ranker(value), items=ITEMS))
    assert row.completions == ("first", "second", "third")
    assert row.answers == (answer,)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (["x", "x"], "“ranker” names a text twice"),
        (["q"], "“ranker” names 'q', which is no text of the task"),
        (
            {"good": ["x"], "funny": ["y"]},
            "the buckets “funny” and “good” don't say which stands above the other",
        ),
        (7, "“ranker” must be a list of ids, or lists of ids by name"),
    ],
)
def test_a_wrong_ranker_is_a_problem(value: Any, reason: str) -> None:
    assert problems(json.dumps([task(ranker(value), items=ITEMS)]).encode(), "x.json") == [
        f"line 1: {reason}"
    ]


def node(name: str, role: str, text: str, replies: list[Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"message_id": name, "role": role, "text": text, "lang": "en", "replies": replies or [], **more}


def tree() -> dict[str, Any]:
    follow_up = node("p2", "prompter", "And why?", [node("r3", "assistant", "So.")])
    replies = [
        node("r1", "assistant", "Blue.", [follow_up], rank=1),
        node("r2", "assistant", "Red.", rank=0),
        node("gone", "assistant", "x", deleted=True),
        node("r4", "assistant", "Green.", rank=None),
    ]
    rankings = [
        {
            "type": "ranking",
            "user_id": "u1",
            "ranking": [1, 0, 2],
            "ranked_message_ids": ["r2", "r1", "gone", "r4"],
        },
        {"type": "ranking", "user_id": "u2", "ranking": [], "ranked_message_ids": [], "not_rankable": True},
        {
            "type": "ranking",
            "user_id": "u3",
            "ranking": [0],
            "ranked_message_ids": ["r4"],
            "not_rankable": False,
        },
    ]
    root = node("p1", "prompter", "What colour?", replies, events={"ranking": rankings, "emoji": []})
    return {"message_tree_id": "t1", "tree_state": "ready_for_export", "prompt": root}


def test_a_tree_gives_each_prompt_with_its_replies_and_every_persons_ranking() -> None:
    content = packed(lines(tree()))
    assert (
        str(looks(content, "trees.jsonl.gz")) == "This looks like Open-Assistant message trees in JSON lines."
    )
    first, second = rows(content, "trees.jsonl.gz")
    assert isinstance(first, LabelledRow)
    assert (first.prompt, first.group, first.language) == ("What colour?", "t1", "en")
    assert first.completions == ("Blue.", "Red.", "Green.")
    assert first.answers == (
        OutsideAnswer("", groups=((1,), (0,)), unranked=(2,)),
        OutsideAnswer("u1", groups=((1,), (0,), (2,))),
        OutsideAnswer("u2", unranked=(0, 1, 2), note="not_rankable"),
        OutsideAnswer("u3", groups=((2,),), unranked=(0, 1)),
    )
    assert second.prompt == "Human: What colour?\n\nAssistant: Blue.\n\nHuman: And why?"
    assert (second.completions, second.answers, second.group) == (("So.",), (), "t1")


def test_a_prompt_without_replies_waits_for_completions() -> None:
    (row,) = rows(lines({"message_tree_id": "t", "prompt": node("p", "prompter", "Why?")}))
    assert type(row) is PromptRow


def test_threads_are_refused_with_what_to_export() -> None:
    from annotation.formats.readers.records import Unreadable

    with pytest.raises(Unreadable, match="export the message trees"):
        looks(lines({"thread_id": "t", "thread": []}))


def test_argilla_rankings_may_tie_and_leave_out() -> None:
    value = [
        {"value": "a", "rank": 2},
        {"value": "b", "rank": 1},
        {"value": "c", "rank": 1},
        {"value": "d", "rank": None},
    ]
    record = {
        "id": "1", "fields": {"prompt": "Why?", "a": "A", "b": "B", "c": "C", "d": "D"}, "metadata": {},
        "responses": {"order": [{"value": value, "user_id": "u"}], "text": [{"value": "fine", "user_id": "u"}]},
    }  # fmt: skip
    (row,) = rows(lines(record))
    assert row.completions == ("A", "B", "C", "D")
    assert row.answers == (OutsideAnswer("u", groups=((1, 2), (0,)), unranked=(3,)),)


def ballot(**answer: Any) -> dict[str, Any]:
    whole = {"groups": [[0], [1]], "unranked": [], "unacceptable": [2], **answer}
    return {
        "format": "byhand.ballot/1", "prompt": "Why?", "completions": ["a", "b", "c"], "annotator": "p7",
        "answer": whole,
    }  # fmt: skip


def test_our_own_ballots_keep_everything() -> None:
    answer = {
        "strengths": ["clear"], "ratings": {"accuracy": [5, None, 1]}, "note": "so",
        "flags": [{"kind": "harmful", "completion": 2}],
    }  # fmt: skip
    (row,) = rows(lines(ballot(**answer)))
    assert row.answers == (
        OutsideAnswer(
            "p7", ((0,), (1,)), (), (2,), ("clear",), {"accuracy": (5, None, 1)},
            ({"kind": "harmful", "completion": 2},), "so",
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [
        {"groups": [[0], [0, 1]]}, {"groups": [[0]]}, {"groups": "x"}, {"groups": [[0], [True]]},
        {"unacceptable": [3]}, {"strengths": ["huge"]}, {"ratings": {"accuracy": [9, 1, 1]}},
        {"flags": [{"kind": "nice", "completion": None}]}, {"note": 3},
    ],
)  # fmt: skip
def test_a_ballot_that_is_no_judgement_is_a_problem(answer: dict[str, Any]) -> None:
    assert len(problems(lines(ballot(**answer)))) == 1
