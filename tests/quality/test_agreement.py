"""Kendall's tau-b and the split of an item: worked by hand, and against figures that others print."""

from __future__ import annotations

from itertools import permutations
from math import log2, sqrt

import pytest

from annotation.quality.agreement import entropy, mean_pairwise, tau_b
from annotation.quality.orders import Order, midranks, order_of

ABC = order_of([[0], [1], [2]])


def test_an_order_agrees_with_itself_and_not_with_its_reverse() -> None:
    assert tau_b(ABC, ABC) == 1.0
    assert tau_b(ABC, ABC.reversed()) == -1.0


@pytest.mark.parametrize(
    ("ranks", "distance"),
    [((1, 3, 2), 1 / 3), ((2, 1, 3), 1 / 3), ((2, 3, 1), 2 / 3), ((3, 1, 2), 2 / 3), ((3, 2, 1), 1.0)],
)
def test_kendall_distances_are_those_of_argilla(ranks: tuple[int, ...], distance: float) -> None:
    """0.5 (1 - tau) for three records against (1, 2, 3), as its metrics print them."""
    tau = tau_b(Order(ranks), Order((1, 2, 3)))
    assert tau is not None
    assert 0.5 * (1 - tau) == pytest.approx(distance, abs=1e-12)


def test_ties_in_one_ranking_are_taken_out_of_its_side_alone() -> None:
    """Six pairs; one tied in the second: C - D = 5, so 5 / sqrt(6 * 5)."""
    tied = order_of([[0], [1], [2, 3]])
    assert tau_b(order_of([[0], [1], [2], [3]]), tied) == pytest.approx(5 / sqrt(30), abs=1e-15)


def test_the_worked_example_with_ties_on_both_sides() -> None:
    """x = 1 2 2 3 and y = 1 3 2 2 by pairs: C = 3, D = 1, one tie in each, none in both: 2 / sqrt(5 * 5)."""
    assert tau_b(Order((1, 2, 2, 3)), Order((1, 3, 2, 2))) == pytest.approx(0.4, abs=1e-15)


def test_a_ranking_that_ties_everything_has_no_tau() -> None:
    level = order_of([[0, 1, 2]])
    assert tau_b(level, ABC) is None
    assert tau_b(ABC, level) is None
    assert tau_b(level, level) is None


def test_pairs_that_one_did_not_compare_are_left_out() -> None:
    """The best of four is the same in both; of the three unranked nothing was said."""
    partial = order_of([[0]], unranked=[1, 2, 3])
    assert tau_b(partial, order_of([[0], [3], [2], [1]])) == 1.0
    assert tau_b(partial, order_of([[1], [0], [2], [3]])) == pytest.approx(1 / 3)


def test_unacceptable_ones_are_below_everything_and_tied() -> None:
    order = order_of([[0]], unranked=[1], unacceptable=[2, 3])
    assert [order.sign(0, 2), order.sign(1, 2), order.sign(2, 3), order.sign(0, 1)] == [1, 1, 0, 1]


def test_two_unranked_are_neither_tied_nor_ordered() -> None:
    assert order_of([[0]], unranked=[1, 2]).sign(1, 2) is None


def test_every_completion_is_named_once() -> None:
    for groups in ([[0], [0]], [[0], [2]], []):
        with pytest.raises(ValueError, match="once"):
            order_of(groups)


def test_midranks_share_the_places_of_a_tie_and_unranked_have_none() -> None:
    assert midranks(order_of([[2], [0, 1], [3]])) == (2.5, 2.5, 1.0, 4.0)
    assert midranks(order_of([[0]], unranked=[1, 2], unacceptable=[3])) == (1.0, None, None, 4.0)


def test_the_mean_is_over_defined_pairs_and_says_how_many_those_are() -> None:
    found = mean_pairwise([ABC, ABC.reversed(), ABC, order_of([[0, 1, 2]])])
    assert found.mean == pytest.approx(-1 / 3)
    assert (found.defined, found.undefined) == (3, 3)


def test_one_ranking_alone_has_no_agreement() -> None:
    found = mean_pairwise([ABC])
    assert (found.mean, found.defined, found.undefined) == (None, 0, 0)


def test_tau_against_the_definition_over_all_orders_of_four() -> None:
    first = (1, 2, 3, 4)
    for ranks in permutations(first):
        inversions = sum(ranks[i] > ranks[j] for i in range(4) for j in range(i + 1, 4))
        assert tau_b(Order(first), Order(ranks)) == pytest.approx(1 - 2 * inversions / 6)


def test_unanimous_rankings_have_no_entropy_even_when_they_are_ties() -> None:
    assert entropy([ABC, ABC]) == 0.0
    assert entropy([order_of([[0, 1, 2]])] * 3) == 0.0


def test_an_even_split_is_one_bit_of_three_answers() -> None:
    assert entropy([ABC, ABC.reversed()]) == pytest.approx(1 / log2(3))


def test_above_level_and_below_equally_often_is_the_most_split_there_is() -> None:
    pair = [order_of([[0], [1]]), order_of([[0, 1]]), order_of([[1], [0]])]
    assert entropy(pair) == pytest.approx(1.0)


def test_nothing_compared_has_no_entropy() -> None:
    assert entropy([]) is None
