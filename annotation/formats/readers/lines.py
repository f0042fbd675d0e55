"""Records of text files: a JSON object a line, or a row of CSV. One line in memory at a time. Pure."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from annotation.formats.readers.guarded import text_stream
from annotation.formats.readers.records import Record, Records
from annotation.formats.rows import Problem

MAX_LINE_BYTES = 4 * 1024 * 1024
MAX_COLUMNS = 1000
DELIMITERS = ",;\t"


def jsonl(stream: BinaryIO) -> Records:
    for number, line, reason in _lines(text_stream(stream)):
        if line is None:
            yield Problem(number, "", reason)
        elif line.strip():
            yield parsed(number, line.rstrip("\r\n"))


def parsed(number: int, text: str) -> Record | Problem:
    """Return the JSON object in `text`, or what is wrong with it."""
    try:
        value = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        return Problem(number, "", f"not JSON: {error.msg} at column {error.colno}")
    except (ValueError, RecursionError) as error:
        detail = "nested too deep" if isinstance(error, RecursionError) else str(error)
        return Problem(number, "", f"not JSON: {detail}")
    return as_record(number, value)


def as_record(number: int, value: Any) -> Record | Problem:
    if not isinstance(value, dict):
        return Problem(number, "", 'must be a JSON object such as {"prompt": "…"}')
    return number, value


def csv_rows(stream: BinaryIO) -> Records:
    broken: list[Problem] = []
    source = text_stream(stream)
    csv.field_size_limit(MAX_LINE_BYTES)
    reader = csv.reader(_decoded(source, broken), strict=True, delimiter=_delimiter(source))
    try:
        header = next(reader, None)
        if header is None:
            yield from broken
            return
        if problem := _header_problem(header):
            yield problem
            return
        start = reader.line_num + 1
        for cells in reader:
            number, start = start, reader.line_num + 1
            while broken:
                yield broken.pop(0)
            if cells:
                yield _record(number, header, cells)
    except csv.Error as error:
        yield Problem(reader.line_num, "", f"not CSV: {error}; reading stopped here")
    yield from broken


def _header_problem(header: list[str]) -> Problem | None:
    if len(header) > MAX_COLUMNS:
        return Problem(1, "", f"the header has {len(header):,} columns; at most {MAX_COLUMNS:,}")
    if len(set(header)) != len(header):
        return Problem(1, "", "the header names a column twice")
    return None


def _record(number: int, header: list[str], cells: list[str]) -> Record | Problem:
    if len(cells) != len(header):
        return Problem(number, "", f"has {len(cells):,} columns, the header has {len(header):,}")
    return number, dict(zip(header, cells, strict=True))


def _delimiter(stream: BinaryIO) -> str:
    """Return what parts the columns: a comma, unless the header has none and a semicolon or a tab instead."""
    header = stream.readline(MAX_LINE_BYTES).decode("utf-8", "replace")
    stream.seek(0)
    return next((mark for mark in DELIMITERS if mark in header), ",")


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


def _decoded(stream: BinaryIO, broken: list[Problem]) -> Iterator[str]:
    for number, line, reason in _lines(stream):
        if line is None:
            broken.append(Problem(number, "", reason))
        else:
            yield line


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
