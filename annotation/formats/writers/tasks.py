"""What every writer gets: one item with all of its ballots, ready for the reader it is meant for.

Pure. Whoever fills `facts` has decided what may leave; a writer only gives it the shape of its format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from annotation.formats.rows import OutsideAnswer

ANNOTATION, ADJUDICATION, OUTSIDE = "annotation", "adjudication", "outside"
OUTSIDE_MARK = "outside, no wages recorded"


@dataclass(frozen=True)
class Ballot:
    """One judgement. `answer.annotator` is a pseudonym, a number of this release, or blank.

    `origin` says whose it is: paid annotation here, a reviewer's decision, or a label made elsewhere.
    """

    answer: OutsideAnswer
    shown_order: tuple[int, ...] = ()
    origin: str = ANNOTATION
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """An item: its prompt, its completions by index, its split, and every ballot that is exported.

    `number` counts items from 1 within the export and stands for ids where there may be none.
    """

    number: int
    prompt: str
    completions: tuple[str, ...]
    split: str
    simulated: bool
    language: str = ""
    ballots: tuple[Ballot, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def answer_json(answer: OutsideAnswer) -> dict[str, Any]:
    """Return the shape that ballots, drafts, the API and exports share, with the note beside it."""
    return {
        "groups": [list(group) for group in answer.groups],
        "unranked": list(answer.unranked),
        "unacceptable": list(answer.unacceptable),
        "strengths": list(answer.strengths),
        "ratings": {name: list(values) for name, values in answer.ratings.items()},
        "flags": [dict(flag) for flag in answer.flags],
        "note": answer.note,
    }


def mark(task: Task) -> dict[str, Any]:
    """Return the mark of simulated work; real work has none."""
    return {"simulated": True} if task.simulated else {}
