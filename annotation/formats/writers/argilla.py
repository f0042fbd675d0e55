"""Argilla records: a record an item, a response to the ranking question a ballot.

Tiers become ranks from 1, ties share one; that the unranked are not compared, and everything else that Argilla
has no place for, stands as JSON text in the metadata `byhand`.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from annotation.formats.pairs import tiers
from annotation.formats.writers.tasks import OUTSIDE, OUTSIDE_MARK, Ballot, Task, answer_json, mark

QUESTION = "ranking"
_PEOPLE = uuid.uuid5(uuid.NAMESPACE_URL, "byhand:annotator")


def field_name(index: int) -> str:
    return f"completion_{index + 1}"


def rows(task: Task) -> Iterator[dict[str, Any]]:
    """Yield one record."""
    fields = {field_name(index): text for index, text in enumerate(task.completions)}
    metadata = {"split": task.split, "byhand": json.dumps(_kept(task), ensure_ascii=False, sort_keys=True)}
    yield {
        "id": f"item-{task.number}",
        "fields": {"prompt": task.prompt, **fields},
        "metadata": {**metadata, **mark(task)},
        "suggestions": {},
        "responses": {QUESTION: [_response(task, at, ballot) for at, ballot in enumerate(task.ballots)]},
        "vectors": {},
        "status": "completed",
        "_server_id": None,
    }


def _response(task: Task, at: int, ballot: Ballot) -> dict[str, Any]:
    """Argilla wants a UUID a person; nobody's own id is in it."""
    who = ballot.answer.annotator or f"{task.number}/{at}"
    value = [
        {"value": field_name(index), "rank": rank}
        for rank, tier in enumerate(tiers(ballot.answer), start=1)
        for index in tier
    ]
    return {"value": value, "user_id": str(uuid.uuid5(_PEOPLE, who))}


def _kept(task: Task) -> dict[str, Any]:
    ballots = [
        {
            "answer": answer_json(ballot.answer),
            "annotator": ballot.answer.annotator,
            "shown_order": list(ballot.shown_order),
            "origin": ballot.origin,
            "facts": dict(ballot.facts),
            **({"wages": OUTSIDE_MARK} if ballot.origin == OUTSIDE else {}),
        }
        for ballot in task.ballots
    ]
    return {"ballots": ballots, "facts": dict(task.facts)}
