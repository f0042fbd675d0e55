"""Anthropic's HH pairs: two transcripts that share everything up to the last turn of the assistant. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from annotation.formats.conversations import NotAConversation, hh_parts
from annotation.formats.readers.preferences import CHOSEN, FIRST_IS_BETTER, REJECTED
from annotation.formats.readers.records import Fields
from annotation.formats.readers.texts import BadRow, completion_text, exact_prompt, kind
from annotation.formats.rows import LabelledRow


def rows(line: int, record: dict[str, Any], fields: Fields) -> Iterator[LabelledRow]:
    prompt, better = _parts(CHOSEN, record.get(CHOSEN))
    other, worse = _parts(REJECTED, record.get(REJECTED))
    if prompt != other:
        raise BadRow(REJECTED, "“chosen” and “rejected” differ before their last “Assistant:”")
    if better == worse:
        raise BadRow(REJECTED, "“chosen” and “rejected” are the same text")
    texts = (completion_text(CHOSEN, better), completion_text(REJECTED, worse))
    yield LabelledRow(line, exact_prompt(CHOSEN, prompt), completions=texts, answers=(FIRST_IS_BETTER,))


def _parts(name: str, value: object) -> tuple[str, str]:
    if not isinstance(value, str):
        raise BadRow(name, f"“{name}” must be text, not {kind(value)}")
    try:
        return hh_parts(value)
    except NotAConversation as error:
        raise BadRow(name, f"“{name}” {error}") from error
