"""Says what a file looks like, by its first bytes and its first records; its name decides only between text formats.

Pure. A container is how records are stored, a shape is what a record means. What can't be read is named in one
sentence, never line by line.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, BinaryIO

from annotation.formats.readers import arrays, ballots, lines, prompts
from annotation.formats.readers.guarded import size_of, text_stream
from annotation.formats.readers.records import Fields, Records, Unreadable
from annotation.formats.rows import Problem

HEAD = 64 * 1024
FIRST = 20


def _parquet(stream: BinaryIO) -> Records:
    from annotation.formats.readers import tables  # loads pyarrow, which only a few requests need

    return tables.parquet(stream)


def _arrow(stream: BinaryIO) -> Records:
    from annotation.formats.readers import tables

    return tables.arrow(stream)


def _datasets(stream: BinaryIO) -> Records:
    from annotation.formats.readers import archives

    return archives.datasets_folder(stream)


CONTAINERS: dict[str, Callable[[BinaryIO], Records]] = {
    "jsonl": lines.jsonl,
    "csv": lines.csv_rows,
    "json": arrays.json_list,
    "parquet": _parquet,
    "arrow": _arrow,
    "datasets": _datasets,
}
CONTAINER_NAMES = {
    "jsonl": "JSON lines", "csv": "CSV", "json": "a JSON list", "parquet": "Parquet", "arrow": "Arrow",
    "datasets": "a packed datasets folder",
}  # fmt: skip
SHAPE_NAMES = {
    "prompts": "prompts",
    "trl": "TRL preferences",
    "hh": "Anthropic HH pairs",
    "label_studio": "Label Studio tasks",
    "open_assistant": "Open-Assistant message trees",
    "argilla": "Argilla records",
    "ballots": "Byhand's raw ballots",
}
# Recognised by their first bytes, to be named and refused; a pickle would run code if anything ever loaded it.
_FOREIGN = (
    (b"%PDF", "a PDF document"), (b"\x80\x04", "a Python pickle, which is never read"), (b"BZh", "bzip2; unpack it"),
    (b"\xfd7zXZ", "xz; unpack it"), (b"\x28\xb5\x2f\xfd", "zstd; unpack it"), (b"\xff\xfe", "text in UTF-16"),
    (b"\xfe\xff", "text in UTF-16"), (b"\xd0\xcf\x11\xe0", "an old Office document"), (b"SQLite", "a SQLite database"),
    (b"\x89PNG", "an image"), (b"\xff\xd8\xff", "an image"), (b"GIF8", "an image"), (b"\x7fELF", "a program"),
)  # fmt: skip


@dataclass(frozen=True)
class Looks:
    """What a file looks like. `fields` are the names that its first records use."""

    container: str
    shape: str
    fields: tuple[str, ...] = ()
    suggested: Fields = field(default_factory=Fields)

    def __str__(self) -> str:
        return f"This looks like {SHAPE_NAMES[self.shape]} in {CONTAINER_NAMES[self.container]}."


def look(stream: BinaryIO, name: str) -> Looks:
    """Return what a file looks like; raises Unreadable with what it is instead. Leaves the stream at its start."""
    container = container_of(stream, name)
    records = []
    for record in islice(CONTAINERS[container](stream), FIRST):
        if not isinstance(record, Problem):
            records.append(record[1])
    stream.seek(0)
    names = tuple(dict.fromkeys(name for record in records for name in record))[: lines.MAX_COLUMNS]
    first = records[0] if records else {}
    return Looks(container, _shape(first), names, _suggested(first, list(names)))


def container_of(stream: BinaryIO, name: str) -> str:
    """Return the container by its first bytes; raises Unreadable where no reader knows them."""
    size_of(stream)
    head = stream.read(HEAD)
    stream.seek(0)
    if not head:
        raise Unreadable("the file is empty")
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            raise Unreadable(f"this looks like {what}")
    if head[:4] == b"PAR1":
        return "parquet"
    if head[:6] == b"ARROW1" or head[:4] == b"\xff\xff\xff\xff":
        return "arrow"
    if head[:4] == b"PK\x03\x04":
        if b"xl/" in head or b"word/" in head:
            raise Unreadable("this looks like an Office document; save the sheet as CSV")
        return "datasets"
    if head[257:262] == b"ustar":
        return "datasets"
    return _text_container(stream, head, name)


def _text_container(stream: BinaryIO, head: bytes, name: str) -> str:
    if head[:2] == b"\x1f\x8b":
        head = text_stream(stream).read(HEAD)
        stream.seek(0)
        if head[257:262] == b"ustar":
            return "datasets"
    if b"\x00" in head:
        raise Unreadable(
            "this is a binary file of no known kind; known are text, Parquet, Arrow, zip, tar and gzip"
        )
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"[":
        return "json"
    ending = name.lower().removesuffix(".gz").rpartition(".")[2]
    if ending in ("csv", "tsv"):
        return "csv"
    if start == b"{" and _is_spread_object(head):
        raise Unreadable(
            "this looks like one JSON object over many lines; write one object a line, or a list"
        )
    if start == b"{" or ending in ("jsonl", "ndjson", "json"):
        return "jsonl"
    raise Unreadable("this looks like plain text; give it the ending .jsonl or .csv, or name the format.")


def _is_spread_object(head: bytes) -> bool:
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0].strip()
    return first == b"{"


def _shape(record: dict[str, Any]) -> str:
    """Return what a record is by the names that only one format has."""
    if record.get("format") == ballots.FORMAT:
        return "ballots"
    if "message_tree_id" in record and isinstance(record.get("prompt"), dict):
        return "open_assistant"
    if "thread" in record or {"message_id", "parent_id"} <= record.keys():
        raise Unreadable("this looks like Open-Assistant threads or messages; export the message trees")
    if isinstance(record.get("data"), dict) and ("annotations" in record or "predictions" in record):
        return "label_studio"
    if isinstance(record.get("fields"), dict) and "responses" in record:
        return "argilla"
    if "chosen" in record and "rejected" in record:
        return "hh" if "prompt" not in record and _is_transcript(record["chosen"]) else "trl"
    return "prompts"


def _is_transcript(value: object) -> bool:
    return isinstance(value, str) and "\n\nAssistant:" in value and value.lstrip("\n").startswith("Human:")


def _suggested(record: dict[str, Any], names: list[str]) -> Fields:
    """Return which fields seem to hold what, for the person to confirm."""
    listed = record.get("completions") or record.get("responses")
    has_list = isinstance(listed, list) and bool(listed) and all(isinstance(one, str) for one in listed)
    return Fields(
        text=prompts.text_field(names, Fields()) or "",
        group=prompts.GROUP_FIELD if prompts.GROUP_FIELD in names else "",
        language=prompts.LANGUAGE_FIELD if isinstance(record.get(prompts.LANGUAGE_FIELD), str) else "",
        completions=(next(name for name in ("completions", "responses") if record.get(name) is listed),)
        if has_list
        else (),
    )


def first_values(record: dict[str, Any]) -> dict[str, str]:
    """Return the values of a record as short texts, to be shown."""
    return {
        name: (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))[:500]
        for name, value in record.items()
    }
