"""A ranking as the measures see it: who stands above whom, who is tied, and what was not compared.

A completion's level is 0 for the best group; equal levels are a tie. Unranked completions share one level below
every group and are not compared with one another; unacceptable ones share the lowest level and are tied: the
worker said the same of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

Groups = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Order:
    """`levels[i]` is the level of completion i; `unranked` are those that were not compared with one another."""

    levels: tuple[int, ...]
    unranked: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.levels)

    def sign(self, i: int, j: int) -> int | None:
        """Return 1 if i stands above j, -1 if below, 0 for a tie, None where the two were not compared."""
        if self.levels[i] != self.levels[j]:
            return 1 if self.levels[i] < self.levels[j] else -1
        return None if i in self.unranked else 0

    def signs(self) -> tuple[int | None, ...]:
        """Return `sign(i, j)` of every pair i < j, in the order of `pairs_of`."""
        return _signs(self)

    def relabelled(self, names: Sequence[int]) -> Order:
        """Return the same ranking with completion i called `names[i]`."""
        levels = [0] * len(self.levels)
        for old, new in enumerate(names):
            levels[new] = self.levels[old]
        return Order(tuple(levels), frozenset(names[i] for i in self.unranked))

    def reversed(self) -> Order:
        """Return the ranking upside down."""
        lowest = max(self.levels, default=0)
        return Order(tuple(lowest - level for level in self.levels), self.unranked)


@lru_cache(maxsize=4096)  # few rankings of K are different, and a project has a million of them
def _signs(order: Order) -> tuple[int | None, ...]:
    return tuple(order.sign(i, j) for i, j in pairs_of(len(order.levels)))


def order_of(groups: Groups, unranked: Sequence[int] = (), unacceptable: Sequence[int] = ()) -> Order:
    """Return the order of an answer. Raises ValueError unless 0 to K-1 are each named once."""
    tiers = [list(group) for group in groups] + [list(rest) for rest in (unranked, unacceptable) if rest]
    named = sorted(index for tier in tiers for index in tier)
    if named != list(range(len(named))) or not named:
        raise ValueError("an answer names each completion from 0 to K-1 once")
    levels = [0] * len(named)
    for level, tier in enumerate(tiers):
        for index in tier:
            levels[index] = level
    return Order(tuple(levels), frozenset(unranked))


def pairs_of(k: int) -> tuple[tuple[int, int], ...]:
    """Return the pairs i < j of K completions."""
    return _PAIRS[k] if k < len(_PAIRS) else tuple(combinations(range(k), 2))


_PAIRS = tuple(tuple(combinations(range(k), 2)) for k in range(10))


@lru_cache(maxsize=4096)
def midranks(order: Order) -> tuple[float | None, ...]:
    """Return each completion's rank from 1 (best), ties at their mean; None for the unranked, which have none.

    Unranked completions still take up places: what lies below them is ranked below all of them.
    """
    k = len(order.levels)
    ranks: list[float | None] = [None] * k
    for i, level in enumerate(order.levels):
        if i in order.unranked:
            continue
        above = sum(other < level for other in order.levels)
        tied = sum(other == level for other in order.levels)
        ranks[i] = above + (tied + 1) / 2
    return tuple(ranks)
