"""Does where an answer stood on the page, or how long it is, predict its rank? Tests, sizes, and their limits.

**Position.** Every page shows the completions in a fresh random order, so under "place does not matter" each
order is equally likely whatever the person thinks: a randomisation test with nothing assumed about people. Per
ballot S is Kendall's sum over pairs (+1: shown earlier and ranked higher, -1: shown earlier and ranked lower); its
null distribution depends on the sizes of the tied groups alone (Kendall, Rank Correlation Methods, 1970, ch. 4;
inversions of a multiset have the Gaussian multinomial as generating function, MacMahon 1916).

**Length.** Lengths are not random: a longer answer may be the better one. The test asks whether they go together,
not why. Within an item S sums sign(length) x sign(rank) over all ballots; turning every length around flips its
sign, so under "no relation" signs are as good as coins: a sign-flip test by item.

Small samples are exact; past MANY steps the sum is normal with the exact variance. Several tests are run on one
project: `holm` raises their p-values to what they are worth together (Holm 1979).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import erfc, exp, gamma, sqrt

from annotation.quality.orders import Order, pairs_of

MANY = 100
"""Up to so many ballots (position) or items (length) p is exact."""
WIDEST = 2_000
"""And as long as the sum stays within this: lengths of items with very many ballots go to the normal sooner."""


def place_sum(order: Order, shown: Sequence[int]) -> tuple[int, int]:
    """Return S of one ballot, and the number of pairs that it orders strictly. `shown` is top to bottom."""
    signs = [order.sign(shown[a], shown[b]) or 0 for a, b in pairs_of(len(shown))]
    return sum(signs), sum(map(abs, signs))


@lru_cache(maxsize=4096)
def tied_sizes(order: Order) -> tuple[int, ...]:
    """Return the sizes of the groups that are not ordered within: ties, unranked, unacceptable."""
    return tuple(sorted(Counter(order.levels).values()))


@lru_cache(maxsize=512)
def null_of_place(sizes: tuple[int, ...]) -> dict[int, float]:
    """Return the probability of each S of one ballot under random shown orders, given the sizes of its ties."""
    weights = [1]
    placed = 0
    for size in sizes:  # the Gaussian binomial of (placed + size) over size, multiplied up
        placed += size
        weights = _times(weights, _gaussian(placed, size))
    whole, pairs = sum(weights), len(weights) - 1
    return {pairs - 2 * inversions: weight / whole for inversions, weight in enumerate(weights)}


@lru_cache(maxsize=512)
def _gaussian(n: int, m: int) -> list[int]:
    """Return the coefficients of the Gaussian binomial by Pascal's rule: [n, m] = [n-1, m-1] + q^m [n-1, m]."""
    if m in {0, n}:
        return [1]
    one, other = _gaussian(n - 1, m - 1), [0] * m + _gaussian(n - 1, m)
    width = max(len(one), len(other))
    return [(one[i] if i < len(one) else 0) + (other[i] if i < len(other) else 0) for i in range(width)]


def _times(one: Sequence[int], other: Sequence[int]) -> list[int]:
    found = [0] * (len(one) + len(other) - 1)
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            found[i + j] += a * b
    return found


@dataclass(frozen=True)
class Test:
    """`p` two-sided; `exact`: from the null distribution itself, else normal with its exact variance."""

    statistic: float
    p: float | None
    n: int
    exact: bool


@dataclass
class SumTest:
    """A sum of independent, symmetric, whole-numbered terms, tested against zero. Grows by no more than MANY terms."""

    total: int = 0
    variance: float = 0.0
    n: int = 0
    nulls: list[dict[int, float]] = field(default_factory=list)

    def add_place(self, order: Order, shown: Sequence[int]) -> None:
        """Add one ballot to the position test."""
        self._add(place_sum(order, shown)[0], null_of_place(tied_sizes(order)))

    def add_flip(self, value: int) -> None:
        """Add one item to a sign-flip test; a zero says nothing either way and is left out."""
        if value:
            self._add(value, {abs(value): 0.5, -abs(value): 0.5})

    def _add(self, value: int, null: dict[int, float]) -> None:
        self.total += value
        self.variance += sum(p * s * s for s, p in null.items())
        self.n += 1
        if len(self.nulls) <= MANY:
            self.nulls.append(null)

    def result(self) -> Test:
        if not self.variance:
            return Test(self.total, None, self.n, False)
        reach = sum(max(null) for null in self.nulls)
        if self.n <= MANY and reach <= WIDEST:
            return Test(self.total, _exact_p(self.total, self.nulls), self.n, True)
        return Test(self.total, erfc(abs(self.total) / sqrt(2 * self.variance)), self.n, False)


def _exact_p(total: int, nulls: Iterable[dict[int, float]]) -> float:
    """Return P(|sum| >= |total|) by convolution."""
    found = {0: 1.0}
    for null in nulls:
        after: dict[int, float] = {}
        for at, chance in found.items():
            for step, weight in null.items():
                after[at + step] = after.get(at + step, 0.0) + chance * weight
        found = after
    return min(1.0, sum(chance for at, chance in found.items() if abs(at) >= abs(total)))


def winner_test(firsts: Sequence[int]) -> Test:
    """Return whether sole winners stood in every place equally often; `firsts[p]` counts those shown in place p.

    Pearson's chi-squared with K - 1 degrees of freedom; it sees what a trend over places does not, such as first
    and last winning. Without five expected in a place it says nothing (p None).
    """
    n, k = sum(firsts), len(firsts)
    if n < 5 * k:
        return Test(0.0, None, n, False)
    statistic = sum((count - n / k) ** 2 / (n / k) for count in firsts)
    return Test(statistic, chi_squared_tail(statistic, k - 1), n, False)


def chi_squared_tail(x: float, df: int) -> float:
    """Return P(chi-squared with df degrees of freedom >= x), by the recurrence from 1 or 2 degrees (exact)."""
    tail, at = (erfc(sqrt(x / 2)), 1) if df % 2 else (exp(-x / 2), 2)
    while at < df:
        tail += (x / 2) ** (at / 2) * exp(-x / 2) / gamma(at / 2 + 1)
        at += 2
    return min(1.0, tail)


def length_sum(orders: Sequence[Order], lengths: Sequence[int]) -> tuple[int, int, int]:
    """Return of one item: S, the pairs in which the longer one is ranked higher, and all pairs that differ in both."""
    balance = higher = pairs = 0
    for order in orders:
        for i, j in pairs_of(len(lengths)):
            sign, longer = order.sign(i, j) or 0, (lengths[i] > lengths[j]) - (lengths[i] < lengths[j])
            balance += sign * longer
            higher += sign * longer > 0
            pairs += sign * longer != 0
    return balance, higher, pairs


def holm(ps: Sequence[float | None]) -> list[float | None]:
    """Return the p-values raised for being several; None stays None and is not counted."""
    known = sorted((p, at) for at, p in enumerate(ps) if p is not None)
    raised: list[float | None] = [None] * len(ps)
    least = 0.0
    for rank, (p, at) in enumerate(known):
        least = max(least, min(1.0, (len(known) - rank) * p))
        raised[at] = least
    return raised
