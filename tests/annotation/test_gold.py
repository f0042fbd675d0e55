"""Gold: known pairs and unacceptables, judged fact by fact; what can't be known is refused when it is written."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotation.gold import InvalidGold, checked_gold, judge
from annotation.ranking import Answer


def test_an_answer_that_meets_every_known_fact_passes() -> None:
    verdict = judge(Answer(((2,), (0, 3)), (1,)), [(2, 0), (2, 1)], [1])
    assert (verdict.right, verdict.wrong, verdict.passed) == (3, 0, True)


def test_ties_and_unranked_miss_a_known_order() -> None:
    assert judge(Answer(((0, 1), (2,))), [(0, 1)], []).missed_pairs == ((0, 1),)
    assert judge(Answer(((0,),), unranked=(1, 2)), [(1, 2)], []).missed_pairs == ((1, 2),)
    assert judge(Answer(((0,),), unranked=(1, 2)), [(0, 2)], []).passed


def test_an_unacceptable_completion_that_was_let_through_is_named() -> None:
    verdict = judge(Answer(((0,), (1,))), [(0, 1)], [1])
    assert (verdict.right, verdict.wrong, verdict.missed_unacceptable) == (1, 1, (1,))


@given(
    st.sets(
        st.tuples(st.integers(0, 4), st.integers(0, 4)).filter(lambda pair: pair[0] != pair[1]), min_size=1
    )
)
def test_pairs_are_kept_exactly_if_some_order_satisfies_them(known: set[tuple[int, int]]) -> None:
    possible = any(all(order.index(i) < order.index(j) for i, j in known) for order in permutations(range(5)))
    try:
        kept = checked_gold(better=[list(pair) for pair in known], unacceptable=[], k=5)
    except InvalidGold as error:
        assert not possible
        assert error.problems == ["better: the pairs go in a circle"]
    else:
        assert possible
        assert kept == (tuple(sorted(known)), ())


@pytest.mark.parametrize(
    ("better", "unacceptable", "problem"),
    [
        ([[0, 0]], [], "better[0]: two different completions of this item, the better one first"),
        ([[0, 4]], [], "better[0]: two different completions of this item, the better one first"),
        ([[0]], [], "better[0]: two different completions of this item, the better one first"),
        ("0>1", [], "better: a list"),
        ([], [9], "unacceptable[0]: a completion of this item"),
        ([], [], "better: name at least one pair, or one unacceptable completion"),
        ([[1, 0]], [1], "better: completion 2 is unacceptable and can't stand above another"),
    ],
)
def test_what_is_no_knowledge_about_the_item_is_named(
    better: object, unacceptable: object, problem: str
) -> None:
    with pytest.raises(InvalidGold) as refused:
        checked_gold(better=better, unacceptable=unacceptable, k=4)
    assert problem in refused.value.problems
