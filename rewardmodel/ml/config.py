"""Reading a stage's manifest: typed fields, limits, and every problem listed at once. Standard library only.

A `Reader` collects problems instead of stopping at the first one; `finish()` refuses with all of them,
unknown keys included, before any model is loaded.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rewardmodel.ml.errors import StageError

_MISSING: Any = object()


class Reader:
    """Takes the fields of one JSON object. `prefix` names the object in messages, as in "guards."."""

    def __init__(self, raw: Mapping[str, Any], prefix: str = "", problems: list[str] | None = None) -> None:
        self.raw = raw
        self.prefix = prefix
        self.problems: list[str] = [] if problems is None else problems
        self._known: set[str] = set()

    def problem(self, name: str, text: str) -> None:
        self.problems.append(f"{self.prefix}{name}: {text}")

    def has(self, name: str) -> bool:
        self._known.add(name)
        return self.raw.get(name) is not None

    def integer(self, name: str, default: int = _MISSING, *, low: int = 1, high: int = 2**62) -> int:
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            self._wrong(name, value, "a whole number")
            return low
        if not low <= value <= high:
            self.problem(name, f"{value} is outside {low} to {high}")
        return value

    def number(
        self, name: str, default: float = _MISSING, *, low: float = 0.0, high: float = math.inf
    ) -> float:
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self._wrong(name, value, "a number")
            return low
        if not low <= value <= high:
            self.problem(name, f"{value} is outside {low} to {high}")
        return float(value)

    def flag(self, name: str, default: bool = _MISSING) -> bool:
        value = self._take(name, default)
        if isinstance(value, bool):
            return value
        self._wrong(name, value, "true or false")
        return False

    def choice(self, name: str, default: str, *, of: Sequence[str], why: str = "") -> str:
        value = self._take(name, default)
        if value not in of:
            self.problem(name, f"{value!r} is none of {', '.join(of)}{'; ' + why if why else ''}")
        return str(value)

    def path(self, name: str, *, kind: str = "new") -> Path:
        """Take a path; `kind` says what must be there: "file", "folder" or "new" (anything)."""
        value = self._take(name, _MISSING)
        if not isinstance(value, str) or not value:
            self._wrong(name, value, "a path")
            return Path()
        path = Path(value)
        if (kind == "file" and not path.is_file()) or (kind == "folder" and not path.is_dir()):
            self.problem(name, f"there is no {kind} {path}")
        return path

    def section(self, name: str) -> Reader:
        """Take a nested object; its problems are listed with this one's. A missing one is empty."""
        value = self._take(name, {})
        if not isinstance(value, Mapping):
            self._wrong(name, value, "an object")
            value = {}
        return Reader(value, prefix=f"{self.prefix}{name}.", problems=self.problems)

    def unknown(self) -> None:
        """Note every key that nothing took: a setting that is silently ignored is a wrong run."""
        for name in sorted(set(self.raw) - self._known):
            self.problem(name, "unknown setting; remove it")

    def finish(self, stage: str) -> None:
        self.unknown()
        if self.problems:
            count = len(self.problems)
            what = "setting" if count == 1 else "settings"
            text = f"{stage}: {count} {what} can't be used: {'; '.join(self.problems)}"
            raise StageError("invalid_config", text, self.problems)

    def _take(self, name: str, default: Any) -> Any:
        self._known.add(name)
        value = self.raw.get(name, default)
        return default if value is None and default is not _MISSING else value

    def _wrong(self, name: str, value: Any, wanted: str) -> None:
        self.problem(name, "missing" if value is _MISSING else f"{value!r} is not {wanted}")


def read_jsonl(path: Path, fields: Sequence[str], name: str) -> list[dict[str, Any]]:
    """Return the rows of a JSON-lines file; refuse with file line numbers where a row lacks a text field."""
    rows, problems = [], []
    with path.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError:
                problems.append(f"{name} line {number}: not JSON")
                continue
            lacking = [f for f in fields if not isinstance(row, dict) or not isinstance(row.get(f), str)]
            problems += [f"{name} line {number}: {field!r} is missing or not a text" for field in lacking]
            rows.append(row)
    if problems:
        shown = "; ".join(problems[:5])
        raise StageError(
            "bad_rows", f"{name}: {len(problems)} problems in {path.name}: {shown}", problems[:100]
        )
    if not rows:
        raise StageError("bad_rows", f"{name}: {path.name} has no rows", [f"{name}: empty"])
    return rows
