"""How far rankings agree: Kendall's tau-b of two, its mean over many, and an item's split as entropy.

tau-b: M. G. Kendall, "The treatment of ties in ranking problems", Biometrika 33 (1945) 239-251.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log2, sqrt

from annotation.quality.orders import Order

Signs = Sequence[int | None]


def tau_b(one: Order, other: Order) -> float | None:
    """Return Kendall's tau-b, or None where it is undefined.

    Over the pairs that both compared: (C - D) / sqrt((P - T1) (P - T2)), with C concordant and D discordant
    pairs, P all of them and T1, T2 those tied in the one and in the other. Undefined where nothing was compared
    by both or one of them ties everything: such a ranking says nothing that another could agree with.
    """
    if len(one) != len(other):
        raise ValueError("two rankings of the same completions are needed")
    return tau_of_signs(one.signs(), other.signs())


def tau_of_signs(one: Signs, other: Signs) -> float | None:
    """Return tau-b of two rankings given as the signs of their pairs (`Order.signs`)."""
    balance = strict_one = strict_other = 0
    for a, b in zip(one, other, strict=True):
        if a is None or b is None:
            continue
        balance += a * b
        strict_one += a != 0
        strict_other += b != 0
    if not strict_one or not strict_other:
        return None
    if strict_one == strict_other:  # exact: no root of a square
        return balance / strict_one
    return balance / sqrt(strict_one * strict_other)


@dataclass(frozen=True)
class Pairwise:
    """The mean tau-b over the pairs of rankings where it is defined, and how many those are."""

    mean: float | None
    defined: int
    undefined: int


def mean_pairwise(orders: Sequence[Order]) -> Pairwise:
    """Return the mean tau-b over every two of these rankings of one item."""
    signs = [order.signs() for order in orders]
    taus = [tau_of_signs(a, b) for a, b in combinations(signs, 2)]
    defined = [tau for tau in taus if tau is not None]
    mean = sum(defined) / len(defined) if defined else None
    return Pairwise(mean, len(defined), len(taus) - len(defined))


def entropy(orders: Sequence[Order]) -> float | None:
    """Return how split the rankings of one item are: the mean over its pairs of Shannon's entropy, from 0 to 1.

    Each pair has three answers, above, level and below; its entropy is divided by log2(3). 0: everybody says the
    same, be it a tie; 1: all three equally often. None: nothing was compared.
    """
    total, compared = 0.0, 0
    for said in zip(*(order.signs() for order in orders), strict=True):
        given = [sign for sign in said if sign is not None]
        if given:
            shares = [given.count(sign) / len(given) for sign in (1, 0, -1)]
            total -= sum(share * log2(share) for share in shares if share)
            compared += 1
    return min(max(total / compared / log2(3), 0.0), 1.0) if compared else None
