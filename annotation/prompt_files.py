"""Reads prompts from JSONL and CSV, a line at a time, and says what is wrong with which line.

Pure: knows no project and no database. A row is either a prompt or a problem with its line number; reading
goes on after a problem, so that one look at the answer is enough to mend the whole file.
"""

from __future__ import annotations

import csv
import hashlib
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MAX_ROWS = 200_000
MAX_TEXT = 20_000
MAX_LINE_BYTES = 1024 * 1024
MAX_GROUP = 120
TEXT_FIELDS = ("prompt", "text", "question", "instruction")
GROUP_FIELD = "prompt_group"
FORMATS = ("jsonl", "csv")
_ALLOWED_CONTROLS = "\t\n\r"


@dataclass(frozen=True)
class Row:
    """A prompt of the file. `prompt_group` is never blank: a prompt without one is a group of its own."""

    line: int
    text: str
    sha256: str
    prompt_group: str


@dataclass(frozen=True)
class Problem:
    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


@dataclass(frozen=True)
class Fields:
    """Which field holds what; blank means the documented names."""

    text: str = ""
    group: str = ""

    def text_of(self, names: list[str]) -> str | None:
        wanted = (self.text,) if self.text else TEXT_FIELDS
        return next((name for name in wanted if name in names), None)

    @property
    def wanted(self) -> str:
        return f"“{self.text}”" if self.text else " or ".join(f"“{name}”" for name in TEXT_FIELDS)


def format_of(filename: str) -> str | None:
    """Return the format by the file's ending, or None."""
    ending = filename.lower().rpartition(".")[2]
    return {"jsonl": "jsonl", "ndjson": "jsonl", "csv": "csv"}.get(ending)


def read(stream: BinaryIO, file_format: str, fields: Fields) -> Iterator[Row | Problem]:
    """Yield a Row or a Problem for each row, in order; stop after MAX_ROWS with a problem."""
    parsed = _jsonl(stream, fields) if file_format == "jsonl" else _csv(stream, fields)
    for count, entry in enumerate(parsed, start=1):
        if count > MAX_ROWS:
            yield Problem(entry.line, f"more than {MAX_ROWS:,} rows; split the file")
            return
        yield entry


def _lines(stream: BinaryIO) -> Iterator[tuple[int, str | None, str]]:
    """Yield (line number, text or None, reason); the byte order mark of the first line is dropped."""
    number = 0
    while raw := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(raw) > MAX_LINE_BYTES:
            yield number, None, f"longer than {MAX_LINE_BYTES:,} bytes; reading stopped here"
            return
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            yield number, None, f"not UTF-8 (byte {error.start + 1} of the line); save the file as UTF-8"
            continue
        yield number, text, ""


def _jsonl(stream: BinaryIO, fields: Fields) -> Iterator[Row | Problem]:
    for number, line, reason in _lines(stream):
        if line is None:
            yield Problem(number, reason)
        elif line.strip():
            yield _json_row(number, line, fields)


def _json_row(number: int, line: str, fields: Fields) -> Row | Problem:
    try:
        record = json.loads(line.rstrip("\r\n"))
    except (json.JSONDecodeError, RecursionError) as error:
        detail = (
            f"{error.msg} at column {error.colno}"
            if isinstance(error, json.JSONDecodeError)
            else "nested too deep"
        )
        return Problem(number, f"not JSON: {detail}")
    if not isinstance(record, dict):
        return Problem(number, 'must be a JSON object such as {"prompt": "…"}')
    name = fields.text_of(list(record))
    if name is None:
        return Problem(number, f"has no field {fields.wanted}")
    return _row(number, name, record[name], record.get(fields.group or GROUP_FIELD))


def _csv(stream: BinaryIO, fields: Fields) -> Iterator[Row | Problem]:
    broken: list[Problem] = []
    csv.field_size_limit(MAX_LINE_BYTES)
    reader = csv.reader(_decoded(stream, broken), strict=True)
    try:
        header = next(reader, None)
        if header is None:
            return
        name = fields.text_of(header)
        if name is None or len(set(header)) != len(header):
            reason = (
                f"the header has no column {fields.wanted}"
                if name is None
                else "the header names a column twice"
            )
            yield Problem(1, reason)
            return
        group = fields.group or GROUP_FIELD
        start = reader.line_num + 1
        for cells in reader:
            number, start = start, reader.line_num + 1
            while broken:
                yield broken.pop(0)
            if not cells:
                continue
            if len(cells) != len(header):
                yield Problem(number, f"has {len(cells)} columns, the header has {len(header)}")
                continue
            record = dict(zip(header, cells, strict=True))
            yield _row(number, name, record[name], record.get(group) or None)
    except csv.Error as error:
        yield Problem(reader.line_num, f"not CSV: {error}; reading stopped here")
    yield from broken


def _decoded(stream: BinaryIO, broken: list[Problem]) -> Iterator[str]:
    for number, line, reason in _lines(stream):
        if line is None:
            broken.append(Problem(number, reason))
        else:
            yield line


def _row(number: int, name: str, text: object, group: object) -> Row | Problem:
    if not isinstance(text, str):
        return Problem(number, f"“{name}” must be text, not {_kind(text)}")
    text = text.replace("\r\n", "\n").strip()
    group = str(group) if isinstance(group, int) and not isinstance(group, bool) else group
    if not isinstance(group, str | None):
        return Problem(number, f"“{GROUP_FIELD}” must be text or a number, not {_kind(group)}")
    group = (group or "").strip()
    if reason := _text_problem(name, text) or _group_problem(group):
        return Problem(number, reason)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Row(number, text, digest, group or digest[:16])


def _text_problem(name: str, text: str) -> str:
    if not text:
        return f"“{name}” is empty"
    if len(text) > MAX_TEXT:
        return f"“{name}” has {len(text):,} characters; at most {MAX_TEXT:,}"
    return _character_problem(name, text)


def _group_problem(group: str) -> str:
    if len(group) > MAX_GROUP:
        return f"“{GROUP_FIELD}” has {len(group)} characters; at most {MAX_GROUP}"
    return _character_problem(GROUP_FIELD, group)


def _character_problem(name: str, text: str) -> str:
    """Name the first character that is no text: NUL, other control characters, half of a surrogate pair."""
    for at, character in enumerate(text):
        category = unicodedata.category(character)
        if category == "Cs" or (category == "Cc" and character not in _ALLOWED_CONTROLS):
            what = "half of a surrogate pair" if category == "Cs" else "control character"
            return f"“{name}” holds a {what} (U+{ord(character):04X}) at character {at + 1}"
    return ""


def _kind(value: object) -> str:
    names = {type(None): "null", bool: "true or false", int: "a number", float: "a number", list: "a list"}
    return names.get(type(value), "an object")
