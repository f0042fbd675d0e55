"""Krippendorff's alpha: his own example, a brute force over the definition, ties and missing values."""

from __future__ import annotations

import random
from itertools import permutations, product

import pytest

from annotation.quality.alpha import alpha, coincidences, merged, of_units
from annotation.quality.orders import Order, midranks, order_of

# Krippendorff 2011, section D: four observers, twelve units, missing values
OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]


def brute_force(units: list[list[float | None]], metric: str) -> float | None:
    """Return alpha straight from the definition: ordered pairs within units against ordered pairs of all values."""
    kept = [[v for v in unit if v is not None] for unit in units]
    kept = [unit for unit in kept if len(unit) > 1]
    values = [v for unit in kept for v in unit]
    n = len(values)

    def delta2(c: float, k: float) -> float:
        if metric == "interval":
            return (c - k) ** 2
        low, high = min(c, k), max(c, k)
        between = sum(low <= g <= high for g in values)
        return (between - (values.count(low) + values.count(high)) / 2) ** 2 if low != high else 0.0

    observed = (
        sum(
            sum(delta2(a, b) for at, a in enumerate(unit) for to, b in enumerate(unit) if at != to)
            / (len(unit) - 1)
            for unit in kept
        )
        / n
    )
    everything = sum(delta2(a, b) for a, b in product(values, repeat=2)) / (n * (n - 1))
    return 1 - observed / everything if everything else None


@pytest.mark.parametrize(("metric", "printed"), [("ordinal", 0.815), ("interval", 0.849)])
def test_krippendorffs_own_example(metric: str, printed: float) -> None:
    units = [list(unit) for unit in zip(*OBSERVERS, strict=True)]
    found = alpha(of_units(units), metric)  # type: ignore[arg-type]
    assert found == pytest.approx(printed, abs=0.0005)
    assert found == pytest.approx(brute_force(units, metric))


@pytest.mark.parametrize("metric", ["ordinal", "interval"])
@pytest.mark.parametrize("seed", range(8))
def test_the_coincidences_give_what_the_definition_gives(metric: str, seed: int) -> None:
    dice = random.Random(seed)
    items = [[_some_order(dice) for _ in range(dice.randint(1, 4))] for _ in range(6)]
    units = [list(unit) for item in items for unit in zip(*map(midranks, item), strict=True)]
    found = alpha(merged(coincidences(item) for item in items), metric)  # type: ignore[arg-type]
    expected = brute_force(units, metric)
    assert found == (None if expected is None else pytest.approx(expected))


def _some_order(dice: random.Random) -> Order:
    """Return a random order of four: ties, sometimes unranked ones, sometimes an unacceptable one."""
    kind = dice.random()
    if kind < 0.3:
        best, *rest = dice.sample(range(4), 4)
        return order_of([[best]], unranked=rest[:2], unacceptable=rest[2:])
    levels = [dice.randint(0, 3) for _ in range(4)]
    return order_of([[i for i in range(4) if levels[i] == at] for at in sorted(set(levels))])


def test_full_agreement_is_one_and_reversal_is_far_below_chance() -> None:
    order = order_of([[0], [1], [2], [3]])
    assert alpha(coincidences([order, order])) == 1.0
    reversed_twice = alpha(merged([coincidences([order, order.reversed()])] * 50))
    assert reversed_twice is not None
    assert reversed_twice == pytest.approx(-1.0, abs=0.02)


def test_every_pair_of_orders_equally_often_is_no_agreement() -> None:
    orders = [Order(ranks) for ranks in permutations(range(3))]
    found = alpha(merged(coincidences([one, other]) for one, other in product(orders, repeat=2)))
    assert found == pytest.approx(0.0, abs=0.01)


def test_nothing_to_compare_has_no_alpha() -> None:
    assert alpha(coincidences([order_of([[0], [1]])])) is None
    assert alpha({}) is None


def test_values_that_never_differ_have_no_alpha() -> None:
    level = order_of([[0, 1, 2]])
    assert alpha(coincidences([level, level])) is None
