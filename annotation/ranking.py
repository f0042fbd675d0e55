"""What an answer to an item is: a ranking with ties, and what else a project may ask about it.

Pure: knows neither the database nor pages. Completions are numbers 0 to K-1, never places on a page. From best
to worst: `groups` (ties together), then `unranked` (below every group, not compared with one another), then
`unacceptable`. Each completion is named exactly once. Nothing has a default: a completion that nobody placed is
an error, never a last place; a strength that nobody said is None, never "clear".
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from django.utils.translation import gettext as _

from annotation.answer_parts import FLAG_KINDS, RATINGS, STRENGTHS, Flag, flags_of, ratings_of, strengths_of
from byhand.errors import Invalid

__all__ = ["FLAG_KINDS", "RATINGS", "STRENGTHS", "Answer", "Asked", "Flag", "InvalidRanking", "parse_answer"]

FIELDS = frozenset({"groups", "unranked", "unacceptable", "strengths", "ratings", "flags"})


class InvalidRanking(Invalid):
    code = "invalid_ranking"


@dataclass(frozen=True)
class Asked:
    """What a project asks. `top_m` None: a full order; else the best m, and the rest may stay unranked."""

    k: int
    top_m: int | None = None
    strength: bool = False
    dimensions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """An answer in its one canonical form: two equal judgements compare equal and have the same hash.

    `strengths` has one entry per boundary between neighbouring groups, or none at all; `ratings` holds, per
    dimension, a number from 1 to 5 or None for each completion.
    """

    groups: tuple[tuple[int, ...], ...]
    unacceptable: tuple[int, ...] = ()
    unranked: tuple[int, ...] = ()
    strengths: tuple[str | None, ...] = ()
    ratings: Mapping[str, tuple[int | None, ...]] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the shape that ballots, drafts, the API and exports share."""
        return {
            "groups": [list(group) for group in self.groups],
            "unranked": list(self.unranked),
            "unacceptable": list(self.unacceptable),
            "strengths": list(self.strengths),
            "ratings": {name: list(values) for name, values in self.ratings.items()},
            "flags": [{"kind": flag.kind, "completion": flag.completion} for flag in self.flags],
        }

    def levels(self) -> list[tuple[int, ...]]:
        """Return what stands above what: the groups, then the unranked together, then the unacceptable."""
        return [*self.groups, *(tier for tier in (self.unranked, self.unacceptable) if tier)]


def parse_answer(body: Mapping[str, Any], asked: Asked) -> Answer:
    """Return the answer in `body`, or raise InvalidRanking with every problem listed; other fields are ignored."""
    problems: list[str] = []
    groups = [
        _indexes(group, f"groups[{at}]", asked.k, problems)
        for at, group in enumerate(_list(body.get("groups"), "groups", problems))
    ]
    unranked = _indexes(body.get("unranked", []), "unranked", asked.k, problems)
    unacceptable = _indexes(body.get("unacceptable", []), "unacceptable", asked.k, problems)
    problems += [f"groups[{at}] is empty" for at, group in enumerate(groups) if not group and not problems]
    problems += _placed_once([i for group in groups for i in group] + unranked + unacceptable, asked.k)
    problems += _unranked_problems(groups, unranked, asked)
    strengths = strengths_of(body.get("strengths"), len(groups), asked.strength, problems)
    ratings = ratings_of(body.get("ratings"), asked.k, asked.dimensions, problems)
    flags = flags_of(body.get("flags"), asked.k, problems)
    if problems:
        raise InvalidRanking(_("Place every answer once before you submit."), problems)
    return Answer(
        groups=tuple(tuple(sorted(group)) for group in groups),
        unacceptable=tuple(sorted(unacceptable)),
        unranked=tuple(sorted(unranked)),
        strengths=strengths,
        ratings=ratings,
        flags=flags,
    )


def pairs(answer: Answer) -> Iterator[tuple[int, int]]:
    """Yield (better, worse) for every strict preference that the answer states."""
    levels = answer.levels()
    for at, upper in enumerate(levels):
        for lower in levels[at + 1 :]:
            yield from product(upper, lower)


def answer_hash(answer: Answer) -> str:
    """Return the sha256 of the answer alone, so that a retry with the same key can be compared.

    Parts that say nothing are left out: an answer keeps its hash when a project begins to ask for more.
    """
    said = {
        name: value for name, value in answer.as_json().items() if value or name in {"groups", "unacceptable"}
    }
    return hashlib.sha256(json.dumps(said, separators=(",", ":"), sort_keys=True).encode()).hexdigest()


def shuffled(k: int) -> list[int]:
    """Return 0 to K-1 in an order that nobody can predict."""
    return random.SystemRandom().sample(range(k), k)


def _placed_once(named: list[int], k: int) -> list[str]:
    twice = sorted({index for index in named if named.count(index) > 1})
    return [f"completion {index + 1} is placed {named.count(index)} times" for index in twice] + [
        f"completion {index + 1} is not placed" for index in range(k) if index not in named
    ]


def _unranked_problems(groups: list[list[int]], unranked: list[int], asked: Asked) -> list[str]:
    ordered = sum(map(len, groups))
    if not unranked:
        return []
    if asked.top_m is None:
        return ["unranked: this project asks for a full order"]
    if ordered < asked.top_m:
        return [f"groups: order the best {asked.top_m}; {ordered} so far"]
    return []


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
