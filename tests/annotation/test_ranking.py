"""The rules of an answer: every completion exactly once, ties without order, nothing by default."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.answer_parts import DIMENSIONS, FLAG_KINDS, STRENGTHS
from annotation.ranking import (
    Answer,
    Asked,
    Flag,
    InvalidRanking,
    answer_hash,
    pairs,
    parse_answer,
    shuffled,
)


@st.composite
def rankings(draw: st.DrawFn) -> tuple[int, list[list[int]], list[int]]:
    k = draw(st.integers(2, 9))
    order = draw(st.permutations(range(k)))
    cut = draw(st.integers(0, k))
    groups: list[list[int]] = []
    for index in order[:cut]:
        tied: bool = draw(st.booleans())
        if groups and tied:
            groups[-1].append(index)
        else:
            groups.append([index])
    return k, groups, list(order[cut:])


@st.composite
def answers(draw: st.DrawFn) -> tuple[dict[str, Any], Asked]:
    """Return a whole body, with every part that a project may ask for, and what was asked."""
    k, groups, rest = draw(rankings())
    ordered = sum(map(len, groups))
    cut = draw(st.integers(0, len(rest))) if ordered else 0
    top_m = draw(st.integers(1, min(ordered, k - 1))) if ordered else None
    body = {
        "groups": groups,
        "unranked": rest[:cut],
        "unacceptable": rest[cut:],
        "strengths": [draw(st.sampled_from([None, *STRENGTHS])) for _ in groups[1:]],
        "ratings": {
            name: draw(st.lists(st.none() | st.integers(1, 5), min_size=k, max_size=k))
            for name in draw(st.lists(st.sampled_from(DIMENSIONS), unique=True))
        },
        "flags": [
            {"kind": kind, "completion": draw(st.none() | st.integers(0, k - 1))}
            for kind in draw(st.lists(st.sampled_from(FLAG_KINDS), max_size=4))
        ],
    }
    return body, Asked(k, top_m, strength=True, dimensions=DIMENSIONS)


def parse(groups: object, unacceptable: object, k: int) -> Answer:
    return parse_answer({"groups": groups, "unacceptable": unacceptable}, Asked(k))


@given(answers())
def test_every_whole_answer_is_accepted_and_read_back(case: tuple[dict[str, Any], Asked]) -> None:
    body, asked = case
    answer = parse_answer(body, asked)
    assert [set(group) for group in answer.groups] == [set(group) for group in body["groups"]]
    assert set(answer.unranked) == set(body["unranked"])
    assert set(answer.unacceptable) == set(body["unacceptable"])
    assert list(answer.strengths) == (body["strengths"] if any(body["strengths"]) else [])
    for name, row in body["ratings"].items():
        assert list(answer.ratings.get(name, ())) == (row if any(row) else [])
    assert set(answer.flags) == {Flag(flag["kind"], flag["completion"]) for flag in body["flags"]}
    assert parse_answer(answer.as_json(), asked) == answer


@given(answers())
def test_pairs_are_every_two_completions_of_different_levels(case: tuple[dict[str, Any], Asked]) -> None:
    body, asked = case
    answer = parse_answer(body, asked)
    level = {index: at for at, tier in enumerate(answer.levels()) for index in tier}
    expected = {
        (i, j) if level[i] < level[j] else (j, i)
        for i, j in combinations(range(asked.k), 2)
        if level[i] != level[j]
    }
    stated = list(pairs(answer))
    assert set(stated) == expected
    assert len(stated) == len(expected)


@given(rankings(), st.data())
def test_a_ranking_without_one_completion_is_refused(
    case: tuple[int, list[list[int]], list[int]], data: st.DataObject
) -> None:
    k, groups, unacceptable = case
    gone = data.draw(st.integers(0, k - 1))
    left = [[i for i in group if i != gone] for group in groups]
    with pytest.raises(InvalidRanking) as refused:
        parse([group for group in left if group], [i for i in unacceptable if i != gone], k)
    assert refused.value.problems == [f"completion {gone + 1} is not placed"]


@given(rankings(), st.data())
def test_a_ranking_that_names_a_completion_twice_is_refused(
    case: tuple[int, list[list[int]], list[int]], data: st.DataObject
) -> None:
    k, groups, unacceptable = case
    twice = data.draw(st.integers(0, k - 1))
    with pytest.raises(InvalidRanking) as refused:
        parse([*groups, [twice]], unacceptable, k)
    assert f"completion {twice + 1} is placed 2 times" in refused.value.problems


@given(answers(), answers())
def test_two_answers_have_the_same_hash_only_if_they_are_equal(one: Any, other: Any) -> None:
    first, second = parse_answer(*one), parse_answer(*other)
    assert (answer_hash(first) == answer_hash(second)) == (first == second)


def test_an_answer_without_new_parts_keeps_the_hash_it_always_had() -> None:
    assert answer_hash(parse([[1], [0]], [], 2)) == (
        "995de895819ed1d0bab601125f84c166482abf0da8b066a89edffedbe4c631ae"
    )


def test_the_order_inside_a_tie_means_nothing() -> None:
    assert parse([[1, 0], [2]], [], 3) == Answer(((0, 1), (2,)))


def test_all_may_be_unacceptable() -> None:
    assert parse([], [1, 0], 2) == Answer((), (0, 1))


@pytest.mark.parametrize(
    ("groups", "unacceptable", "problem"),
    [
        ([[0], []], [1], "groups[1] is empty"),
        ([[0], [2]], [1], "groups[1] has 2, which is no completion of this item"),
        ([[0], [True]], [1], "groups[1] has True, which is no completion of this item"),
        ([[0], ["1"]], [], "groups[1] has '1', which is no completion of this item"),
        ([0, 1], [], "groups[0] is not a list"),
        ("01", [], "groups is not a list"),
        ([[0]], None, "unacceptable is not a list"),
        ([[-1], [0]], [1], "groups[0] has -1, which is no completion of this item"),
    ],
)
def test_what_is_no_ranking_is_named(groups: object, unacceptable: object, problem: str) -> None:
    with pytest.raises(InvalidRanking) as refused:
        parse(groups, unacceptable, 2)
    assert problem in refused.value.problems


ORDER = {"groups": [[0], [1], [2]], "unacceptable": []}
PLAIN = Asked(3)
STRENGTH = Asked(3, strength=True)
SAFETY = Asked(3, dimensions=("safety",))
NOT_RATINGS = "ratings.safety: 3 numbers from 1 to 5, or null"
NO_FLAG_KIND = f"flags[0].kind: one of {', '.join(FLAG_KINDS)}"
NO_COMPLETION = "flags[0].completion: null or a completion of this item"


@pytest.mark.parametrize(
    ("parts", "asked", "problem"),
    [
        ({"groups": [[0], [1]], "unranked": [2]}, PLAIN, "unranked: this project asks for a full order"),
        ({"groups": [[0]], "unranked": [1, 2]}, Asked(3, 2), "groups: order the best 2; 1 so far"),
        ({"strengths": ["clear", None]}, PLAIN, "strengths: this project does not ask for them"),
        ({"strengths": ["clear"]}, STRENGTH, "strengths: 2 boundaries between groups, 1 strengths"),
        ({"strengths": ["huge", None]}, STRENGTH, "strengths: a list of slight, clear, strong or null"),
        ({"ratings": {"humour": [1, 2, 3]}}, PLAIN, "ratings: 'humour' is not asked for"),
        ({"ratings": {"safety": [1, 2, 6]}}, SAFETY, NOT_RATINGS),
        ({"ratings": {"safety": [1, 2]}}, SAFETY, NOT_RATINGS),
        ({"ratings": {"safety": [1, True, 2]}}, SAFETY, NOT_RATINGS),
        ({"ratings": [1]}, PLAIN, "ratings: an object of lists, by dimension"),
        ({"flags": [{"kind": "odd"}]}, PLAIN, NO_FLAG_KIND),
        ({"flags": [None]}, PLAIN, NO_FLAG_KIND),
        ({"flags": [{"kind": "harmful", "completion": 3}]}, PLAIN, NO_COMPLETION),
        ({"flags": "harmful"}, PLAIN, "flags: a list"),
    ],
)
def test_what_was_not_asked_or_does_not_fit_is_named(
    parts: dict[str, Any], asked: Asked, problem: str
) -> None:
    with pytest.raises(InvalidRanking) as refused:
        parse_answer(ORDER | parts, asked)
    assert problem in refused.value.problems


def test_the_shown_order_has_each_completion_once_and_differs_between_draws() -> None:
    orders = [shuffled(9) for _ in range(20)]
    assert all(sorted(order) == list(range(9)) for order in orders)
    assert len({tuple(order) for order in orders}) > 1
