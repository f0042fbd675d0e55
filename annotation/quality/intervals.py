"""Bootstrap intervals by item, with memory that does not grow with the project.

Rankings of one item are not independent, so whole items are drawn (Efron and Tibshirani 1993, ch. 6 and 8). Every
figure here is a function of sums over items. Items go to GROUPS groups, by turns; a draw takes as many groups as
there are, with replacement, and adds up their sums. With at most GROUPS items that is the plain bootstrap by item.
Percentile intervals, 95 %, from a seed that never changes: the same ballots give the same interval.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

GROUPS = 200
DRAWS = 400
FEWEST = 5
"""Fewer than this give no interval: it would say more about the items than about the figure."""
SEED = 20261121

Sums = Mapping[Hashable, float]
Totals = defaultdict[Hashable, float]
Figure = Callable[[Sums], float | None]


@dataclass(frozen=True)
class Measure:
    """A figure of sums, and the sum that says how many things it was counted from."""

    figure: Figure
    counted: Hashable


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval and what it was counted from. None: undefined, or too little to say."""

    value: float | None
    low: float | None
    high: float | None
    n: int

    def as_json(self) -> dict[str, float | int | None]:
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n}


def add_to(totals: Totals, more: Mapping[Any, float]) -> None:
    """Add every value of `more` to the total of its name."""
    for name, value in more.items():
        totals[name] += value


@dataclass
class GroupedSums:
    """Sums over items, kept apart in groups; `items` is how many were added."""

    groups: list[Totals] = field(default_factory=lambda: [defaultdict(float) for _ in range(GROUPS)])
    items: int = 0

    def add(self, sums: Mapping[Any, float]) -> None:
        """Add the sums of one item."""
        add_to(self.groups[self.items % GROUPS], sums)
        self.items += 1

    def total(self) -> Totals:
        return _added(self.groups)

    def estimates(self, measures: Mapping[str, Measure]) -> dict[str, Estimate]:
        """Return each figure over all items with its interval. One set of draws serves all of them."""
        total = self.total()
        draws: dict[str, list[float]] = {name: [] for name in measures}
        if self.items >= FEWEST:
            for sums in self._drawn():
                for name, measure in measures.items():
                    value = measure.figure(sums)
                    if value is not None:
                        draws[name].append(value)
        return {
            name: _estimate(measure.figure(total), sorted(draws[name]), round(total[measure.counted]))
            for name, measure in measures.items()
        }

    def _drawn(self) -> Iterator[Sums]:
        dice = random.Random(SEED)  # noqa: S311  a bootstrap, not a secret
        filled = self.groups[: min(self.items, GROUPS)]
        for _ in range(DRAWS):
            yield _added(dice.choices(filled, k=len(filled)))


def _estimate(value: float | None, drawn: list[float], n: int) -> Estimate:
    """Return the percentile interval; none where the figure is undefined in half of the draws.

    None either where all draws agree: that the items were alike does not make the figure sure.
    """
    if value is None or len(drawn) < DRAWS // 2 or n < FEWEST or drawn[-1] - drawn[0] < 1e-12:
        return Estimate(value, None, None, n)
    return Estimate(value, min(value, percentile(drawn, 0.025)), max(value, percentile(drawn, 0.975)), n)


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which `share` of the sorted values lie, between neighbours by proportion."""
    at = share * (len(ordered) - 1)
    lower = int(at)
    upper = min(lower + 1, len(ordered) - 1)
    return ordered[lower] + (at - lower) * (ordered[upper] - ordered[lower])


def ratio(above: Hashable, below: Hashable) -> Figure:
    """Return the figure sum(above) / sum(below), undefined where the latter is 0."""

    def figure(sums: Sums) -> float | None:
        whole = sums.get(below, 0)
        return sums.get(above, 0) / whole if whole else None

    return figure


def _added(groups: Sequence[Sums]) -> Totals:
    totals: Totals = defaultdict(float)
    for group in groups:
        add_to(totals, group)
    return totals
