"""Ballots as the rows of a typed table: every column on every row. The types are in `table` beside this."""

from __future__ import annotations

import json
from typing import Any

from annotation.formats.writers.tasks import OUTSIDE, OUTSIDE_MARK, Task, answer_json


def rows(task: Task) -> list[dict[str, Any]]:
    """Return one row a ballot. `facts` is JSON text; `wages` marks labels that were made elsewhere."""
    found = []
    for ballot in task.ballots:
        answer = answer_json(ballot.answer)
        ratings = [{"dimension": name, "values": values} for name, values in answer.pop("ratings").items()]
        found.append(
            {
                "simulated": task.simulated,
                "item": task.number,
                "origin": ballot.origin,
                "prompt": task.prompt,
                "completions": list(task.completions),
                **answer,
                "ratings": ratings,
                "shown_order": list(ballot.shown_order),
                "annotator": ballot.answer.annotator,
                "wages": OUTSIDE_MARK if ballot.origin == OUTSIDE else "",
                "facts": json.dumps({**task.facts, **ballot.facts}, ensure_ascii=False, sort_keys=True),
            }
        )
    return found
