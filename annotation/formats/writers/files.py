"""Writes rows into files, a row at a time: JSON lines, or one JSON array. A split without rows has no file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

# Valid inside JSON strings, but ends of a line for many readers of lines.
_LINE_ENDS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def line_of(value: Mapping[str, Any]) -> bytes:
    """Return `value` as JSON on one line, whatever counts as the end of a line."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    for character, escape in _LINE_ENDS.items():
        text = text.replace(character, escape)
    return text.encode()


class JsonFiles:
    """`<split>.jsonl`, or `<split>.json` holding an array."""

    def __init__(self, folder: Path, *, array: bool) -> None:
        self._folder, self._array = folder, array
        self._open: dict[str, BinaryIO] = {}

    def write(self, split: str, row: Mapping[str, Any]) -> None:
        stream = self._open.get(split)
        if stream is None:
            ending = "json" if self._array else "jsonl"
            stream = self._open[split] = (self._folder / f"{split}.{ending}").open("xb")
            stream.write(b"[\n" if self._array else b"")
        elif self._array:
            stream.write(b",\n")
        stream.write(line_of(row) + (b"" if self._array else b"\n"))

    def close(self) -> None:
        for stream in self._open.values():
            stream.write(b"\n]\n" if self._array else b"")
            stream.close()
