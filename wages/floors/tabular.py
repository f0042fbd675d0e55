"""A CSV file held to the schema of its Frictionless data package. Pure: bytes in, rows and problems out.

Knows the parts of Table Schema that our packages use: types string, date and number; required, enum, pattern,
maxLength, minimum, maximum. https://specs.frictionlessdata.io/table-schema/
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any


@dataclass(frozen=True)
class Problem:
    """What is wrong, and where. `line` counts from 1, the header; 0 stands for the file itself."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}, {self.field}: {self.message}"


Schema = list[dict[str, Any]]


def schemas(package: str, content: bytes, problems: list[Problem]) -> dict[str, Schema]:
    """Return the fields of each resource by its path."""
    try:
        resources = json.loads(content or b"{}")["resources"]
        return {resource["path"]: resource["schema"]["fields"] for resource in resources}
    except (ValueError, KeyError, TypeError):
        problems.append(Problem(package, 0, "resources", "is no data package with a schema for each table."))
        return {}


def rows(
    name: str, content: bytes, schema: Schema | None, problems: list[Problem]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line, cells) of every row that the schema accepts; note what it refuses."""
    if schema is None:
        problems.append(Problem(name, 0, "schema", "the data package does not describe this file."))
        return
    try:
        reader = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
        header = next(reader, [])
        names = [field["name"] for field in schema]
        if header != names:
            problems.append(Problem(name, 1, "header", f"must be exactly: {','.join(names)}."))
            return
        for cells in reader:
            line = reader.line_num
            if len(cells) != len(names):
                problems.append(
                    Problem(name, line, "row", f"has {len(cells)} cells instead of {len(names)}.")
                )
                continue
            found = [
                Problem(name, line, field["name"], why)
                for field, cell in zip(schema, cells, strict=True)
                if (why := _refusal(field, cell))
            ]
            problems.extend(found)
            if not found:
                yield line, dict(zip(names, cells, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        problems.append(Problem(name, 0, "file", f"is no CSV in UTF-8: {error}."))


def _refusal(field: Mapping[str, Any], cell: str) -> str:
    """Say why the schema's field refuses the cell; "" if it does not (Frictionless Table Schema)."""
    rules = field.get("constraints", {})
    if cell == "":
        return "is empty; it is required." if rules.get("required") else ""
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in cell) or cell != cell.strip():
        return "has control characters or spaces around it."
    if "enum" in rules and cell not in rules["enum"]:
        return f"{cell!r} is none of {', '.join(rules['enum'])}."
    if "maxLength" in rules and len(cell) > rules["maxLength"]:
        return f"has more than {rules['maxLength']} characters."
    if "pattern" in rules and not re.fullmatch(rules["pattern"], cell):
        return f"{cell!r} does not have the form {rules['pattern']}."
    return _TYPES[field["type"]](cell, rules)


def _date_refusal(cell: str, _rules: Mapping[str, Any]) -> str:
    return "" if day_of(cell) else f"{cell!r} is not a date such as 2026-01-01."


def _number_refusal(cell: str, rules: Mapping[str, Any]) -> str:
    try:
        number = Decimal(cell)
    except InvalidOperation:
        return f"{cell!r} is not a number."
    low, high = rules.get("minimum", number), rules.get("maximum", number)
    return "" if number.is_finite() and low <= number <= high else f"{cell} is not within {low} and {high}."


_TYPES: dict[str, Callable[[str, Mapping[str, Any]], str]] = {
    "string": lambda _cell, _rules: "",
    "date": _date_refusal,
    "number": _number_refusal,
}


def day_of(cell: str) -> date | None:
    """Return the day that an ISO 8601 date names, or None."""
    try:
        return date.fromisoformat(cell) if len(cell) == 10 else None
    except ValueError:
        return None
