"""Plain records: a prompt, perhaps its group, its language, and completions that wait to be ranked. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from annotation.formats.readers.records import Fields
from annotation.formats.readers.texts import (
    MAX_COMPLETIONS,
    MAX_GROUP,
    MAX_LANGUAGE,
    BadRow,
    completion_text,
    kind,
    label,
    metadata,
    prompt_text,
)
from annotation.formats.rows import CandidateRow, PromptRow

TEXT_FIELDS = ("prompt", "text", "question", "instruction")
GROUP_FIELD = "prompt_group"
LANGUAGE_FIELD = "language"


def text_field(names: list[str], fields: Fields) -> str | None:
    """Return which field holds the prompt: the one that was named, or the first that is documented."""
    wanted = (fields.text,) if fields.text else TEXT_FIELDS
    return next((name for name in wanted if name in names), None)


def wanted_fields(fields: Fields) -> str:
    return f"“{fields.text}”" if fields.text else " or ".join(f"“{name}”" for name in TEXT_FIELDS)


def rows(line: int, record: dict[str, Any], fields: Fields) -> Iterator[PromptRow]:
    name = text_field(list(record), fields)
    if name is None:
        raise BadRow(fields.text or TEXT_FIELDS[0], f"has no field {wanted_fields(fields)}")
    text = prompt_text(name, record[name])
    group = label(fields.group or GROUP_FIELD, record.get(fields.group or GROUP_FIELD), MAX_GROUP)
    # Only a field that was named must be a language; a foreign field of that name may hold anything.
    language = label(fields.language, record.get(fields.language), MAX_LANGUAGE) if fields.language else ""
    kept = metadata({key: record.get(key) for key in fields.metadata})
    if fields.completions:
        yield CandidateRow(line, text, group, language, kept, completions(record, fields.completions))
    else:
        yield PromptRow(line, text, group, language, kept)


def completions(record: dict[str, Any], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the completions of one list, or of several fields of text, in the order they are named."""
    for name in names:
        if name not in record:
            raise BadRow(name, f"has no field “{name}”")
    if len(names) > 1:
        return tuple(completion_text(name, record[name]) for name in names)
    name, values = names[0], record[names[0]]
    if not isinstance(values, list):
        raise BadRow(
            name, f"“{name}” must be a list of texts, not {kind(values)}; or name one field a completion"
        )
    if len(values) > MAX_COMPLETIONS:
        raise BadRow(name, f"“{name}” holds {len(values)} completions; at most {MAX_COMPLETIONS}")
    return tuple(completion_text(f"{name}[{at}]", value) for at, value in enumerate(values))
