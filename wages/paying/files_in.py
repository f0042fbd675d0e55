"""Settlement files: reads a CSV of outcomes whole and lists every bad cell by line and field. Pure, trusts no byte.

Columns, in any order: key, status (settled or failed), amount, currency, fee, settled_on (YYYY-MM-DD), reference,
reason (why a payment failed; the worker reads it). A parser of another format returns the same `Parsed`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from byhand.money import BadAmount, parse_amount
from byhand.text import visible

LARGEST_FILE = 2 * 1024 * 1024
MOST_ROWS = 20_000
MOST_PROBLEMS = 100
COLUMNS = ("key", "status", "amount", "currency", "fee", "settled_on", "reference", "reason")
_KEY = re.compile(r"[0-9a-f]{32}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Row:
    """One outcome as the file says it; amounts in micro-units. `line` is where it stands in the file."""

    line: int
    key: str
    status: str
    amount_micro: int
    currency: str
    fee_micro: int
    settled_on: date
    reference: str
    reason: str


@dataclass(frozen=True)
class Parsed:
    """All rows, or every problem of the file ("line 3: fee: ...")."""

    rows: tuple[Row, ...]
    problems: tuple[str, ...]


Parser = Callable[[bytes, str], Parsed]
"""A parser of a settlement format: (content, currency of the project) -> Parsed."""


def parse_csv(content: bytes, currency: str) -> Parsed:
    """Read a settlement CSV of a project that pays in `currency`."""
    if len(content) > LARGEST_FILE:
        return Parsed((), (f"file: at most {LARGEST_FILE // 1024 // 1024} MB.",))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Parsed((), (f"file: not UTF-8 (byte {error.start + 1}).",))
    if "\0" in text:
        return Parsed((), ("file: it has a NUL character and is no CSV.",))
    return _rows(text, currency)


def _rows(text: str, currency: str) -> Parsed:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True, restkey="more")
    rows: list[Row] = []
    problems: list[str] = []
    try:
        problems += _header_problems(reader.fieldnames or ())
        for cells in () if problems else reader:
            if reader.line_num > MOST_ROWS:
                return Parsed((), (f"file: at most {MOST_ROWS} lines.",))
            read = _row(reader.line_num, cells, currency)
            problems += read if isinstance(read, list) else []
            rows += [read] if isinstance(read, Row) else []
    except csv.Error as error:
        problems.append(f"line {reader.reader.line_num}: {error}.")
    if not rows and not problems:
        problems.append("file: it has no line beside its header.")
    return Parsed(tuple(rows), tuple(problems))


def _header_problems(names: Sequence[str]) -> list[str]:
    given = list(names)
    found = [f"line 1: {name}: this column is missing." for name in COLUMNS if name not in given]
    found += [f"line 1: {visible(name)[:40]}: no such column." for name in given if name not in COLUMNS]
    found += [f"line 1: {name}: this column is there twice." for name in COLUMNS if given.count(name) > 1]
    return found


def _row(line: int, cells: Mapping[str, str | None], currency: str) -> Row | list[str]:
    if "more" in cells or None in cells.values():
        return [f"line {line}: {len(COLUMNS)} cells, please; this line has more or fewer."]
    cell = {name: (cells[name] or "").strip() for name in COLUMNS}
    found: dict[str, str] = {}
    if not _KEY.fullmatch(cell["key"]):
        found["key"] = "32 characters of 0-9 and a-f, as in the payout file."
    if cell["status"] not in ("settled", "failed"):
        found["status"] = "settled or failed."
    if cell["currency"] != currency:
        found["currency"] = f"{currency}, as the line was sent."
    amount = _amount(cell["amount"], currency, "amount", found)
    fee = _amount(cell["fee"] or "0", currency, "fee", found)
    day = _day(cell["settled_on"], found)
    for name, longest in (("reference", 100), ("reason", 200)):
        if len(cell[name]) > longest or visible(cell[name]) != cell[name] or "\n" in cell[name]:
            found[name] = f"at most {longest} visible characters on one line."
    if cell["status"] == "failed" and not cell["reason"]:
        found["reason"] = "why it failed; the worker reads it."
    if found or day is None:
        return [f"line {line}: {name}: {text}" for name, text in found.items()]
    return Row(
        line, cell["key"], cell["status"], amount, currency, fee, day, cell["reference"], cell["reason"]
    )


def _amount(text: str, currency: str, field: str, found: dict[str, str]) -> int:
    try:
        return parse_amount(text, currency)
    except BadAmount as error:
        found[field] = visible(str(error))[:200]
        return 0


def _day(text: str, found: dict[str, str]) -> date | None:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    found["settled_on"] = "a day such as 2026-11-27."
    return None
