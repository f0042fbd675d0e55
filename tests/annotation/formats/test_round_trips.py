"""Any answer survives every lossless export: what the writers write, the readers read back, whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from annotation.answer_parts import DIMENSIONS, FLAG_KINDS, STRENGTHS
from annotation.formats.conversations import NotAConversation, messages_of, text_of
from annotation.formats.rows import OutsideAnswer
from annotation.formats.writers import argilla, ballots, label_studio, open_assistant
from annotation.formats.writers.counting import Tally
from annotation.formats.writers.tasks import Ballot, Task
from tests.annotation.formats.reading_world import lines, rows

BROKEN = "".join(map(chr, [*range(9), 11, 12, *range(14, 32), *range(127, 160)]))
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=BROKEN), max_size=40)
PROMPT = TEXT.filter(lambda text: text.strip() and messages_of(text) == [("user", text)])


@st.composite
def answers(draw: Any, k: int) -> OutsideAnswer:
    order = draw(st.permutations(range(k)))
    placed = draw(st.integers(0, k))
    unranked = draw(st.integers(placed, k))
    groups: list[tuple[int, ...]] = []
    for index in order[:placed]:
        if groups and draw(st.booleans()):
            groups[-1] = tuple(sorted((*groups[-1], index)))
        else:
            groups.append((index,))
    boundaries = max(len(groups) - 1, 0)
    strengths = draw(
        st.just(()) | st.lists(st.sampled_from((*STRENGTHS, None)), min_size=boundaries, max_size=boundaries)
    )
    ratings = draw(
        st.dictionaries(
            st.sampled_from(DIMENSIONS),
            st.lists(st.none() | st.integers(1, 5), min_size=k, max_size=k).filter(any),
        )
    )
    flags = draw(
        st.lists(
            st.fixed_dictionaries(
                {"kind": st.sampled_from(FLAG_KINDS), "completion": st.none() | st.integers(0, k - 1)}
            ),
            max_size=3, unique_by=lambda flag: (flag["kind"], flag["completion"]),
        )
    )  # fmt: skip
    return OutsideAnswer(
        annotator=draw(st.text("abc123", max_size=6)),
        groups=tuple(groups),
        unranked=tuple(sorted(order[placed:unranked])),
        unacceptable=tuple(sorted(order[unranked:])),
        strengths=tuple(strengths) if any(strengths) else (),
        ratings={name: tuple(values) for name, values in ratings.items()},
        flags=tuple(
            sorted(
                flags,
                key=lambda flag: (flag["kind"], flag["completion"] is not None, flag["completion"] or 0),
            )
        ),
        note=draw(TEXT),
    )


@st.composite
def tasks(draw: Any) -> Task:
    k = draw(st.integers(2, 9))
    given_answers = draw(st.lists(answers(k), min_size=1, max_size=3))
    texts = tuple(draw(st.lists(TEXT, min_size=k, max_size=k)))
    shown = tuple(draw(st.permutations(range(k))))
    return Task(
        1, draw(PROMPT), texts, "train", True, "en", tuple(Ballot(one, shown) for one in given_answers)
    )


def said(answer: OutsideAnswer) -> tuple[Any, ...]:
    """Return everything but who said it: some formats replace the annotator by an id of their own."""
    flags = sorted(answer.flags, key=lambda flag: json.dumps(dict(flag), sort_keys=True))
    return (
        answer.groups, answer.unranked, answer.unacceptable, answer.strengths, dict(answer.ratings),
        [dict(flag) for flag in flags], answer.note,
    )  # fmt: skip


def same(task: Task, found: list[Any]) -> None:
    read_back = [answer for row in found for answer in row.answers]
    assert [said(answer) for answer in read_back] == [said(ballot.answer) for ballot in task.ballots]
    for row in found:
        assert (row.prompt, row.completions) == (task.prompt, task.completions)


def written(written_rows: Iterator[dict[str, Any]]) -> bytes:
    return lines(*written_rows)


@settings(max_examples=40)
@given(tasks())
def test_raw_ballots_come_back_whole_with_their_annotators(task: Task) -> None:
    found = rows(written(ballots.rows(task)))
    same(task, found)
    assert [row.answers[0].annotator for row in found] == [ballot.answer.annotator for ballot in task.ballots]


@settings(max_examples=40)
@given(tasks())
def test_label_studio_tasks_come_back_whole(task: Task) -> None:
    made = list(label_studio.LabelStudioTasks("ranker", Tally()).rows(task))
    same(task, rows(json.dumps(made).encode(), "tasks.json"))


@settings(max_examples=40)
@given(tasks())
def test_open_assistant_trees_come_back_whole(task: Task) -> None:
    same(task, rows(written(open_assistant.rows(task))))


@settings(max_examples=40)
@given(tasks())
def test_argilla_records_come_back_whole(task: Task) -> None:
    same(task, rows(written(argilla.rows(task))))


ROLES = st.sampled_from(("system", "user", "assistant"))


@given(
    st.lists(
        st.tuples(ROLES, st.text(max_size=30) | st.just("\n\nHuman: x") | st.just("")), min_size=1, max_size=5
    )
)
def test_a_conversation_is_read_back_or_refused(messages: list[tuple[str, str]]) -> None:
    try:
        text = text_of(messages)
    except NotAConversation:
        return
    assert messages_of(text) == messages
