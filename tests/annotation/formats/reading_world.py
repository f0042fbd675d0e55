"""Reads bytes as a named format, for tests of the readers. No database."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

from annotation.formats.readers.detection import Looks, look
from annotation.formats.readers.reading import read
from annotation.formats.readers.records import Fields
from annotation.formats.rows import CandidateRow, LabelledRow, Problem, PromptRow


def lines(*rows: Any) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def packed(content: bytes) -> bytes:
    return gzip.compress(content)


def looks(content: bytes, name: str = "p.jsonl") -> Looks:
    return look(io.BytesIO(content), name)


def entries(
    content: bytes, name: str = "p.jsonl", shape: str = "", fields: Fields | None = None
) -> list[Any]:
    """Return everything that a file gives; without a shape it is read as it looks."""
    stream = io.BytesIO(content)
    if not shape:
        seen = look(stream, name)
        shape, fields = seen.shape, fields or seen.suggested
    return list(read(stream, name, shape, fields or Fields()))


def rows(content: bytes, name: str = "p.jsonl", shape: str = "", fields: Fields | None = None) -> list[Any]:
    found = entries(content, name, shape, fields)
    assert not [entry for entry in found if isinstance(entry, Problem)], found
    return found


def problems(
    content: bytes, name: str = "p.jsonl", shape: str = "", fields: Fields | None = None
) -> list[str]:
    found = entries(content, name, shape, fields)
    assert not [entry for entry in found if isinstance(entry, PromptRow)], found
    return [str(problem) for problem in found]


def pair(row: LabelledRow) -> tuple[str, tuple[str, ...], tuple[tuple[int, ...], ...]]:
    (answer,) = row.answers
    return row.prompt, row.completions, answer.groups


def texts(found: list[CandidateRow]) -> list[tuple[str, tuple[str, ...]]]:
    return [(row.prompt, row.completions) for row in found]
