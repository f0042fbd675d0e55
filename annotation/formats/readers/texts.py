"""What a text of a foreign file may be, and how the kind of a wrong value is named. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from annotation.formats.conversations import NotAConversation, read_messages, text_of

MAX_TEXT = 20_000
MAX_COMPLETION = 100_000
MAX_COMPLETIONS = 50
MAX_GROUP = 120
MAX_LANGUAGE = 35
MAX_METADATA = 4_000
_BROKEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_KINDS = {type(None): "null", bool: "true or false", int: "a number", float: "a number", list: "a list"}


class BadRow(Exception):
    """A row can't be used. `field` names the part of it that is wrong; blank means all of it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field, self.reason = field, reason


def prompt_text(name: str, value: object) -> str:
    """Return the prompt of a text or of a list of messages, trimmed of what surrounds a text; or raise BadRow."""
    if isinstance(value, list):
        try:
            text = text_of(read_messages(value))
        except NotAConversation as error:
            raise BadRow(name, f"“{name}” {error}") from error
    elif isinstance(value, str):
        text = value.replace("\r\n", "\n").strip()
    else:
        raise BadRow(name, f"“{name}” must be text, not {kind(value)}")
    return checked(name, text, MAX_TEXT, blank=False)


def exact_prompt(name: str, value: object) -> str:
    """Return a prompt unchanged, for formats whose texts must come out as they went in."""
    if not isinstance(value, str):
        raise BadRow(name, f"“{name}” must be text, not {kind(value)}")
    if not value.strip():
        raise BadRow(name, f"“{name}” is empty")
    return checked(name, value, MAX_TEXT)


def completion_text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadRow(name, f"“{name}” must be text, not {kind(value)}")
    return checked(name, value, MAX_COMPLETION)


def label(name: str, value: object, longest: int) -> str:
    """Return a short text such as a group or a language; a whole number becomes text, null becomes blank."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if -(10**18) < value < 10**18 else ""
    if not isinstance(value, str | None):
        raise BadRow(name, f"“{name}” must be text or a number, not {kind(value)}")
    text = (value or "").strip()
    if len(text) > longest:
        raise BadRow(name, f"“{name}” has {len(text):,} characters; at most {longest}")
    return checked(name, text, longest)


def checked(name: str, text: str, longest: int, *, blank: bool = True) -> str:
    """Return `text`, or raise BadRow where it is too long or holds what is no text."""
    if not text and not blank:
        raise BadRow(name, f"“{name}” is empty")
    if len(text) > longest:
        raise BadRow(name, f"“{name}” has {len(text):,} characters; at most {longest:,}")
    if broken := _BROKEN.search(text):
        character = broken.group()
        what = "half of a surrogate pair" if "\ud800" <= character <= "\udfff" else "control character"
        raise BadRow(
            name, f"“{name}” holds a {what} (U+{ord(character):04X}) at character {broken.start() + 1}"
        )
    return text


def metadata(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a source says beside a row, where the database can hold it; or raise BadRow."""
    kept = {name: value for name, value in values.items() if value is not None and value != ""}
    written = json.dumps(kept, ensure_ascii=False, default=str)
    if len(written) > MAX_METADATA:
        raise BadRow(
            "metadata",
            f"what stands beside the text has {len(written):,} characters; at most {MAX_METADATA:,}",
        )
    parsed: dict[str, Any] = json.loads(written)
    for value in _strings(parsed):
        checked("metadata", value, MAX_METADATA)
    return parsed


def kind(value: object) -> str:
    return _KINDS.get(type(value), "text" if isinstance(value, str) else "an object")


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value
    return [found for part in parts for found in _strings(part)] if isinstance(parts, list) else []
