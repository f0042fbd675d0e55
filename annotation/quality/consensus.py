"""What a set of rankings of one item says together: strengths with intervals, majorities, cycles, ties.

Plackett-Luce: R. L. Plackett, "The analysis of permutations", Applied Statistics 24 (1975) 193-202. Ties follow
Breslow's approximation (Biometrics 30 (1974) 89-99): each member of a tied group is chosen from the group and all
below it, as `rewardmodel.ml.plackett_luce` does. An unranked completion is chosen over the unacceptable ones
alone: it is never set against another unranked one. Bradley-Terry (Biometrika 39 (1952) 324-345) is the same
likelihood with choices of two.

A prior, log strength ~ Normal(0, PRIOR_SD^2), independent: without it strengths run to infinity as soon as one
completion always wins. Weak: a factor of e^3 = 20 either way is within one standard deviation. With it the posterior
is strictly concave, so that the mode exists, is unique, and does not depend on how completions are numbered.
Intervals: mode +- 1.96 standard errors from the inverse of the observed information (Laplace). With a handful of
rankings they are rough; they are there to say "can't tell", not to say "surely".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

from annotation.quality.linear import inverse, solve
from annotation.quality.orders import Order, pairs_of

PRIOR_SD = 3.0
Z95 = 1.959963984540054
EQUAL = 1e-6
"""Strengths closer than this are the same; Newton's steps end below 1e-10."""
Choice = tuple[int, tuple[int, ...]]
"""(the completion that was chosen, all that it was chosen from, itself among them)"""


@dataclass(frozen=True)
class Strengths:
    """Log strengths, their mean 0, with 95 % intervals; `tiers` best first, equal strengths together."""

    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    tiers: tuple[tuple[int, ...], ...]
    open_pairs: tuple[tuple[int, int], ...]
    """Pairs whose difference has an interval that holds 0: these rankings can't tell which is better."""


def plackett_luce(orders: Sequence[Order], k: int, prior_sd: float = PRIOR_SD) -> Strengths:
    """Return the strengths of K completions from whole, tied or partial rankings."""
    return fit(Counter(choice for order in orders for choice in choices_of(order)), k, prior_sd)


def pairwise(orders: Sequence[Order], k: int, prior_sd: float = PRIOR_SD) -> Strengths:
    """Return Bradley-Terry strengths from every pair of every ranking; a tie is half a win for each.

    Turning all rankings around turns the result around, which Plackett-Luce's does not: it would put the middle of
    two opposite rankings first. A ranking's pairs are not independent: each weighs 2/K, so that K - 1 of them are
    counted, as many as Plackett-Luce counts choices. (All pairs give a consistent estimate: Azari Soufiani, Chen,
    Parkes and Xia, NIPS 2013.)
    """
    wins = [[0.0] * k for _ in range(k)]
    for order in orders:
        for i, j in pairs_of(k):
            sign = order.sign(i, j)
            if sign is not None:
                wins[i][j] += (1 + sign) / k
                wins[j][i] += (1 - sign) / k
    return bradley_terry(wins, prior_sd)


def bradley_terry(wins: Sequence[Sequence[float]], prior_sd: float = PRIOR_SD) -> Strengths:
    """Return the strengths from counts: `wins[i][j]` is how often i was put above j."""
    pairs = {
        (winner, tuple(sorted((winner, loser)))): times
        for winner, row in enumerate(wins)
        for loser, times in enumerate(row)
        if winner != loser and times
    }
    return fit(pairs, len(wins), prior_sd)


def choices_of(order: Order) -> list[Choice]:
    """Return the choices that a ranking states. A completion with nothing below it is no choice."""
    found: list[Choice] = []
    for chosen, level in enumerate(order.levels):
        below = tuple(i for i, other in enumerate(order.levels) if other > level)
        if not below:
            continue
        tied = tuple(i for i, other in enumerate(order.levels) if other == level)
        beside = (chosen,) if chosen in order.unranked else tied
        found.append((chosen, tuple(sorted(beside + below))))
    return found


def fit(stated: Mapping[Choice, float], k: int, prior_sd: float = PRIOR_SD) -> Strengths:
    """Return the posterior mode by Newton's method with halved steps, and its intervals.

    `stated` counts each choice. Strengths are those of the centred scale: their common level is not estimated.
    """
    theta = [0.0] * k
    current = _log_posterior(theta, stated, prior_sd)
    for _ in range(200):
        gradient, information = _slopes(theta, stated, prior_sd)
        step, size = solve(information, gradient), 1.0
        while True:
            tried = [value + size * move for value, move in zip(theta, step, strict=True)]
            reached = _log_posterior(tried, stated, prior_sd)
            if reached >= current or size < 1e-8:
                break
            size /= 2
        theta, current = tried, reached
        if max(map(abs, step)) < 1e-10:
            break
    return _with_intervals(theta, _centred(inverse(_slopes(theta, stated, prior_sd)[1])))


def _centred(covariance: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return the covariance of the strengths minus their mean, which the rankings say nothing about."""
    k = len(covariance)
    rows = [sum(row) / k for row in covariance]
    whole = sum(rows) / k
    return [[covariance[i][j] - rows[i] - rows[j] + whole for j in range(k)] for i in range(k)]


def _with_intervals(theta: Sequence[float], covariance: Sequence[Sequence[float]]) -> Strengths:
    k = len(theta)
    errors = [Z95 * sqrt(max(covariance[i][i], 0.0)) for i in range(k)]
    open_pairs = []
    for i, j in pairs_of(k):
        variance = covariance[i][i] + covariance[j][j] - 2 * covariance[i][j]
        if abs(theta[i] - theta[j]) <= Z95 * sqrt(max(variance, 0.0)):
            open_pairs.append((i, j))
    return Strengths(
        tuple(theta),
        tuple(value - error for value, error in zip(theta, errors, strict=True)),
        tuple(value + error for value, error in zip(theta, errors, strict=True)),
        _tiers(theta),
        tuple(open_pairs),
    )


def _tiers(theta: Sequence[float]) -> tuple[tuple[int, ...], ...]:
    """Return the completions by strength, equal ones together: a tie is said, never broken by a number."""
    tiers: list[list[int]] = []
    for i in sorted(range(len(theta)), key=lambda i: -theta[i]):
        if tiers and theta[tiers[-1][-1]] - theta[i] < EQUAL:
            tiers[-1].append(i)
        else:
            tiers.append([i])
    return tuple(tuple(sorted(tier)) for tier in tiers)


def _log_posterior(theta: Sequence[float], choices: Mapping[Choice, float], sd: float) -> float:
    total = -sum(value * value for value in theta) / (2 * sd * sd)
    for (chosen, rivals), times in choices.items():
        top = max(theta[i] for i in rivals)
        total += times * (theta[chosen] - top - log(sum(exp(theta[i] - top) for i in rivals)))
    return total


def _slopes(
    theta: Sequence[float], choices: Mapping[Choice, float], sd: float
) -> tuple[list[float], list[list[float]]]:
    """Return the gradient of the log posterior and the negative of its second derivatives."""
    k, precision = len(theta), 1 / (sd * sd)
    gradient = [-precision * value for value in theta]
    information = [[precision if i == j else 0.0 for j in range(k)] for i in range(k)]
    for (chosen, rivals), times in choices.items():
        top = max(theta[i] for i in rivals)
        weights = {i: exp(theta[i] - top) for i in rivals}
        whole = sum(weights.values())
        gradient[chosen] += times
        for i in rivals:
            share = weights[i] / whole
            gradient[i] -= times * share
            information[i][i] += times * share
            for j in rivals:
                information[i][j] -= times * share * weights[j] / whole
    return gradient, information
