"""Raw ballots: one JSON object a line and a ballot, with everything of the answer. Lossless.

The shape, `byhand.ballot/1`:

    {"format": "byhand.ballot/1", "simulated": bool, "split": str, "item": int, "origin": str,
     "prompt": str, "completions": [str], "language": str, "shown_order": [int], "annotator": str,
     "answer": {"groups", "unranked", "unacceptable", "strengths", "ratings", "flags", "note"},
     "facts": {…}}

`annotator` is there where a person may be told from others; `facts` holds ids and times in an internal export
and next to nothing in a public one; `wages` is there where a label was made elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from annotation.formats.writers.tasks import OUTSIDE, OUTSIDE_MARK, Task, answer_json

FORMAT = "byhand.ballot/1"


def rows(task: Task) -> Iterator[dict[str, Any]]:
    """Yield one object a ballot."""
    for ballot in task.ballots:
        row = {
            "format": FORMAT,
            "simulated": task.simulated,
            "split": task.split,
            "item": task.number,
            "origin": ballot.origin,
            "prompt": task.prompt,
            "completions": list(task.completions),
            "shown_order": list(ballot.shown_order),
            "language": task.language,
            "answer": answer_json(ballot.answer),
            "facts": {**task.facts, **ballot.facts},
        }
        if ballot.answer.annotator:
            row["annotator"] = ballot.answer.annotator
        if ballot.origin == OUTSIDE:
            row["wages"] = OUTSIDE_MARK
        yield row
