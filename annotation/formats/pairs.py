"""The strict pairs that a ranking states, by policy, and how strong each is. Pure.

From best to worst stand the groups, then the unranked together, then the unacceptable together: the tiers. A pair
is two completions of different tiers. Two of one tier are no pair: a tie is skipped and never broken, and the
unranked are not compared with one another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, product

from annotation.formats.rows import OutsideAnswer

POLICIES = {
    "all": "every pair that the ranking implies",
    "adjacent": "each completion with those one tier below it",
    "best_worst": "the best tier with the worst",
}
MARGINS = {
    "none": "no margin column",
    "required": "a margin on every row; refused if a pair has no stated strength",
    "where_stated": "a margin on every row; pairs without a stated strength are left out and counted",
}
# One boundary between neighbouring groups, in log-odds. Crossing several adds them up.
MARGIN_OF = {"slight": 0.5, "clear": 1.0, "strong": 2.0}


@dataclass(frozen=True)
class Pair:
    """`better` and `worse` are indexes. `margin` is None where a strength on the way was not said."""

    better: int
    worse: int
    margin: float | None


def tiers(answer: OutsideAnswer) -> list[tuple[int, ...]]:
    """Return what stands above what, best first."""
    return [*answer.groups, *(tier for tier in (answer.unranked, answer.unacceptable) if tier)]


def pairs(answer: OutsideAnswer, policy: str) -> Iterator[Pair]:
    """Yield the pairs of `policy`, each once, better tiers first."""
    stack = tiers(answer)
    for upper, lower in _places(len(stack), policy):
        margin = _margin(answer, upper, lower)
        for better, worse in product(sorted(stack[upper]), sorted(stack[lower])):
            yield Pair(better, worse, margin)


def tied(answer: OutsideAnswer) -> int:
    """Count the pairs that the ranking leaves open: ties, and the unranked among themselves."""
    return sum(len(tier) * (len(tier) - 1) // 2 for tier in tiers(answer))


def comparisons(answer_tiers: Sequence[Sequence[int]]) -> int:
    """Count the strict pairs between tiers."""
    sizes = [len(tier) for tier in answer_tiers if tier]
    return sum(one * other for one, other in combinations(sizes, 2))


def _places(count: int, policy: str) -> Iterator[tuple[int, int]]:
    if policy == "all":
        yield from combinations(range(count), 2)
    elif policy == "adjacent":
        yield from pairwise(range(count))
    elif policy == "best_worst":
        yield from [(0, count - 1)] if count > 1 else []
    else:
        raise ValueError(f"{policy!r} is no pair policy")


def _margin(answer: OutsideAnswer, upper: int, lower: int) -> float | None:
    """Return the sum over the boundaries crossed. Below the last group nobody says a strength."""
    crossed = answer.strengths[upper:lower]
    if lower >= len(answer.groups) or len(crossed) != lower - upper:
        return None
    stated = [MARGIN_OF[strength] for strength in crossed if strength is not None]
    return sum(stated) if len(stated) == len(crossed) else None
