"""What a ranking is: ordered groups of tied completions, and below them the unacceptable ones.

Pure: knows neither the database nor pages. Completions are numbers 0 to K-1; every one is named exactly
once. Nothing has a default: a completion that nobody placed is an error, never a last place.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from byhand.errors import Invalid


class InvalidRanking(Invalid):
    code = "invalid_ranking"


@dataclass(frozen=True)
class Ranking:
    """`groups` best first, each group sorted; `unacceptable` sorted. Two equal judgements compare equal."""

    groups: tuple[tuple[int, ...], ...]
    unacceptable: tuple[int, ...]

    def as_lists(self) -> tuple[list[list[int]], list[int]]:
        return [list(group) for group in self.groups], list(self.unacceptable)


def parse(*, groups: object, unacceptable: object, k: int) -> Ranking:
    """Return the ranking, or raise InvalidRanking with every problem listed."""
    problems: list[str] = []
    tiers = [
        _indexes(group, f"groups[{at}]", k, problems)
        for at, group in enumerate(_list(groups, "groups", problems))
    ]
    refused = _indexes(unacceptable, "unacceptable", k, problems)
    problems += [f"groups[{at}] is empty" for at, tier in enumerate(tiers) if not tier and not problems]
    named = [index for tier in tiers for index in tier] + refused
    problems += [
        f"completion {index + 1} is placed {named.count(index)} times"
        for index in sorted({i for i in named if named.count(i) > 1})
    ]
    problems += [f"completion {index + 1} is not placed" for index in range(k) if index not in named]
    if problems:
        raise InvalidRanking("Place every completion once before you submit.", problems)
    return Ranking(tuple(tuple(sorted(tier)) for tier in tiers), tuple(sorted(refused)))


def from_ranks(*, ranks: Mapping[int, int | None], unacceptable: Sequence[int], k: int) -> Ranking:
    """Return the ranking of a form of numbers: the same number is a tie, gaps between numbers mean nothing.

    Raises InvalidRanking where a completion has neither a number nor the mark, or both.
    """
    problems = [
        f"completion {index + 1} has both a rank and the mark unacceptable"
        for index in unacceptable
        if ranks.get(index) is not None
    ]
    if problems:
        raise InvalidRanking("Give each completion a rank or mark it unacceptable, not both.", problems)
    numbers = sorted({rank for rank in ranks.values() if rank is not None})
    groups = [[index for index, rank in ranks.items() if rank == number] for number in numbers]
    return parse(groups=groups, unacceptable=list(unacceptable), k=k)


def answer_hash(ranking: Ranking) -> str:
    """Return the sha256 of the answer alone, so that a retry with the same key can be compared."""
    groups, unacceptable = ranking.as_lists()
    body = json.dumps({"groups": groups, "unacceptable": unacceptable}, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(body.encode()).hexdigest()


def shuffled(k: int) -> list[int]:
    """Return 0 to K-1 in an order that nobody can predict."""
    return random.SystemRandom().sample(range(k), k)


def _list(value: object, name: str, problems: list[str]) -> list[object]:
    if isinstance(value, list | tuple):
        return list(value)
    problems.append(f"{name} is not a list")
    return []


def _indexes(value: object, name: str, k: int, problems: list[str]) -> list[int]:
    found: list[int] = []
    for entry in _list(value, name, problems):
        if isinstance(entry, int) and not isinstance(entry, bool) and 0 <= entry < k:
            found.append(entry)
        else:
            problems.append(f"{name} has {entry!r:.40}, which is no completion of this item")
    return found
