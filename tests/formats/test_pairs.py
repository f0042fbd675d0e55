"""Which pairs a ranking states: by policy, never inside a tier, with a margin only where every boundary was said."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.formats.pairs import Pair, comparisons, pairs, tied, tiers
from annotation.formats.rows import OutsideAnswer
from tests.formats.random_tasks import answers

# A ranking of six: 2 above the tied 0 and 4, then 5 and 1 unranked, then 3 unacceptable.
ANSWER = OutsideAnswer(groups=((2,), (0, 4)), unranked=(1, 5), unacceptable=(3,), strengths=("strong",))


def stated(answer: OutsideAnswer, policy: str) -> list[tuple[int, int]]:
    return [(pair.better, pair.worse) for pair in pairs(answer, policy)]


def test_all_pairs_cross_a_tier() -> None:
    assert stated(ANSWER, "all") == [
        (2, 0), (2, 4), (2, 1), (2, 5), (2, 3), (0, 1), (0, 5), (4, 1), (4, 5), (0, 3), (4, 3), (1, 3), (5, 3),
    ]  # fmt: skip


def test_adjacent_pairs_cross_one_boundary() -> None:
    assert stated(ANSWER, "adjacent") == [(2, 0), (2, 4), (0, 1), (0, 5), (4, 1), (4, 5), (1, 3), (5, 3)]


def test_best_and_worst_are_the_first_and_the_last_tier() -> None:
    assert stated(ANSWER, "best_worst") == [(2, 3)]


@pytest.mark.parametrize("policy", ["all", "adjacent", "best_worst"])
def test_one_tier_states_nothing(policy: str) -> None:
    assert stated(OutsideAnswer(groups=((0, 1, 2),)), policy) == []
    assert stated(OutsideAnswer(unacceptable=(0, 1, 2)), policy) == []


def test_margins_add_up_over_boundaries() -> None:
    answer = OutsideAnswer(groups=((0,), (1,), (2,), (3,)), strengths=("slight", "clear", "strong"))
    margins = {(pair.better, pair.worse): pair.margin for pair in pairs(answer, "all")}
    assert margins == {(0, 1): 0.5, (1, 2): 1.0, (2, 3): 2.0, (0, 2): 1.5, (1, 3): 3.0, (0, 3): 3.5}


def test_a_boundary_that_was_not_said_leaves_its_pairs_without_a_margin() -> None:
    answer = OutsideAnswer(groups=((0,), (1,), (2,)), strengths=("slight", None))
    assert list(pairs(answer, "all")) == [Pair(0, 1, 0.5), Pair(0, 2, None), Pair(1, 2, None)]


def test_below_the_last_group_no_strength_was_asked() -> None:
    assert [pair for pair in pairs(ANSWER, "all") if pair.margin is not None] == [
        Pair(2, 0, 2.0),
        Pair(2, 4, 2.0),
    ]


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="no pair policy"):
        list(pairs(ANSWER, "every"))


@given(st.integers(2, 9).flatmap(lambda k: st.tuples(st.just(k), answers(k, ""))))
def test_every_pair_is_stated_once_or_left_open(drawn: tuple[int, OutsideAnswer]) -> None:
    k, answer = drawn
    found = stated(answer, "all")
    assert len(found) == len({frozenset(pair) for pair in found}) == comparisons(tiers(answer))
    assert len(found) + tied(answer) == len(list(combinations(range(k), 2)))
    assert set(stated(answer, "adjacent")) <= set(found)
    assert set(stated(answer, "best_worst")) <= set(found)
