"""Weights of people: leave-one-out by hand, shrinkage at its ends, and a truth that is known."""

from __future__ import annotations

import random
from math import sqrt

import pytest

from annotation.quality.orders import order_of
from annotation.quality.reliability import Running, agreement_with_others, together, weights

ABC, CBA = order_of([[0], [1], [2]]), order_of([[2], [1], [0]])


def running(*values: float) -> Running:
    found = Running()
    for value in values:
        found.add(value)
    return found


def test_the_order_of_several_counts_wins_minus_losses_and_keeps_ties() -> None:
    assert together([ABC, ABC, CBA]).levels == (0, 1, 2)
    assert together([ABC, CBA]).levels == (0, 0, 0)


def test_each_ballot_is_set_against_the_others_alone() -> None:
    assert agreement_with_others([ABC, ABC, CBA]) == [None, None, -1.0]
    assert agreement_with_others([ABC, ABC, ABC, CBA]) == [1.0, 1.0, 1.0, -1.0]


def test_who_is_alone_on_an_item_has_no_agreement() -> None:
    assert agreement_with_others([ABC]) == [None]


def test_people_who_differ_by_chance_alone_all_get_the_mean() -> None:
    found = weights({"a": running(0.0, 1.0), "b": running(1.0, 0.0)})
    assert [weight.value for weight in found.values()] == [0.5, 0.5]


def test_people_who_never_vary_keep_their_own_mean() -> None:
    found = weights({"a": running(0.9, 0.9, 0.9), "b": running(0.1, 0.1, 0.1)})
    assert [weight.value for weight in found.values()] == pytest.approx([0.9, 0.1])
    assert found["a"].low == pytest.approx(0.9)


def test_few_ballots_are_drawn_to_the_mean_more_than_many() -> None:
    dice = random.Random(4)
    people = {name: running(*(mean + dice.gauss(0, 0.3) for _ in range(60))) for name, mean in
              (("a", 0.8), ("b", 0.5), ("c", 0.2), ("d", 0.6))}  # fmt: skip
    people["new"] = running(-0.4, -0.2)
    found = weights(people)
    mean = sum(one.total for one in people.values()) / sum(one.n for one in people.values())
    kept = {name: (found[name].value - mean) / (people[name].mean - mean) for name in people}
    assert kept["new"] < 0.75 < 0.95 < kept["a"]
    assert found["new"].high - found["new"].low > found["a"].high - found["a"].low


def test_nobody_is_left_without_a_ballot() -> None:
    assert weights({"a": Running()}) == {}


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    dice, held, total = random.Random(8), 0, 0
    for _ in range(40):
        truth = {person: min(0.9, max(-0.9, dice.gauss(0.4, 0.2))) for person in range(20)}
        people = {
            person: running(*(value + dice.gauss(0, 0.4) for _ in range(dice.randint(5, 60))))
            for person, value in truth.items()
        }
        for person, weight in weights(people).items():
            held += weight.low <= truth[person] <= weight.high
            total += 1
    assert 0.92 <= held / total <= 0.98


def test_shrinking_is_closer_to_the_truth_than_the_plain_means() -> None:
    dice, plain, shrunk = random.Random(2), 0.0, 0.0
    for _ in range(30):
        truth = {person: dice.gauss(0.4, 0.15) for person in range(20)}
        people = {p: running(*(v + dice.gauss(0, 0.5) for _ in range(6))) for p, v in truth.items()}
        found = weights(people)
        plain += sum((people[p].mean - v) ** 2 for p, v in truth.items())
        shrunk += sum((found[p].value - v) ** 2 for p, v in truth.items())
    assert sqrt(shrunk) < 0.8 * sqrt(plain)
