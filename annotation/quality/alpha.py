"""Krippendorff's alpha of rankings, from coincidences that add up over items.

K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), and Content Analysis, 2nd ed. (2004), ch. 11.

Units and values: every completion of every item is one unit; the value a person gives it is its rank from 1 to K
in their answer, ties at their mean rank. An unranked completion has no value (missing); a unit with fewer than two
values is not pairable and drops out. The metric is *ordinal* on these ranks by default, *interval* on request.

    alpha = 1 - D_o / D_e
    o_ck = sum over units u of (pairs of values (c, k) given by two people in u) / (m_u - 1)
    D_o = 1/n sum o_ck delta2(c, k)        D_e = 1/(n (n - 1)) sum n_c n_k delta2(c, k)
    ordinal:  delta2(c, k) = (n_c/2 + sum of n_g for c < g < k + n_k/2)^2        interval: (c - k)^2
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Literal

from annotation.quality.orders import Order, midranks

Metric = Literal["ordinal", "interval"]
Coincidences = Mapping[tuple[float, float], float]
"""(c, k) with c <= k to o_ck + o_kc (for c == k: o_cc). Sums of these over items are those of all items."""


def coincidences(orders: Sequence[Order]) -> dict[tuple[float, float], float]:
    """Return what the rankings of one item add to the coincidence matrix."""
    return of_units(zip(*(midranks(order) for order in orders), strict=True))


def of_units(units: Iterable[Sequence[float | None]]) -> dict[tuple[float, float], float]:
    """Return the coincidences of units, each a row of the values that people gave it (None: missing)."""
    found: dict[tuple[float, float], float] = defaultdict(float)
    for values in units:
        given = [value for value in values if value is not None]
        if len(given) < 2:
            continue
        for one, other in combinations(given, 2):
            found[(min(one, other), max(one, other))] += 2 / (len(given) - 1)
    return dict(found)


def merged(parts: Iterable[Coincidences]) -> dict[tuple[float, float], float]:
    """Return the sum of coincidences."""
    total: dict[tuple[float, float], float] = defaultdict(float)
    for part in parts:
        for pair, weight in part.items():
            total[pair] += weight
    return dict(total)


def alpha(found: Coincidences, metric: Metric = "ordinal") -> float | None:
    """Return alpha: 1 is full agreement, 0 what chance gives, below 0 worse than chance.

    None where it is undefined: fewer than two pairable values, or all values the same.
    """
    counts = _counts(found)
    n = sum(counts.values())
    delta2 = _distances(counts, metric)
    expected = sum(
        counts[one] * counts[other] * delta2(one, other) for one, other in combinations(sorted(counts), 2)
    )
    if n <= 1 or expected <= 0:
        return None
    observed = sum(weight * delta2(c, k) for (c, k), weight in found.items())
    # both sums run over unordered pairs; `found` holds o_ck + o_kc, so that half of it faces n_c n_k
    return 1 - (n - 1) * (observed / 2) / expected


def _counts(found: Coincidences) -> dict[float, float]:
    """Return n_c: how many pairable values are c."""
    counts: dict[float, float] = {}
    for (c, k), weight in found.items():
        counts[c] = counts.get(c, 0.0) + (weight if c == k else weight / 2)
        if c != k:
            counts[k] = counts.get(k, 0.0) + weight / 2
    return counts


def _distances(counts: Mapping[float, float], metric: Metric) -> Callable[[float, float], float]:
    if metric == "interval":
        return lambda one, other: (one - other) ** 2
    below, running = {}, 0.0
    for value in sorted(counts):  # the middle of each value's stretch of the sorted values
        below[value] = running + counts[value] / 2
        running += counts[value]
    return lambda one, other: (below[one] - below[other]) ** 2
