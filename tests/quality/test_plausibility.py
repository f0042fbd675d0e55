"""Flags: what raises each, what does not, and how often honest people are flagged by chance."""

from __future__ import annotations

import random
from math import comb

import pytest

from annotation.quality.orders import Order, order_of
from annotation.quality.plausibility import (
    CHARACTERS_PER_SECOND,
    MOST_PATTERNS,
    Habits,
    Pairs,
    arrangements,
    binomial_tail,
    flags_of,
)


def page(dice: random.Random) -> list[int]:
    return dice.sample(range(4), 4)


def strict(*indexes: int) -> Order:
    return order_of([[index] for index in indexes])


def honest(dice: random.Random, ballots: int = 40) -> Habits:
    habits = Habits()
    for _ in range(ballots):
        habits.add(strict(*dice.sample(range(4), 4)), page(dice), 1000, 60)
    return habits


def kinds(people: dict[int, Habits], pairs: Pairs | None = None) -> dict[int, list[str]]:
    return {who: [flag.kind for flag in flags] for who, flags in flags_of(people, pairs or Pairs()).items()}


def test_careful_people_have_no_flag() -> None:
    dice = random.Random(1)
    assert kinds({person: honest(dice) for person in range(10)}) == {}


def test_the_same_places_again_and_again_are_a_straight_line() -> None:
    dice, habits = random.Random(2), Habits()
    for _ in range(12):
        shown = page(dice)
        habits.add(strict(shown[2], shown[0], shown[3], shown[1]), shown, 1000, 60)
    found = flags_of({1: habits, 2: honest(dice)}, Pairs())
    assert [flag.kind for flag in found[1]] == ["straight_line"]
    assert found[1][0].evidence == {"times": 12, "of": 12, "expected": 0.5}
    assert found[1][0].chance == pytest.approx(24 * (1 / 24) ** 12)


def test_keeping_the_order_shown_is_both() -> None:
    dice, habits = random.Random(3), Habits()
    for _ in range(10):
        shown = page(dice)
        habits.add(strict(*shown), shown, 1000, 60)
    assert kinds({1: habits})[1] == ["straight_line", "shown_order"]


def test_the_same_answer_by_index_is_no_straight_line() -> None:
    """Somebody who finds the same completion best on every page looks at the text, not at the place."""
    dice, habits = random.Random(4), Habits()
    for _ in range(60):
        habits.add(strict(0, 1, 2, 3), page(dice), 1000, 60)
    assert kinds({1: habits}) == {}


def test_ties_over_everything_are_never_a_pattern() -> None:
    dice, habits = random.Random(5), Habits()
    for _ in range(200):
        habits.add(order_of([[0, 1, 2, 3]]), page(dice), 1000, 60)
    assert kinds({1: habits}) == {}


def test_less_time_than_the_words_take_needs_several_ballots_and_a_share() -> None:
    def timed(fast: int, slow: int) -> Habits:
        dice, habits = random.Random(6), Habits()
        for at in range(fast + slow):
            seconds = 1000 / CHARACTERS_PER_SECOND * (0.9 if at < fast else 1.1)
            habits.add(strict(*dice.sample(range(4), 4)), page(dice), 1000, seconds)
        return habits

    assert kinds({1: timed(4, 0)}) == {}
    assert kinds({1: timed(5, 30)}) == {}
    assert kinds({1: timed(5, 20)}) == {1: ["unread"]}


def test_time_that_is_not_known_is_never_too_short() -> None:
    dice, habits = random.Random(7), Habits()
    for _ in range(20):
        habits.add(strict(*dice.sample(range(4), 4)), page(dice), 10**6, None)
    assert kinds({1: habits}) == {}


def test_two_people_with_the_same_answers_are_copy_like() -> None:
    dice, pairs = random.Random(8), Pairs()
    for _ in range(30):
        same = strict(*dice.sample(range(4), 4))
        pairs.add([3, 1, 2, 4], [same, same, *(strict(*dice.sample(range(4), 4)) for _ in range(2))])
    found = flags_of({}, pairs)
    assert {who: [flag.kind for flag in flags] for who, flags in found.items()} == {
        1: ["copy_like"],
        3: ["copy_like"],
    }
    assert found[1][0].evidence["times"] == 30


def test_a_crowd_that_always_agrees_copies_nobody() -> None:
    pairs = Pairs()
    for _ in range(50):
        pairs.add([1, 2, 3], [strict(0, 1, 2, 3)] * 3)
    assert flags_of({}, pairs) == {}


def test_chance_flags_a_project_of_honest_people_about_as_rarely_as_promised() -> None:
    """Three kinds of at most 1 % each; 400 projects of five people."""
    flagged = 0
    for seed in range(400):
        dice, pairs = random.Random(seed), Pairs()
        people: dict[int, Habits] = {person: Habits() for person in range(5)}
        for _ in range(25):
            orders = [strict(*dice.sample(range(4), 4)) for _ in people]
            for person, order in zip(people, orders, strict=True):
                people[person].add(order, page(dice), 1000, 60)
            pairs.add(list(people), orders)
        flagged += bool(flags_of(people, pairs))
    assert flagged <= 20


def test_memory_per_person_is_bounded() -> None:
    dice, habits = random.Random(9), Habits()
    for _ in range(3000):
        habits.add(strict(*dice.sample(range(7), 7)), dice.sample(range(7), 7), 100, 60)
    assert len(habits.places) <= MOST_PATTERNS


@pytest.mark.parametrize(("sizes", "ways"), [((1, 1, 1, 1), 24), ((2, 2), 6), ((1, 3), 4), ((4,), 1)])
def test_arrangements_are_counted(sizes: tuple[int, ...], ways: int) -> None:
    assert arrangements(sizes) == ways


@pytest.mark.parametrize(
    ("x", "n", "p"), [(3, 10, 0.2), (9, 10, 0.2), (0, 5, 0.5), (5, 5, 0.3), (2, 40, 0.4)]
)
def test_the_binomial_tail_is_the_sum_of_its_terms(x: int, n: int, p: float) -> None:
    exact = sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(x, n + 1))
    assert binomial_tail(x, n, p) == pytest.approx(exact)
