"""Reads a project's ballots page by page, in the shape that `annotation.quality` measures.

Two statements a page, walked by the item's key: memory and time of a page do not grow with the project. Nothing is
read of anybody but their number, and time only as the sum of the clock's `task` intervals of one lease.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from annotation.gold import judge
from annotation.quality.orders import Order, order_of
from annotation.quality.project import Given, RatedItem
from annotation.quality.verdict import Judged
from annotation.ranking import Answer

PAGE = 500
ALWAYS = datetime.max.replace(tzinfo=UTC)
ITEMS = """
SELECT item.id, item.role = 'gold', coalesce(char_length(prompt.text), 0),
    (SELECT array_agg(char_length(text) ORDER BY index) FROM annotation_completion completion
     WHERE completion.generation_id = item.generation_id AND completion.prompt_id = item.prompt_id),
    gold.better, gold.unacceptable
FROM annotation_item item
JOIN annotation_prompt prompt ON prompt.id = item.prompt_id
LEFT JOIN annotation_goldanswer gold ON gold.item_id = item.id AND gold.retired_at IS NULL
WHERE item.project_id = %(project)s AND item.id > %(after)s AND item.role IN ('rank', 'gold')
ORDER BY item.id LIMIT %(page)s
"""
BALLOTS = """
SELECT ballot.item_id, ballot.worker_id, ballot.groups, ballot.unranked, ballot.unacceptable, ballot.flags,
    ballot.shown_order, lease.repeat,
    (SELECT sum(spent.ms) FROM wages_interval spent WHERE spent.worker_id = ballot.worker_id
     AND spent.work_kind = 'rank' AND spent.work_id = ballot.lease_id::text AND spent.work_id <> ''
     AND spent.category = 'task')
FROM annotation_ballot ballot
JOIN annotation_lease lease ON lease.id = ballot.lease_id
LEFT JOIN annotation_currentballot current ON current.ballot_id = ballot.id
WHERE ballot.item_id = ANY(%(items)s) AND ballot.created_at <= %(as_of)s
    AND (current.ballot_id IS NOT NULL OR lease.repeat)
ORDER BY ballot.item_id, ballot.created_at, ballot.id
"""


@dataclass(frozen=True)
class _Row:
    worker: int
    groups: list[list[int]]
    unranked: list[int]
    unacceptable: list[int]
    flags: list[dict[str, Any]]
    shown: list[int]
    repeat: bool
    ms: int | None

    def order(self) -> Order:
        return order_of(self.groups, self.unranked, self.unacceptable)


def rated_items(project_id: uuid.UUID, as_of: datetime) -> Iterator[list[tuple[int, RatedItem]]]:
    """Yield pages of (item id, item) with every item that has a ballot given by `as_of`."""
    after = 0
    while rows := _query(ITEMS, {"project": project_id, "after": after, "page": PAGE}):
        after = rows[-1][0]
        ballots: dict[int, list[_Row]] = defaultdict(list)
        for row in _query(BALLOTS, {"items": [row[0] for row in rows], "as_of": as_of}):
            ballots[row[0]].append(_row(row))
        yield [(row[0], _item(row, ballots[row[0]])) for row in rows if ballots[row[0]]]


def judged_ballots(item_id: int) -> list[Judged]:
    """Return the ballots that stand for one item now, as the rule and the consensus see them."""
    rows = [_row(row) for row in _query(BALLOTS, {"items": [item_id], "as_of": ALWAYS})]
    return [_judged(row, None) for row in rows if not row.repeat]


def _item(row: tuple[Any, ...], ballots: list[_Row]) -> RatedItem:
    _item_id, is_gold, prompt_length, lengths, better, unacceptable = row
    known = (json.loads(better), json.loads(unacceptable)) if better is not None else None
    first = {ballot.worker: ballot for ballot in ballots if not ballot.repeat}
    return RatedItem(
        k=len(lengths),
        is_gold=is_gold,
        lengths=tuple(lengths),
        prompt_length=prompt_length,
        ballots=tuple(_given(ballot, known) for ballot in first.values()),
        repeats=tuple(
            (first[ballot.worker].order(), ballot.order())
            for ballot in ballots
            if ballot.repeat and ballot.worker in first
        ),
    )


def _given(row: _Row, known: tuple[Any, Any] | None) -> Given:
    verdict = judge(_answer(row), *known) if known else None
    return Given(
        person=row.worker,
        judged=_judged(row, known),
        shown=tuple(row.shown),
        seconds=row.ms / 1000 if row.ms is not None else None,
        gold=(verdict.right, verdict.right + verdict.wrong) if verdict else None,
    )


def _judged(row: _Row, known: tuple[Any, Any] | None) -> Judged:
    return Judged(
        order=row.order(),
        unacceptable=frozenset(row.unacceptable),
        flags=frozenset(flag["kind"] for flag in row.flags),
        gold_wrong=known is not None and not judge(_answer(row), *known).passed,
    )


def _answer(row: _Row) -> Answer:
    return Answer(
        groups=tuple(map(tuple, row.groups)),
        unacceptable=tuple(row.unacceptable),
        unranked=tuple(row.unranked),
    )


def _row(row: tuple[Any, ...]) -> _Row:
    _item_id, worker, groups, unranked, unacceptable, flags, shown, repeat, ms = row
    return _Row(
        worker=worker,
        groups=json.loads(groups),
        unranked=json.loads(unranked),
        unacceptable=json.loads(unacceptable),
        flags=json.loads(flags),
        shown=json.loads(shown),
        repeat=repeat,
        ms=int(ms) if ms is not None else None,
    )


def _query(statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
