"""Strengths, majorities and cycles: crowd-kit's printed figures, exact cases, and a truth that is known."""

from __future__ import annotations

import random
from itertools import combinations
from math import exp, log

import pytest

from annotation.quality.consensus import PRIOR_SD, bradley_terry, choices_of, fit, pairwise, plackett_luce
from annotation.quality.majority import majorities
from annotation.quality.orders import Order, order_of
from annotation.quality.verdict import Judged, assess, consensus

NO_PRIOR = 1e4


def mm(wins: list[list[int]], iterations: int) -> list[float]:
    """Return Bradley-Terry by Hunter's MM (2004) without a prior, as crowd-kit runs it."""
    k = len(wins)
    p = [1 / k] * k
    for _ in range(iterations):
        new = []
        for i in range(k):
            games = sum((wins[i][j] + wins[j][i]) / (p[i] + p[j]) for j in range(k) if j != i)
            new.append(sum(wins[i]) / games if games else p[i])
        p = [value / sum(new) for value in new]
    return p


def shares(theta: tuple[float, ...]) -> list[float]:
    whole = sum(map(exp, theta))
    return [exp(value) / whole for value in theta]


A_B_C = [[0, 1, 1], [0, 0, 1], [0, 0, 0]]
CYCLE = [[0, 1, 0], [0, 0, 1], [1, 0, 0]]


def test_the_oracle_of_this_file_prints_what_crowd_kit_prints() -> None:
    assert mm(A_B_C, 10) == pytest.approx([0.934, 0.065, 0.0], abs=0.005)
    assert mm(A_B_C, 0) == pytest.approx([1 / 3] * 3)


def test_a_cycle_is_a_third_each_as_in_crowd_kit() -> None:
    assert shares(bradley_terry(CYCLE).values) == pytest.approx([1 / 3] * 3)
    assert bradley_terry(CYCLE).tiers == ((0, 1, 2),)


def test_without_a_prior_the_mode_is_the_fixed_point_of_mm() -> None:
    wins = [[0, 7, 3, 5], [2, 0, 6, 4], [4, 1, 0, 6], [3, 3, 2, 0]]
    assert shares(bradley_terry(wins, NO_PRIOR).values) == pytest.approx(mm(wins, 5000), abs=1e-6)


def test_with_a_prior_strengths_exist_where_one_always_wins() -> None:
    found = bradley_terry(A_B_C)
    assert found.tiers == ((0,), (1,), (2,))
    assert all(abs(value) < 3 * PRIOR_SD for value in found.values)
    assert sum(found.values) == pytest.approx(0.0, abs=1e-9)


def test_no_ballots_at_all_leave_everything_open() -> None:
    found = fit({}, 3)
    assert found.values == (0.0, 0.0, 0.0)
    assert found.tiers == ((0, 1, 2),)
    assert found.open_pairs == ((0, 1), (0, 2), (1, 2))


def test_one_pair_solves_its_equation() -> None:
    """n wins to none: n (1 - s) = d / (2 sd^2) with s the logistic of the difference d."""
    found = bradley_terry([[0, 4], [0, 0]])
    d = found.values[0] - found.values[1]
    assert 4 * (1 - 1 / (1 + exp(-d))) == pytest.approx(d / 2 / PRIOR_SD**2)


def test_plackett_luce_of_two_completions_is_bradley_terry() -> None:
    orders = [order_of([[0], [1]])] * 5 + [order_of([[1], [0]])] * 2
    assert plackett_luce(orders, 2).values == pytest.approx(bradley_terry([[0, 5], [2, 0]]).values)


def test_the_choices_of_a_tie_share_what_lies_below() -> None:
    assert choices_of(order_of([[0, 1], [2]])) == [(0, (0, 1, 2)), (1, (0, 1, 2))]


def test_unranked_ones_are_set_against_the_unacceptable_alone() -> None:
    found = choices_of(order_of([[0]], unranked=[1, 2], unacceptable=[3]))
    assert found == [(0, (0, 1, 2, 3)), (1, (1, 3)), (2, (2, 3))]


def test_ties_are_reported_and_never_broken_by_a_number() -> None:
    orders = [order_of([[0], [1], [2]]), order_of([[1], [0], [2]])]
    assert plackett_luce(orders, 3).tiers == ((0, 1), (2,))


def test_renaming_the_completions_renames_the_strengths() -> None:
    orders = [
        order_of([[0], [1, 2], [3]]),
        order_of([[2], [0], [3], [1]]),
        order_of([[0], [3]], unranked=[1, 2]),
    ]
    names = [2, 0, 3, 1]
    before = plackett_luce(orders, 4).values
    after = plackett_luce([order.relabelled(names) for order in orders], 4).values
    assert [after[names[i]] for i in range(4)] == pytest.approx(before)


def draw(dice: random.Random, theta: list[float]) -> Order:
    """Draw one Plackett-Luce ranking."""
    left, groups = list(range(len(theta))), []
    while left:
        chosen = dice.choices(left, [exp(theta[i]) for i in left])[0]
        left.remove(chosen)
        groups.append([chosen])
    return order_of(groups)


def test_known_strengths_are_recovered_from_many_rankings() -> None:
    truth = [1.2, 0.4, -0.3, -1.3]
    dice = random.Random(5)
    found = plackett_luce([draw(dice, truth) for _ in range(2000)], 4, NO_PRIOR)
    assert found.tiers == ((0,), (1,), (2,), (3,))
    assert [found.values[i] - found.values[3] for i in range(4)] == pytest.approx(
        [value - truth[3] for value in truth], abs=0.15
    )


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    truth, dice, held = [0.8, 0.0, -0.8], random.Random(11), 0
    for _ in range(200):
        found = plackett_luce([draw(dice, truth) for _ in range(60)], 3)
        held += sum(
            low <= value <= high for low, value, high in zip(found.low, truth, found.high, strict=True)
        )
    assert 0.92 <= held / 600 <= 0.99


def test_a_condorcet_cycle_is_found_and_named() -> None:
    cycle = [order_of([[0], [1], [2], [3]]), order_of([[1], [2], [0], [3]]), order_of([[2], [0], [1], [3]])]
    found = majorities(cycle, 4)
    assert found.cycles == ((0, 1, 2),)
    assert found.winner is None
    assert found.wins[0] == (0, 2, 1, 3)


def test_two_cycles_apart_are_two() -> None:
    cycle = [[0, 1, 2], [1, 2, 0], [2, 0, 1]]
    orders = [order_of([[i] for i in one] + [[3 + i] for i in one]) for one in cycle]
    assert majorities(orders, 6).cycles == ((0, 1, 2), (3, 4, 5))


def test_a_transitive_majority_has_no_cycle_and_a_winner() -> None:
    found = majorities([order_of([[1], [0], [2]])] * 2 + [order_of([[0], [1], [2]])], 3)
    assert (found.cycles, found.winner, found.level_pairs) == ((), 1, ())


def test_pairs_without_a_majority_are_reported() -> None:
    assert majorities([order_of([[0], [1]]), order_of([[1], [0]])], 2).level_pairs == ((0, 1),)


def test_the_consensus_answer_puts_aside_what_most_call_unacceptable() -> None:
    refusing = Judged(order_of([[0], [1]], unacceptable=[2]), frozenset({2}))
    keeping = Judged(order_of([[0], [2], [1]]))
    found = consensus([refusing, refusing, keeping], 3)
    assert found.as_answer() == {
        "groups": [[0], [1]], "unranked": [], "unacceptable": [2], "strengths": [], "ratings": {}, "flags": [],
    }  # fmt: skip


def test_half_is_not_more_than_half() -> None:
    refusing = Judged(order_of([[0]], unacceptable=[1]), frozenset({1}))
    assert consensus([refusing, Judged(order_of([[0], [1]]))], 2).unacceptable == ()


def test_the_consensus_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no ballots"):
        consensus([], 3)


FORWARD, BACK = Judged(order_of([[0], [1], [2]])), Judged(order_of([[2], [1], [0]]))


@pytest.mark.parametrize(
    ("ballots", "reasons"),
    [
        ([FORWARD], ()),
        ([FORWARD, FORWARD], ()),
        ([FORWARD, BACK], ("low_agreement",)),
        ([Judged(order_of([[0, 1, 2]]))] * 2, ()),
        ([FORWARD, Judged(order_of([[0, 1, 2]]))], ("no_order",)),
        (
            [
                Judged(order_of([[0], [1], [2]])),
                Judged(order_of([[1], [2], [0]])),
                Judged(order_of([[2], [0], [1]])),
            ],
            ("low_agreement", "cycle"),
        ),
        ([FORWARD, Judged(order_of([[0], [1]], unacceptable=[2]), frozenset({2}))], ("split_unacceptable",)),
        ([Judged(FORWARD.order, gold_wrong=True)], ("gold_conflict",)),
        ([Judged(FORWARD.order, gold_wrong=True), FORWARD], ()),
        ([Judged(FORWARD.order, flags=frozenset({"harmful"}))] * 2, ("flagged",)),
        ([Judged(FORWARD.order, flags=frozenset({"harmful"})), FORWARD], ()),
    ],
)
def test_an_item_is_looked_at_again_for_these_reasons(
    ballots: list[Judged], reasons: tuple[str, ...]
) -> None:
    verdict = assess(ballots, 3)
    assert verdict.reasons == reasons
    assert verdict.needs_review == bool(reasons)


def test_log_strengths_of_a_pair_follow_the_odds() -> None:
    found = bradley_terry([[0, 30], [10, 0]], NO_PRIOR)
    assert found.values[0] - found.values[1] == pytest.approx(log(3), abs=1e-6)


def test_the_open_pairs_are_those_that_few_rankings_cannot_tell() -> None:
    few = plackett_luce([order_of([[0], [1], [2]])], 3)
    many = plackett_luce([order_of([[0], [1], [2]])] * 60, 3)
    assert few.open_pairs == tuple(combinations(range(3), 2))
    assert many.open_pairs == ()


def test_opposite_rankings_cancel_in_pairs_but_not_in_plackett_luce() -> None:
    both = [order_of([[0], [1], [2], [3]]), order_of([[3], [2], [1], [0]])]
    assert pairwise(both, 4).tiers == ((0, 1, 2, 3),)
    assert plackett_luce(both, 4).tiers == ((1, 2), (0, 3))


def test_turning_every_ranking_around_turns_the_pairwise_order_around() -> None:
    orders = [
        order_of([[0], [1, 2], [3]]),
        order_of([[1], [0], [3], [2]]),
        order_of([[0], [3]], unranked=[1, 2]),
    ]
    turned = [Order(order.reversed().levels, order.unranked) for order in orders]
    assert pairwise(turned, 4).values == pytest.approx(
        [-value for value in pairwise(orders, 4).values], abs=1e-9
    )
