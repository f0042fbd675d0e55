"""Tests of bias: null distributions against enumeration, errors near what they promise, and power."""

from __future__ import annotations

import random
from collections import Counter
from itertools import permutations, product
from math import erfc, sqrt

import pytest

from annotation.quality.bias import (
    MANY,
    SumTest,
    chi_squared_tail,
    holm,
    length_sum,
    null_of_place,
    place_sum,
    tied_sizes,
    winner_test,
)
from annotation.quality.orders import Order, order_of

ORDERS = [
    order_of([[0], [1], [2], [3]]),
    order_of([[0, 1], [2, 3]]),
    order_of([[1], [0, 2, 3]]),
    order_of([[2]], unranked=[0, 1], unacceptable=[3]),
    order_of([[0, 1, 2, 3]]),
]


@pytest.mark.parametrize("order", ORDERS)
def test_the_null_of_a_ballot_is_what_enumerating_all_shown_orders_gives(order: Order) -> None:
    counted = Counter(place_sum(order, shown)[0] for shown in permutations(range(4)))
    assert null_of_place(tied_sizes(order)) == pytest.approx({s: n / 24 for s, n in counted.items()})


def test_the_variance_is_kendalls() -> None:
    """[k(k-1)(2k+5) - sum t(t-1)(2t+5)] / 18 for K = 4 with a tie of two: (156 - 18) / 18."""
    null = null_of_place((1, 1, 2))
    assert sum(p * s * s for s, p in null.items()) == pytest.approx(138 / 18)


def test_a_ballot_in_the_order_shown_has_the_largest_sum() -> None:
    assert place_sum(order_of([[2], [0], [3], [1]]), [2, 0, 3, 1]) == (6, 6)
    assert place_sum(order_of([[2], [0], [3], [1]]), [1, 3, 0, 2]) == (-6, 6)


def test_the_exact_p_is_a_count_over_every_outcome() -> None:
    """Two ballots of two completions, both with the first above: |S| = 2 in two of four outcomes."""
    test = SumTest()
    for _ in range(2):
        test.add_place(order_of([[0], [1]]), [0, 1])
    assert (test.result().p, test.result().exact, test.result().n) == (0.5, True, 2)


def test_the_sign_flip_p_is_a_count_over_every_outcome() -> None:
    values = [3, 1, -2, 4]
    test = SumTest()
    for value in values:
        test.add_flip(value)
    outcomes = [
        sum(s * v for s, v in zip(signs, values, strict=True)) for signs in product((1, -1), repeat=4)
    ]
    assert test.result().p == pytest.approx(sum(abs(o) >= 6 for o in outcomes) / 16)


def test_zeros_say_nothing_either_way() -> None:
    test = SumTest()
    test.add_flip(0)
    assert (test.result().n, test.result().p) == (0, None)


def test_many_ballots_use_the_normal_with_the_exact_variance() -> None:
    test, n = SumTest(), MANY + 50
    for at in range(n):
        test.add_place(order_of([[0], [1]]), [0, 1] if at % 3 else [1, 0])
    total = sum(1 if at % 3 else -1 for at in range(n))
    found = test.result()
    assert (found.statistic, found.exact) == (total, False)
    assert found.p == pytest.approx(erfc(abs(total) / sqrt(2 * n)))


def test_memory_of_a_test_does_not_grow_with_the_project() -> None:
    test = SumTest()
    for _ in range(5000):
        test.add_place(order_of([[0], [1]]), [0, 1])
    assert len(test.nulls) <= MANY + 1


def shown(dice: random.Random, k: int) -> list[int]:
    return dice.sample(range(k), k)


def opinion(dice: random.Random, k: int) -> Order:
    levels = [dice.randint(0, k - 1) for _ in range(k)]
    return order_of([[i for i in range(k) if levels[i] == at] for at in sorted(set(levels))])


@pytest.mark.parametrize("ballots", [30, 250])
def test_without_bias_position_is_found_about_as_often_as_promised(ballots: int) -> None:
    """People with strong opinions and ties; only the pages are random. 5 % of 400 projects is 20, give or take 4."""
    found = 0
    for seed in range(400):
        dice, test = random.Random(seed), SumTest()
        liked = opinion(dice, 4)
        for _ in range(ballots):
            test.add_place(liked if dice.random() < 0.7 else opinion(dice, 4), shown(dice, 4))
        p = test.result().p
        assert p is not None
        found += p < 0.05
    assert 8 <= found <= 34


def test_a_real_position_bias_is_found() -> None:
    """One ballot in five keeps the order shown."""
    found = 0
    for seed in range(50):
        dice, test = random.Random(1000 + seed), SumTest()
        for _ in range(250):
            page = shown(dice, 4)
            test.add_place(order_of([[i] for i in page]) if dice.random() < 0.2 else opinion(dice, 4), page)
        p = test.result().p
        found += p is not None and p < 0.05
    assert found >= 45


@pytest.mark.parametrize("items", [40, 300])
def test_without_bias_length_is_found_about_as_often_as_promised(items: int) -> None:
    """Three people who agree with one another on each item, so that ballots are far from independent."""
    found = 0
    for seed in range(400):
        dice, test = random.Random(seed), SumTest()
        for _ in range(items):
            truth = opinion(dice, 4)
            test.add_flip(
                length_sum([truth, truth, opinion(dice, 4)], [dice.randint(10, 99) for _ in range(4)])[0]
            )
        p = test.result().p
        assert p is not None
        found += p < 0.05
    assert 8 <= found <= 34


def test_longer_wins_is_found() -> None:
    test, dice = SumTest(), random.Random(3)
    for _ in range(200):
        lengths = [dice.randint(10, 99) for _ in range(4)]
        by_length = order_of([[i] for i in sorted(range(4), key=lambda i: -lengths[i])])
        test.add_flip(length_sum([by_length if dice.random() < 0.3 else opinion(dice, 4)], lengths)[0])
    p = test.result().p
    assert p is not None
    assert p < 0.001


def test_length_counts_pairs_that_differ_in_both() -> None:
    orders = [order_of([[0], [1], [2]]), order_of([[0, 1], [2]])]
    assert length_sum(orders, [30, 10, 10]) == (3, 3, 3)


@pytest.mark.parametrize(
    ("x", "df", "p"),
    [
        (3.841459, 1, 0.05),
        (5.991465, 2, 0.05),
        (7.814728, 3, 0.05),
        (15.507313, 8, 0.05),
        (13.276704, 4, 0.01),
    ],
)
def test_the_chi_squared_tail_meets_the_tables(x: float, df: int, p: float) -> None:
    assert chi_squared_tail(x, df) == pytest.approx(p, abs=1e-6)


def test_first_and_last_winning_is_seen_where_no_trend_is() -> None:
    found = winner_test([40, 10, 10, 40])
    assert found.p == pytest.approx(chi_squared_tail(36.0, 3))
    assert found.p is not None
    assert found.p < 1e-6


def test_too_few_winners_say_nothing() -> None:
    assert winner_test([3, 4, 5, 7]).p is None


def test_holm_raises_in_steps_and_leaves_out_what_was_not_tested() -> None:
    assert holm([0.01, None, 0.04, 0.03]) == pytest.approx([0.03, None, 0.06, 0.06])
