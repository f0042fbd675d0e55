"""Open-Assistant message trees: every prompter message with its replies, their rank, and each person's ranking.

Pure. One line holds a tree and gives many rows, all of one group. `ranked_message_ids` of a ranking event names
replies best first; `not_rankable` is kept as a judgement that compares nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from annotation.formats.conversations import Message, NotAConversation, text_of
from annotation.formats.readers import answers
from annotation.formats.readers.records import Fields
from annotation.formats.readers.texts import (
    MAX_GROUP,
    MAX_LANGUAGE,
    MAX_TEXT,
    BadRow,
    checked,
    completion_text,
    label,
    metadata,
)
from annotation.formats.rows import LabelledRow, OutsideAnswer, PromptRow

Node = dict[str, Any]
NOT_RANKABLE = "not_rankable"


def rows(line: int, record: dict[str, Any], fields: Fields) -> Iterator[PromptRow]:
    root = record.get("prompt")
    if not isinstance(root, dict):
        reason = "is a thread, not a tree" if "thread" in record else "has no message “prompt”"
        raise BadRow("prompt", f"{reason}; export the message trees")
    group = label("message_tree_id", record.get("message_tree_id"), MAX_GROUP)
    waiting: list[tuple[Node, list[Message]]] = [(root, [])]
    while waiting:
        node, before = waiting.pop()
        turns = [*before, (_role(node), _text(node))]
        replies = [reply for reply in _replies(node) if not reply.get("deleted")]
        if turns[-1][0] == "user" and not node.get("deleted"):
            yield _row(line, node, turns, group, [reply for reply in replies if _role(reply) == "assistant"])
        waiting += [(reply, turns) for reply in reversed(replies)]


def _row(line: int, node: Node, turns: list[Message], group: str, replies: list[Node]) -> PromptRow:
    try:
        prompt = checked("text", text_of(turns), MAX_TEXT, blank=False)
    except NotAConversation as error:
        raise BadRow("text", f"message {_id(node)}: {error}") from error
    language = label("lang", node.get("lang"), MAX_LANGUAGE)
    kept = metadata({"message_id": _id(node)})
    if not replies:
        return PromptRow(line, prompt, group, language, kept)
    texts = tuple(completion_text("text", _text(reply)) for reply in replies)
    given = list(_events(node, replies))
    # Byhand's own events hold whole answers, and its ranks only sum them up
    found = given if _is_ours(node) else [*_by_rank(replies), *given]
    return LabelledRow(line, prompt, group, language, kept, texts, tuple(found))


def _by_rank(replies: list[Node]) -> Iterator[OutsideAnswer]:
    """Yield what all rankings together gave: `rank` 0 is best, the same rank a tie, no rank is not compared."""
    ranks = [reply.get("rank") for reply in replies]
    for rank in ranks:
        if rank is not None and (not isinstance(rank, int) or isinstance(rank, bool)):
            raise BadRow("rank", "“rank” must be a whole number or null")
    known = sorted({rank for rank in ranks if rank is not None})
    if len(replies) > 1 and known:
        groups = tuple(tuple(at for at, rank in enumerate(ranks) if rank == one) for one in known)
        yield OutsideAnswer(
            groups=groups, unranked=tuple(at for at, rank in enumerate(ranks) if rank is None)
        )


def _is_ours(node: Node) -> bool:
    return any("answer" in event for event in (node.get("events") or {}).get("ranking") or [])


def _events(node: Node, replies: list[Node]) -> Iterator[OutsideAnswer]:
    events = node.get("events") or {}
    rankings = events.get("ranking") or [] if isinstance(events, dict) else None
    if not isinstance(rankings, list) or any(not isinstance(event, dict) for event in rankings):
        raise BadRow("events", "“events” must hold a list “ranking” of objects")
    places = {_id(reply): at for at, reply in enumerate(replies)}
    for event in rankings:
        yield _event(event, places)


def _event(event: Node, places: dict[str, int]) -> OutsideAnswer:
    who = answers.annotator_id(event.get("user_id"))
    if "answer" in event:
        return answers.answer(event["answer"], len(places), who)
    everything = tuple(range(len(places)))
    if event.get("not_rankable"):
        return OutsideAnswer(annotator=who, unranked=everything, note=NOT_RANKABLE)
    ids = event.get("ranked_message_ids")
    if not isinstance(ids, list) or len(set(map(str, ids))) != len(ids):
        raise BadRow("ranked_message_ids", "“ranked_message_ids” must list each reply at most once")
    # replies that were deleted since are not in the tree any more
    order = [places[one] for one in ids if isinstance(one, str) and one in places]
    return OutsideAnswer(
        annotator=who,
        groups=tuple((at,) for at in order),
        unranked=tuple(at for at in everything if at not in order),
    )


def _replies(node: Node) -> list[Node]:
    replies = node.get("replies") or []
    if not isinstance(replies, list) or any(not isinstance(reply, dict) for reply in replies):
        raise BadRow("replies", f"message {_id(node)}: “replies” must be a list of messages")
    return replies


def _role(node: Node) -> str:
    role = {"prompter": "user", "assistant": "assistant"}.get(str(node.get("role")))
    if role is None:
        raise BadRow("role", f"message {_id(node)}: “role” must be prompter or assistant")
    return role


def _text(node: Node) -> str:
    if not isinstance(node.get("text"), str):
        raise BadRow("text", f"message {_id(node)}: “text” must be text")
    return str(node["text"])


def _id(node: Node) -> str:
    return label("message_id", node.get("message_id"), MAX_GROUP)
