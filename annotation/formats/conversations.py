"""Turns a conversation into the one text that a prompt is, and back again.

Pure. A single user message is its own text. Several turns become a transcript with the markers that Anthropic's
HH files use; `messages_of(text_of(messages)) == messages` holds for every conversation that `text_of` takes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

Message = tuple[str, str]  # role ("system", "user" or "assistant"), content
_LABELS = {"system": "System", "user": "Human", "assistant": "Assistant"}
_ROLES = {label: role for role, label in _LABELS.items()}
_ROLE_NAMES = {"prompter": "user", "human": "user", "gpt": "assistant"}
_MARK = re.compile(r"(?:\A|\n\n)(System|Human|Assistant):(?: |(?=\n\n)|\Z)")
HH_TURN = "\n\nAssistant:"


class NotAConversation(ValueError):
    """The messages can't be told apart again once they are one text, or are no messages at all."""


def text_of(messages: Sequence[Message]) -> str:
    """Return the text of a prompt; raises NotAConversation where it could not be read back."""
    if not messages:
        raise NotAConversation("has no messages")
    if len(messages) == 1 and messages[0][0] == "user":
        text = messages[0][1]
    else:
        text = "\n\n".join(f"{_LABELS[role]}: {content}" for role, content in messages)
    if messages_of(text) != list(messages):
        raise NotAConversation(
            "a message holds a line such as “Human:”, which would look like a turn of its own"
        )
    return text


def messages_of(text: str) -> list[Message]:
    """Return the turns of a transcript, or the whole text as one user message."""
    marks = list(_MARK.finditer(text))
    if len(marks) < 2 or marks[0].start() != 0:
        return [("user", text)]
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return [(_ROLES[mark.group(1)], text[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]


def read_messages(value: object) -> list[Message]:
    """Return (role, content) pairs of `[{"role": ..., "content": ...}]`; raises NotAConversation."""
    if not isinstance(value, list) or not value:
        raise NotAConversation("must be text or a list of messages")
    return [_message(entry) for entry in value]


def _message(entry: Any) -> Message:
    if not isinstance(entry, dict):
        raise NotAConversation("holds something that is no message")
    role, content = entry.get("role"), entry.get("content")
    role = _ROLE_NAMES.get(role, role) if isinstance(role, str) else role
    if role not in _LABELS:
        raise NotAConversation(f"has a message of role {role!r:.40}; known are system, user and assistant")
    if not isinstance(content, str):
        raise NotAConversation("has a message whose content is no text")
    return role, content


def hh_text(prompt: str, completion: str) -> str:
    """Return a line of Anthropic's HH: the conversation, then the completion as its last turn."""
    messages = messages_of(prompt)
    head = "".join(f"\n\n{_LABELS[role]}:{_spaced(content)}" for role, content in messages)
    return f"{head}{HH_TURN}{_spaced(completion)}"


def hh_parts(text: str) -> tuple[str, str]:
    """Return (prompt, completion) of such a line: cut at the last turn of the assistant."""
    head, turn, completion = text.rpartition(HH_TURN)
    if not turn:
        raise NotAConversation("has no turn “Assistant:”")
    prompt = head.removeprefix("\n\n")
    marks = list(_MARK.finditer(prompt))
    if not marks or marks[0].start() != 0:
        raise NotAConversation("does not begin with “Human:”")
    if len(marks) == 1 and marks[0].group(1) == "Human":
        prompt = prompt[marks[0].end() :]
    return prompt, completion.removeprefix(" ")


def _spaced(content: str) -> str:
    return f" {content}" if content else ""
