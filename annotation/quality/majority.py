"""Majorities between the completions of one item: who beats whom, who is level, and whether it goes in a circle.

A cycle (Condorcet 1785) means that no order agrees with every majority; it is reported as the set of completions
in it, and no order is made up for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotation.quality.orders import Order, pairs_of


@dataclass(frozen=True)
class Majorities:
    """`wins[i][j]`: rankings that put i above j. `cycles`: sets that beat each other in a circle, sorted."""

    wins: tuple[tuple[int, ...], ...]
    cycles: tuple[tuple[int, ...], ...]
    level_pairs: tuple[tuple[int, int], ...]
    """Pairs where as many put i above j as j above i: ties and splits alike."""
    winner: int | None
    """The completion that beats every other by majority, if there is one."""


def majorities(orders: Sequence[Order], k: int) -> Majorities:
    """Return the majorities of these rankings of one item with K completions."""
    wins = [[0] * k for _ in range(k)]
    for order in orders:
        for i, j in pairs_of(k):
            sign = order.sign(i, j)
            if sign:
                wins[i if sign > 0 else j][j if sign > 0 else i] += 1
    beats = [[wins[i][j] > wins[j][i] for j in range(k)] for i in range(k)]
    level = tuple((i, j) for i, j in pairs_of(k) if wins[i][j] == wins[j][i])
    winner = next((i for i in range(k) if sum(beats[i]) == k - 1), None)
    return Majorities(tuple(map(tuple, wins)), _cycles(beats), level, winner)


def _cycles(beats: Sequence[Sequence[bool]]) -> tuple[tuple[int, ...], ...]:
    """Return the sets of more than one completion that each reach all others of the set (Warshall's closure)."""
    k = len(beats)
    reach = [list(row) for row in beats]
    for middle in range(k):
        for i in range(k):
            if reach[i][middle]:
                reach[i] = [a or b for a, b in zip(reach[i], reach[middle], strict=True)]
    sets = {tuple(j for j in range(k) if reach[i][j] and reach[j][i]) for i in range(k)}
    return tuple(sorted(found for found in sets if len(found) > 1))
