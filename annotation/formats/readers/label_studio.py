"""Label Studio's JSON export: tasks with annotations of a Pairwise tag or a Ranker tag. Pure.

All three shapes of a ranker: a list of ids, one named list, or buckets. An annotation that was cancelled or left
empty says nothing; it is never taken for "right".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from annotation.formats.readers import answers
from annotation.formats.readers.prompts import TEXT_FIELDS
from annotation.formats.readers.records import Fields
from annotation.formats.readers.texts import BadRow, completion_text, exact_prompt, label, metadata
from annotation.formats.rows import LabelledRow, OutsideAnswer

BODY_FIELDS = ("body", "text", "html", "title")
UNACCEPTABLE = frozenset({"unacceptable", "reject", "rejected", "bad"})
UNRANKED = frozenset({"_", "unranked", "undecided"})
_PAIR = re.compile(r"(.*?)[_-]?([12ab]|left|right)$", re.IGNORECASE)
_RANK = re.compile(r"rank[_ -]?(\d{1,3})$", re.IGNORECASE)


def rows(line: int, record: dict[str, Any], fields: Fields) -> Iterator[LabelledRow]:
    data = record.get("data")
    if not isinstance(data, dict):
        raise BadRow("data", "a task has no object “data”")
    prompt = next((name for name in (fields.text, *TEXT_FIELDS) if name and name in data), None)
    if prompt is None:
        raise BadRow("data", "“data” has no prompt; name the field that holds it")
    ids, texts = _completions(data, prompt, fields)
    given = record.get("annotations") or []
    if not isinstance(given, list) or any(not isinstance(one, dict) for one in given):
        raise BadRow("annotations", "“annotations” must be a list of objects")
    found = tuple(answer for one in given for answer in _annotation(one, ids))
    kept = metadata({"task": record.get("id")})
    yield LabelledRow(line, exact_prompt(prompt, data[prompt]), "", "", kept, texts, found)


def _completions(data: dict[str, Any], prompt: str, fields: Fields) -> tuple[list[str], tuple[str, ...]]:
    """Return the ids by which results name the completions, and their texts."""
    if not fields.completions:
        for name, value in data.items():
            if (
                isinstance(value, list)
                and value
                and all(isinstance(one, dict) and "id" in one for one in value)
            ):
                return _items(name, value)
    names = list(fields.completions) or _pair_fields([name for name in data if name != prompt])
    if missing := [name for name in names if name not in data]:
        raise BadRow(missing[0], f"“data” has no “{missing[0]}”")
    if len(names) == 1 and isinstance(data[names[0]], list):
        return _items(names[0], data[names[0]])
    return names, tuple(completion_text(name, data[name]) for name in names)


def _items(name: str, values: list[Any]) -> tuple[list[str], tuple[str, ...]]:
    if any(not isinstance(one, dict) for one in values):
        raise BadRow(name, f"“{name}” must be a list of objects with an id")
    ids = [label("id", one.get("id"), 200) for one in values]
    if len(set(ids)) != len(ids):
        raise BadRow(name, f"“{name}” has the same id twice")
    bodies = [next((one[key] for key in BODY_FIELDS if key in one), None) for one in values]
    return ids, tuple(completion_text(f"{name}[{at}]", body) for at, body in enumerate(bodies))


def _pair_fields(names: list[str]) -> list[str]:
    """Return two fields that differ in a last 1 and 2, a and b, or left and right."""
    stems: dict[str, list[str]] = {}
    for name in names:
        if found := _PAIR.match(name):
            stems.setdefault(found.group(1), []).append(name)
    pairs = [sorted(found) for found in stems.values() if len(found) == 2]
    if len(pairs) != 1:
        raise BadRow("data", "“data” does not say which fields were compared; name them")
    return pairs[0]


def _annotation(given: dict[str, Any], ids: list[str]) -> Iterator[OutsideAnswer]:
    results = given.get("result") or []
    if given.get("was_cancelled") or not isinstance(results, list):
        return
    who = answers.annotator_id(given.get("completed_by"))
    kept = given.get("byhand")
    if isinstance(kept, dict) and "answer" in kept and _is_ranker(results):
        yield answers.answer(kept["answer"], len(ids), kept.get("annotator"))
        return
    for result in results:
        if not isinstance(result, dict) or not isinstance(result.get("value"), dict):
            raise BadRow("annotations", "a result has no object “value”")
        if result.get("type") == "pairwise":
            yield _pairwise(result["value"], ids, who)
        elif result.get("type") == "ranker":
            yield _ranker(result["value"].get("ranker"), ids, who)


def _is_ranker(results: list[Any]) -> bool:
    return any(isinstance(result, dict) and result.get("type") == "ranker" for result in results)


def _pairwise(value: dict[str, Any], ids: list[str], who: str) -> OutsideAnswer:
    chosen = value.get("selected")
    if len(ids) != 2 or chosen not in ("left", "right"):
        raise BadRow("selected", f"“selected” must be left or right of two texts, not {chosen!r:.40}")
    return OutsideAnswer(annotator=who, groups=((0,), (1,)) if chosen == "left" else ((1,), (0,)))


def _ranker(value: object, ids: list[str], who: str) -> OutsideAnswer:
    buckets = {"ranker": value} if isinstance(value, list) else value
    if not isinstance(buckets, dict) or any(not isinstance(named, list) for named in buckets.values()):
        raise BadRow("ranker", "“ranker” must be a list of ids, or lists of ids by name")
    placed = {name: [_place(one, ids) for one in named] for name, named in buckets.items()}
    unacceptable = [at for name, named in placed.items() if name.lower() in UNACCEPTABLE for at in named]
    ranked = {
        name: named for name, named in placed.items() if name.lower() not in UNACCEPTABLE | UNRANKED and named
    }
    groups = _groups(ranked)
    named = {at for group in groups for at in group} | set(unacceptable)
    unranked = tuple(at for at in range(len(ids)) if at not in named)
    everything = [at for group in groups for at in group] + unacceptable
    if len(everything) != len(set(everything)):
        raise BadRow("ranker", "“ranker” names a text twice")
    return OutsideAnswer(
        annotator=who, groups=groups, unranked=unranked, unacceptable=tuple(sorted(unacceptable))
    )


def _groups(ranked: dict[str, list[int]]) -> tuple[tuple[int, ...], ...]:
    """Return the groups of `rank_1`, `rank_2`, … (ties share one), or of the one list that is a ranking."""
    numbers = {name: found for name in ranked if (found := _RANK.match(name))}
    if ranked and len(numbers) == len(ranked):
        order = sorted(ranked, key=lambda name: int(numbers[name].group(1)))
        return tuple(tuple(sorted(ranked[name])) for name in order)
    if len(ranked) > 1:
        names = " and ".join(f"“{name}”" for name in sorted(ranked)[:3])
        raise BadRow("ranker", f"the buckets {names:.200} don't say which stands above the other")
    return tuple((at,) for order in ranked.values() for at in order)


def _place(one: object, ids: list[str]) -> int:
    if str(one) not in ids:
        raise BadRow("ranker", f"“ranker” names {one!r:.60}, which is no text of the task")
    return ids.index(str(one))
