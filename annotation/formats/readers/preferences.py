"""TRL's preference rows: explicit or implicit prompt, plain texts or conversations. Pure.

Two plain texts without a prompt don't say where the prompt ends. TRL's own `extract_prompt` takes their longest
common start for it, character by character, and so cuts words and answers apart; such rows are refused here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from annotation.formats.conversations import Message, NotAConversation, read_messages, text_of
from annotation.formats.readers.records import Fields
from annotation.formats.readers.texts import (
    MAX_GROUP,
    MAX_TEXT,
    BadRow,
    checked,
    completion_text,
    exact_prompt,
    kind,
    label,
    metadata,
)
from annotation.formats.rows import LabelledRow, OutsideAnswer

CHOSEN, REJECTED = "chosen", "rejected"
FIRST_IS_BETTER = OutsideAnswer(groups=((0,), (1,)))


def rows(line: int, record: dict[str, Any], fields: Fields) -> Iterator[LabelledRow]:
    for name in (CHOSEN, REJECTED):
        if name not in record:
            raise BadRow(name, f"has no field “{name}”")
    prompt = record.get(fields.text or "prompt")
    if prompt is None:
        text, better, worse = _implicit(record[CHOSEN], record[REJECTED])
    else:
        text = _prompt(fields.text or "prompt", prompt)
        better, worse = _reply(CHOSEN, record[CHOSEN]), _reply(REJECTED, record[REJECTED])
    if better == worse:
        raise BadRow(REJECTED, "“chosen” and “rejected” are the same text")
    group = label(fields.group, record.get(fields.group), MAX_GROUP) if fields.group else ""
    kept = metadata({name: record.get(name) for name in ("margin", *fields.metadata)})
    yield LabelledRow(line, text, group, "", kept, (better, worse), (FIRST_IS_BETTER,))


def _prompt(name: str, value: object) -> str:
    if isinstance(value, list):
        return _transcript(name, _messages(name, value))
    return exact_prompt(name, value)


def _reply(name: str, value: object) -> str:
    if not isinstance(value, list):
        return completion_text(name, value)
    messages = _messages(name, value)
    if len(messages) != 1 or messages[0][0] != "assistant":
        raise BadRow(name, f"“{name}” must be one message of the assistant beside an explicit prompt")
    return completion_text(name, messages[0][1])


def _implicit(chosen: object, rejected: object) -> tuple[str, str, str]:
    """Return (prompt, better, worse) of two conversations that differ in their last message alone."""
    if not isinstance(chosen, list) or not isinstance(rejected, list):
        if isinstance(chosen, str) and isinstance(rejected, str):
            reason = (
                "has no “prompt”, and two plain texts don't say where it ends; add the field, or use messages"
            )
            raise BadRow("prompt", reason)
        wrong = REJECTED if isinstance(chosen, str | list) else CHOSEN
        raise BadRow(
            wrong, f"“{wrong}” is {kind(rejected if wrong == REJECTED else chosen)}; both must be of one kind"
        )
    one, other = _messages(CHOSEN, chosen), _messages(REJECTED, rejected)
    if one[:-1] != other[:-1]:
        raise BadRow(REJECTED, "“chosen” and “rejected” differ before their last message")
    if len(one) < 2 or one[-1][0] != "assistant" or other[-1][0] != "assistant":
        raise BadRow(CHOSEN, "the last message must be the assistant's, after at least one other")
    better, worse = completion_text(CHOSEN, one[-1][1]), completion_text(REJECTED, other[-1][1])
    return _transcript(CHOSEN, one[:-1]), better, worse


def _messages(name: str, value: object) -> list[Message]:
    try:
        return read_messages(value)
    except NotAConversation as error:
        raise BadRow(name, f"“{name}” {error}") from error


def _transcript(name: str, messages: list[Message]) -> str:
    try:
        return checked(name, text_of(messages), MAX_TEXT, blank=False)
    except NotAConversation as error:
        raise BadRow(name, f"“{name}”: {error}") from error
