"""How far a person's rankings agree with what others say together. ADVICE FOR DATA ONLY.

A weight may go into the quality file of a dataset, under a release pseudonym. It is never a mark of a person: who
sees what the majority misses has a low one. Neither wages, nor assignment, nor publishing imports this module (an
import contract and a test hold that), and engineers see its distribution alone.

Per ballot: tau-b with the order of the others on that item, left alone (leave-one-out). Per person: the mean,
shrunk to the mean of all as far as chance explains their difference (empirical Bayes: Morris, JASA 78 (1983) 47-55;
between-person variance by the method of moments of an unbalanced one-way layout: Searle, Casella and McCulloch,
Variance Components (1992), ch. 3). Intervals are the posterior's, 95 %, with the mean's own uncertainty added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TypeVar

from annotation.quality.agreement import tau_b
from annotation.quality.consensus import Z95
from annotation.quality.orders import Order, pairs_of

SMALLEST_CROWD = 5
"""Figures over people are shown from so many people on; with fewer they would be about somebody."""
Person = TypeVar("Person")


def together(orders: Sequence[Order]) -> Order:
    """Return the order that these rankings come to by counting wins minus losses (Borda 1781), ties kept."""
    k = len(orders[0])
    score = [0] * k
    for order in orders:
        for i, j in pairs_of(k):
            sign = order.sign(i, j) or 0
            score[i] += sign
            score[j] -= sign
    ranks = {value: level for level, value in enumerate(sorted(set(score), reverse=True))}
    return Order(tuple(ranks[value] for value in score))


def agreement_with_others(orders: Sequence[Order]) -> list[float | None]:
    """Return each ballot's tau-b with the order of all others on the item; None where undefined or alone."""
    if len(orders) < 2:
        return [None] * len(orders)
    return [tau_b(order, together([*orders[:at], *orders[at + 1 :]])) for at, order in enumerate(orders)]


@dataclass
class Running:
    """Count, sum and sum of squares of one person's agreements."""

    n: int = 0
    total: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        self.n += 1
        self.total += value
        self.squares += value * value

    @property
    def mean(self) -> float:
        return self.total / self.n

    @property
    def spread(self) -> float:
        """Return the sum of squared deviations from the person's own mean."""
        return max(0.0, self.squares - self.total * self.total / self.n)


@dataclass(frozen=True)
class Weight:
    value: float
    low: float
    high: float
    n: int


def weights(people: Mapping[Person, Running]) -> dict[Person, Weight]:
    """Return everybody's shrunk agreement. People without a single defined agreement are left out."""
    seen = {person: running for person, running in people.items() if running.n}
    total = sum(running.n for running in seen.values())
    if not total:
        return {}
    mean = sum(running.total for running in seen.values()) / total
    within = _within(list(seen.values()), total)
    between = _between(list(seen.values()), total, mean, within)
    return {person: _shrunk(running, mean, within, between, total) for person, running in seen.items()}


def _within(people: Sequence[Running], total: int) -> float:
    free = total - len(people)
    return sum(running.spread for running in people) / free if free else 0.0


def _between(people: Sequence[Running], total: int, mean: float, within: float) -> float:
    if len(people) < 2:
        return 0.0
    spread = sum(running.n * (running.mean - mean) ** 2 for running in people)
    size = total - sum(running.n**2 for running in people) / total
    return max(0.0, (spread - (len(people) - 1) * within) / size) if size else 0.0


def _shrunk(running: Running, mean: float, within: float, between: float, total: int) -> Weight:
    noise = within / running.n
    kept = between / (between + noise) if between + noise else 1.0
    value = min(1.0, max(-1.0, mean + kept * (running.mean - mean)))
    error = Z95 * sqrt(kept * noise + (1 - kept) ** 2 * within / total)
    return Weight(value, max(-1.0, value - error), min(1.0, value + error), running.n)
