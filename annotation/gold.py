"""How an answer compares with what is known about an item. Pure.

Gold is advice about data: no pay and no offer reads it. A qualification shows its verdict to the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from annotation.ranking import Answer, pairs
from byhand.errors import Invalid


class InvalidGold(Invalid):
    code = "invalid_gold"


@dataclass(frozen=True)
class GoldVerdict:
    """`right` of `right + wrong` known facts were met; a tie or an unranked pair misses a known order."""

    right: int
    wrong: int
    missed_pairs: tuple[tuple[int, int], ...]
    missed_unacceptable: tuple[int, ...]

    @property
    def passed(self) -> bool:
        return self.wrong == 0


def judge(answer: Answer, better: Sequence[Sequence[int]], unacceptable: Sequence[int]) -> GoldVerdict:
    """Compare an answer with the known pairs (i stands above j) and the known unacceptable completions."""
    stated = set(pairs(answer))
    missed = tuple((upper, lower) for upper, lower in better if (upper, lower) not in stated)
    kept = tuple(index for index in unacceptable if index not in answer.unacceptable)
    wrong = len(missed) + len(kept)
    return GoldVerdict(len(better) + len(unacceptable) - wrong, wrong, missed, kept)


def checked_gold(
    *, better: object, unacceptable: object, k: int
) -> tuple[tuple[tuple[int, int], ...], tuple[int, ...]]:
    """Return the known pairs and unacceptables, sorted, each once. Raises InvalidGold with every problem."""
    problems: list[str] = []
    known: set[tuple[int, int]] = set()
    for at, pair in enumerate(better if isinstance(better, list | tuple) else _refuse("better", problems)):
        if (
            isinstance(pair, list | tuple)
            and len(pair) == 2
            and all(_is_index(i, k) for i in pair)
            and pair[0] != pair[1]
        ):
            known.add((pair[0], pair[1]))
        else:
            problems.append(f"better[{at}]: two different completions of this item, the better one first")
    refused: set[int] = set()
    for at, index in enumerate(
        unacceptable if isinstance(unacceptable, list | tuple) else _refuse("unacceptable", problems)
    ):
        if _is_index(index, k):
            refused.add(index)
        else:
            problems.append(f"unacceptable[{at}]: a completion of this item")
    problems += [
        f"better: completion {upper + 1} is unacceptable and can't stand above another"
        for upper, lower in sorted(known)
        if upper in refused and lower not in refused
    ]
    if _has_circle(known):
        problems.append("better: the pairs go in a circle")
    if not known and not refused and not problems:
        problems.append("better: name at least one pair, or one unacceptable completion")
    if problems:
        raise InvalidGold("What is known about this item can't be kept.", problems)
    return tuple(sorted(known)), tuple(sorted(refused))


def _refuse(name: str, problems: list[str]) -> tuple[()]:
    problems.append(f"{name}: a list")
    return ()


def _is_index(value: object, k: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < k


def _has_circle(known: set[tuple[int, int]]) -> bool:
    """Return whether no order can satisfy the pairs: take away whoever nothing stands above, until nobody is left."""
    left = set(known)
    while left:
        below = {lower for _upper, lower in left}
        rest = {(upper, lower) for upper, lower in left if upper in below}
        if rest == left:
            return True
        left = rest
    return False
