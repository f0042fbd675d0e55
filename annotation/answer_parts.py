"""The parts of an answer beside its order: strengths, ratings and flags. Pure; each reader lists its problems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

STRENGTHS = ("slight", "clear", "strong")
RATINGS = range(1, 6)
DIMENSIONS = ("accuracy", "helpfulness", "clarity", "conciseness", "appropriateness", "safety")
FLAG_KINDS = ("personal_data", "harmful", "illegal", "broken_text", "wrong_language", "other")


@dataclass(frozen=True, order=True)
class Flag:
    """Something to look at: in one completion, or (None) in the item as a whole. Its words are in the note."""

    kind: str
    completion: int | None


def strengths_of(value: object, groups: int, asked: bool, problems: list[str]) -> tuple[str | None, ...]:
    """Return one strength or None per boundary between neighbouring groups; () where none is said."""
    if value is None or value == []:
        return ()
    if not isinstance(value, list | tuple) or any(entry not in (None, *STRENGTHS) for entry in value):
        problems.append(f"strengths: a list of {', '.join(STRENGTHS)} or null")
        return ()
    if not any(value):
        return ()
    if not asked:
        problems.append("strengths: this project does not ask for them")
    if len(value) != max(groups - 1, 0):
        problems.append(f"strengths: {max(groups - 1, 0)} boundaries between groups, {len(value)} strengths")
    return tuple(value)


def ratings_of(
    value: object, k: int, dimensions: tuple[str, ...], problems: list[str]
) -> dict[str, tuple[int | None, ...]]:
    """Return the ratings per dimension, in the project's order of dimensions; blank dimensions are left out."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        problems.append("ratings: an object of lists, by dimension")
        return {}
    problems += [f"ratings: {name!r:.40} is not asked for" for name in value if name not in dimensions]
    found: dict[str, tuple[int | None, ...]] = {}
    for name in dimensions:
        row = value.get(name)
        if row is None:
            continue
        if not isinstance(row, list | tuple) or len(row) != k or not all(_is_rating(entry) for entry in row):
            problems.append(f"ratings.{name}: {k} numbers from {RATINGS[0]} to {RATINGS[-1]}, or null")
        elif any(entry is not None for entry in row):
            found[name] = tuple(row)
    return found


def flags_of(value: object, k: int, problems: list[str]) -> tuple[Flag, ...]:
    """Return the flags, each once, in a fixed order."""
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        problems.append("flags: a list")
        return ()
    found: set[Flag] = set()
    for at, entry in enumerate(value):
        kind = entry.get("kind") if isinstance(entry, Mapping) else None
        completion = entry.get("completion") if isinstance(entry, Mapping) else None
        if kind not in FLAG_KINDS:
            problems.append(f"flags[{at}].kind: one of {', '.join(FLAG_KINDS)}")
        elif completion is not None and not (_is_int(completion) and 0 <= completion < k):
            problems.append(f"flags[{at}].completion: null or a completion of this item")
        else:
            found.add(Flag(kind, completion))
    return tuple(
        sorted(found, key=lambda flag: (flag.kind, -1 if flag.completion is None else flag.completion))
    )


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_rating(value: object) -> bool:
    return value is None or (_is_int(value) and value in RATINGS)
