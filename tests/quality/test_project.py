"""All figures of a project together: exact small cases, intervals that hold, and nothing about one person."""

from __future__ import annotations

import json
import random
from collections.abc import Hashable

import pytest

from annotation.quality.intervals import DRAWS, GroupedSums, Measure, percentile, ratio
from annotation.quality.orders import Order, order_of
from annotation.quality.project import Given, ProjectQuality, RatedItem
from annotation.quality.speed import correlation
from annotation.quality.verdict import Judged

LENGTHS = (400, 300, 200, 100)


def given(person: int, order: Order, dice: random.Random, seconds: float | None = 60.0) -> Given:
    return Given(person, Judged(order), tuple(dice.sample(range(len(order)), len(order))), seconds)


def item(ballots: list[Given], **more: object) -> RatedItem:
    return RatedItem(4, False, LENGTHS, 50, tuple(ballots), **more)  # type: ignore[arg-type]


def opinion(dice: random.Random, noise: float) -> Order:
    scores = [(i + dice.gauss(0, noise), i) for i in range(4)]
    return order_of([[i] for _, i in sorted(scores)])


def crowd(people: int, items: int, seed: int = 1, noise: float = 1.5) -> ProjectQuality:
    dice, quality = random.Random(seed), ProjectQuality()
    for _ in range(items):
        quality.add(
            item([given(p, opinion(dice, noise), dice, dice.uniform(10, 400)) for p in range(people)])
        )
    return quality


def test_one_opinion_everywhere_is_full_agreement() -> None:
    figures = crowd(3, 30, noise=0.0).figures()
    assert figures["agreement"]["tau_b"]["value"] == 1.0
    assert figures["agreement"]["alpha_ordinal"]["value"] == 1.0
    assert figures["agreement"]["histogram"][-1] == {"from": 0.8, "to": 1.0, "count": 30}
    assert figures["bias"]["length"]["longer_higher"]["value"] == 1.0
    assert figures["review"] == {"items": 0, "reasons": {}}


def test_more_noise_is_less_agreement_and_the_interval_narrows_with_items() -> None:
    clear, noisy = (crowd(3, 60, noise=n).figures()["agreement"]["tau_b"] for n in (0.5, 3.0))
    assert clear["low"] > noisy["high"]
    few, many = (crowd(3, n).figures()["agreement"]["tau_b"] for n in (20, 400))
    assert many["high"] - many["low"] < 0.5 * (few["high"] - few["low"])


def test_figures_are_json_and_hold_no_person() -> None:
    text = json.dumps(crowd(7, 40).figures())
    assert "person" not in text
    assert json.loads(text)["counts"]["people"] == 7


@pytest.mark.parametrize("people", [1, 2, 4])
def test_figures_over_fewer_than_five_people_are_not_given(people: int) -> None:
    figures = crowd(people, 20).figures()
    assert (figures["reliability"], figures["plausibility"], figures["bias"]["speed"]) == (None, None, None)


def test_a_band_of_time_with_fewer_than_five_people_stays_empty() -> None:
    dice, quality = random.Random(3), ProjectQuality()
    for at in range(20):
        order = opinion(dice, 0.0)
        ballots = [given(p, order, dice, 90.0) for p in range(5)]
        if at == 0:
            ballots[0] = given(0, order, dice, 10.0)
        quality.add(item(ballots))
    bands = quality.figures()["bias"]["speed"]["bands"]
    assert (bands[0]["ballots"], bands[0]["agreement"]) == (None, None)
    assert bands[3]["ballots"] == 99


def test_gold_and_repeats_have_figures_of_their_own() -> None:
    dice, quality = random.Random(4), ProjectQuality()
    right, wrong = order_of([[0], [1], [2], [3]]), order_of([[3], [2], [1], [0]])
    for met in (3, 1):
        one = Given(1, Judged(right, gold_wrong=met < 3), (0, 1, 2, 3), 60.0, gold=(met, 3))
        quality.add(RatedItem(4, True, LENGTHS, 50, (one,)))
    quality.add(item([given(1, right, dice)], repeats=((right, right), (right, wrong))))
    figures = quality.figures()
    assert figures["gold"]["met"]["value"] == pytest.approx(4 / 6)
    assert figures["self"]["tau_b"]["value"] == 0.0
    assert figures["self"]["same"] == {"value": 0.5, "low": None, "high": None, "n": 2}
    assert figures["review"]["reasons"] == {"gold_conflict": 1}
    assert figures["counts"]["items_compared"] == 0


def test_who_keeps_the_order_shown_shows_in_the_test_of_place() -> None:
    dice, quality = random.Random(5), ProjectQuality()
    for _ in range(150):
        shown = tuple(dice.sample(range(4), 4))
        lazy = Given(0, Judged(order_of([[i] for i in shown])), shown, 60.0)
        quality.add(item([lazy, *(given(p, opinion(dice, 2.0), dice) for p in (1, 2))]))
    position = quality.figures()["bias"]["position"]
    assert position["trend"]["p_holm"] < 0.001
    assert position["earlier_higher"]["low"] > 0.5


def test_memory_does_not_grow_with_items() -> None:
    """Names of sums: 16 of counts and moments, at most one for each two of the seven ranks of four, ties included."""
    quality = crowd(4, 900)
    assert len(quality.sums.groups) == 200
    assert max(len(group) for group in quality.sums.groups) <= 16 + 28
    assert len(quality.place.nulls) <= 101
    assert len(quality.length.nulls) <= 101


def test_up_to_200_items_the_groups_are_the_plain_bootstrap() -> None:
    sums, values = GroupedSums(), [float(n % 7) for n in range(40)]
    for value in values:
        sums.add({"x": value, "n": 1})
    found = sums.estimates({"mean": Measure(ratio("x", "n"), "n")})["mean"]
    dice = random.Random(99)
    drawn = sorted(sum(dice.choices(values, k=40)) / 40 for _ in range(4000))
    assert found.value == pytest.approx(sum(values) / 40)
    assert found.low == pytest.approx(percentile(drawn, 0.025), abs=0.12)
    assert found.high == pytest.approx(percentile(drawn, 0.975), abs=0.12)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    held = 0
    for seed in range(120):
        dice, sums = random.Random(seed), GroupedSums()
        for _ in range(300):
            sums.add({"x": dice.random(), "n": 1})
        found = sums.estimates({"mean": Measure(ratio("x", "n"), "n")})["mean"]
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.5 <= found.high
    assert 106 <= held <= 120
    assert DRAWS >= 400


def test_the_same_ballots_give_the_same_interval() -> None:
    assert crowd(3, 50).figures() == crowd(3, 50).figures()


def test_the_correlation_is_pearsons() -> None:
    points = [(1.0, 0.2), (2.0, 0.5), (3.0, 0.4), (4.0, 0.9)]
    sums: dict[Hashable, float] = {
        ("speed", "n"): 4.0, ("speed", "x"): 10.0, ("speed", "y"): 2.0, ("speed", "xx"): 30.0,
        ("speed", "yy"): sum(y * y for _, y in points), ("speed", "xy"): sum(x * y for x, y in points),
    }  # fmt: skip
    assert correlation(sums) == pytest.approx(1.0 / (5.0**0.5 * 0.26**0.5))
