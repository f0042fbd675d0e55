"""Reads a judgement in Byhand's own JSON shape, as its exports carry it. Pure; the file may come from anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from annotation.answer_parts import DIMENSIONS, flags_of, ratings_of, strengths_of
from annotation.formats.readers.texts import BadRow, checked, label
from annotation.formats.rows import OutsideAnswer

MAX_ANNOTATOR = 200
MAX_NOTE = 20_000


def answer(value: object, k: int, annotator: object = "") -> OutsideAnswer:
    """Return the judgement of `{"groups", "unranked", "unacceptable", ...}` about K completions; or raise BadRow."""
    if not isinstance(value, dict):
        raise BadRow("answer", "“answer” must be an object")
    problems: list[str] = []
    groups = _groups(value.get("groups"))
    unranked, unacceptable = (_indexes(value, name) for name in ("unranked", "unacceptable"))
    require_once([*groups, unranked, unacceptable], k)
    strengths = strengths_of(value.get("strengths"), len(groups), True, problems)
    ratings = ratings_of(value.get("ratings"), k, DIMENSIONS, problems)
    flags = flags_of(value.get("flags"), k, problems)
    note = value.get("note") or ""
    if not isinstance(note, str):
        problems.append("note: must be text")
    if problems:
        raise BadRow("answer", problems[0])
    return OutsideAnswer(
        annotator=annotator_id(annotator),
        groups=groups,
        unranked=unranked,
        unacceptable=unacceptable,
        strengths=strengths,
        ratings=ratings,
        flags=tuple({"kind": flag.kind, "completion": flag.completion} for flag in flags),
        note=checked("note", note, MAX_NOTE),
    )


def annotator_id(value: object) -> str:
    """Return the source's own id of a person as text; blank where it names none."""
    if isinstance(value, Mapping):  # such as Label Studio's {"id": 3, "email": …}
        value = value.get("id")
    return label("annotator", value, MAX_ANNOTATOR)


def require_once(levels: list[tuple[int, ...]], k: int) -> None:
    """Raise BadRow unless the levels name each of K completions exactly once."""
    named = [index for level in levels for index in level]
    if sorted(named) != list(range(k)):
        raise BadRow(
            "answer", f"the answer must name each of the {k} completions once, and names {named!r:.60}"
        )


def _groups(value: object) -> tuple[tuple[int, ...], ...]:
    if not isinstance(value, list) or any(not isinstance(group, list) or not group for group in value):
        raise BadRow("answer", "“groups” must be a list of lists, none of them empty")
    return tuple(_whole("groups", group) for group in value)


def _indexes(value: dict[str, Any], name: str) -> tuple[int, ...]:
    found = value.get(name, [])
    if not isinstance(found, list):
        raise BadRow("answer", f"“{name}” must be a list")
    return _whole(name, found)


def _whole(name: str, values: list[Any]) -> tuple[int, ...]:
    if any(not isinstance(entry, int) or isinstance(entry, bool) for entry in values):
        raise BadRow("answer", f"“{name}” must hold the numbers of completions")
    return tuple(sorted(values))
