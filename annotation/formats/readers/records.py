"""What a container yields: a record with its line, or a problem; and how shapes turn records into rows. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from annotation.formats.readers.texts import BadRow
from annotation.formats.rows import Entry, Problem, PromptRow

Record = tuple[int, dict[str, Any]]
Records = Iterator[Record | Problem]


class Unreadable(Exception):
    """The file as a whole can't be read; one sentence says what it is instead."""


@dataclass(frozen=True)
class Fields:
    """Which field of a record holds what; blank means the documented names."""

    text: str = ""
    group: str = ""
    language: str = ""
    completions: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()


Shape = Callable[[int, dict[str, Any], Fields], Iterable[PromptRow]]


def shaped(records: Records, shape: Shape, fields: Fields) -> Iterator[Entry]:
    """Yield the rows of every record. A record that is wrong anywhere gives one problem and no row."""
    for record in records:
        if isinstance(record, Problem):
            yield record
            continue
        line, values = record
        try:
            rows = list(shape(line, values, fields))
        except BadRow as error:
            yield Problem(line, error.field, error.reason)
        except RecursionError:
            yield Problem(line, "", "nested too deep")
        else:
            yield from rows
