"""Opens a file as a container of records in a shape, and yields its rows and problems in order. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from annotation.formats.readers import (
    argilla,
    ballots,
    hh,
    label_studio,
    open_assistant,
    preferences,
    prompts,
)
from annotation.formats.readers.detection import CONTAINERS, container_of
from annotation.formats.readers.records import Fields, Records, Shape, Unreadable, shaped
from annotation.formats.rows import Entry, Problem

MAX_ROWS = 10_000_000
SHAPES: dict[str, Shape] = {
    "prompts": prompts.rows,
    "trl": preferences.rows,
    "hh": hh.rows,
    "label_studio": label_studio.rows,
    "open_assistant": open_assistant.rows,
    "argilla": argilla.rows,
    "ballots": ballots.rows,
}


def read(stream: BinaryIO, name: str, shape: str, fields: Fields) -> Iterator[Entry]:
    """Yield a row or a problem for each record, in order. What ends the reading early is the last problem."""
    line = 0
    try:
        stream.seek(0)
        container = container_of(stream, name)
        records = _with_prompt(CONTAINERS[container](stream), shape, container, fields)
        for count, entry in enumerate(shaped(records, SHAPES[shape], fields), start=1):
            line = entry.line
            if count > MAX_ROWS:
                yield Problem(line, "", f"more than {MAX_ROWS:,} rows; split the file")
                return
            yield entry
    except Unreadable as error:
        yield Problem(line + 1, "", f"{error}; reading stopped here" if line else str(error))


def _with_prompt(records: Records, shape: str, container: str, fields: Fields) -> Records:
    """In a table of prompts a missing column is one problem, not one a row."""
    checked = shape != "prompts" or container not in ("csv", "parquet", "arrow", "datasets")
    for record in records:
        if not checked and not isinstance(record, Problem):
            if prompts.text_field(list(record[1]), fields) is None:
                yield Problem(1, fields.text, f"the header has no column {prompts.wanted_fields(fields)}")
                return
            checked = True
        yield record
