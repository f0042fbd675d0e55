"""What a row of a foreign file is once it was read, and what it is before it is written.

Pure, shared by `readers` and `writers`: knows no Django, no project and no database. Completions are named by
their index in `completions`; an answer has the shape of a ballot's JSON (`annotation.ranking.Answer`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class PromptRow:
    """A prompt to be answered. A blank `group` makes it a group of its own; a blank `language` is unknown.

    `prompt` is one text. A conversation of several turns is a transcript; `annotation.formats.conversations`
    turns one into the other. `line` is the line, or the row where the format has no lines, from 1.
    """

    line: int
    prompt: str
    group: str = ""
    language: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class CandidateRow(PromptRow):
    """A prompt with completions that a model or a person wrote, in the order of the file."""

    completions: tuple[str, ...] = ()


@dataclass(frozen=True)
class OutsideAnswer:
    """A judgement as its source gives it. `annotator` is the source's own id, or blank where it has none.

    `groups` best first, ties together; `unranked` below every group and not compared with one another;
    `unacceptable` below everything; `strengths` one per boundary between groups, or none at all.
    """

    annotator: str = ""
    groups: tuple[tuple[int, ...], ...] = ()
    unranked: tuple[int, ...] = ()
    unacceptable: tuple[int, ...] = ()
    strengths: tuple[str | None, ...] = ()
    ratings: Mapping[str, tuple[int | None, ...]] = field(default_factory=dict)
    flags: tuple[Mapping[str, Any], ...] = ()
    note: str = ""


@dataclass(frozen=True)
class LabelledRow(CandidateRow):
    """A prompt with completions and what people elsewhere said of them. `answers` may be empty."""

    answers: tuple[OutsideAnswer, ...] = ()


@dataclass(frozen=True)
class Problem:
    """A row that can't be used. `field` is blank where the whole row is meant."""

    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


Row = PromptRow  # the base of all three
Entry = PromptRow | Problem
