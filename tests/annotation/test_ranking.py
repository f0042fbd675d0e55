"""The rules of a ranking: every completion exactly once, ties without order, nothing by default."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.ranking import InvalidRanking, Ranking, answer_hash, from_ranks, parse, shuffled


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


@given(rankings())
def test_every_whole_ranking_is_accepted_and_read_back(case: tuple[int, list[list[int]], list[int]]) -> None:
    k, groups, unacceptable = case
    ranking = parse(groups=groups, unacceptable=unacceptable, k=k)
    assert [set(group) for group in ranking.groups] == [set(group) for group in groups]
    assert set(ranking.unacceptable) == set(unacceptable)
    assert parse(groups=ranking.as_lists()[0], unacceptable=ranking.as_lists()[1], k=k) == ranking


@given(rankings(), st.data())
def test_a_ranking_without_one_completion_is_refused(
    case: tuple[int, list[list[int]], list[int]], data: st.DataObject
) -> None:
    k, groups, unacceptable = case
    gone = data.draw(st.integers(0, k - 1))
    left = [[i for i in group if i != gone] for group in groups]
    with pytest.raises(InvalidRanking) as refused:
        parse(
            groups=[group for group in left if group],
            unacceptable=[i for i in unacceptable if i != gone],
            k=k,
        )
    assert refused.value.problems == [f"completion {gone + 1} is not placed"]


@given(rankings(), st.data())
def test_a_ranking_that_names_a_completion_twice_is_refused(
    case: tuple[int, list[list[int]], list[int]], data: st.DataObject
) -> None:
    k, groups, unacceptable = case
    twice = data.draw(st.integers(0, k - 1))
    with pytest.raises(InvalidRanking) as refused:
        parse(groups=[*groups, [twice]], unacceptable=unacceptable, k=k)
    assert f"completion {twice + 1} is placed 2 times" in refused.value.problems


@given(rankings())
def test_the_form_of_numbers_gives_the_same_ranking(case: tuple[int, list[list[int]], list[int]]) -> None:
    k, groups, unacceptable = case
    ranks: dict[int, int | None] = dict.fromkeys(range(k))
    ranks |= {index: at * 2 + 1 for at, group in enumerate(groups) for index in group}
    assert from_ranks(ranks=ranks, unacceptable=unacceptable, k=k) == parse(
        groups=groups, unacceptable=unacceptable, k=k
    )


@given(rankings(), rankings())
def test_two_answers_have_the_same_hash_only_if_they_are_equal(one: Any, other: Any) -> None:
    first = parse(groups=one[1], unacceptable=one[2], k=one[0])
    second = parse(groups=other[1], unacceptable=other[2], k=other[0])
    assert (answer_hash(first) == answer_hash(second)) == (first == second)


def test_the_order_inside_a_tie_means_nothing() -> None:
    assert parse(groups=[[1, 0], [2]], unacceptable=[], k=3) == Ranking(((0, 1), (2,)), ())


def test_all_may_be_unacceptable() -> None:
    assert parse(groups=[], unacceptable=[1, 0], k=2) == Ranking((), (0, 1))


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
        parse(groups=groups, unacceptable=unacceptable, k=2)
    assert problem in refused.value.problems


def test_a_rank_and_the_mark_unacceptable_together_are_refused() -> None:
    with pytest.raises(InvalidRanking) as refused:
        from_ranks(ranks={0: 1, 1: 2}, unacceptable=[1], k=2)
    assert refused.value.problems == ["completion 2 has both a rank and the mark unacceptable"]


def test_an_empty_form_places_nothing_by_default() -> None:
    with pytest.raises(InvalidRanking) as refused:
        from_ranks(ranks={0: None, 1: None, 2: None}, unacceptable=[], k=3)
    assert refused.value.problems == [f"completion {n} is not placed" for n in (1, 2, 3)]


def test_the_shown_order_has_each_completion_once_and_differs_between_draws() -> None:
    orders = [shuffled(9) for _ in range(20)]
    assert all(sorted(order) == list(range(9)) for order in orders)
    assert len({tuple(order) for order in orders}) > 1
