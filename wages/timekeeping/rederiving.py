"""Derives every interval again from the facts that are stored with it, under the version that it names.

Reads in bounded batches in the order of ids and stops at the first row that differs. Trusts no constraint.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from byhand.statements import fetch_all
from wages.models import Period
from wages.rules import VERSIONS, Piece, Stretch, derive
from wages.selectors.unknown import task_p75_ms
from wages.work import Category

BATCH = 5000
_ROWS = """
SELECT id, category, lower(period), upper(period), rate_card_id IS NOT NULL, work_id <> '', rule_version,
       stretch_category, stretch_since, stretch_seen, stretch_asked, stretch_held, judged_at
FROM wages_interval WHERE id > %(after)s AND judged_at IS NOT NULL ORDER BY id LIMIT %(batch)s
"""
_BY_RULE = """
SELECT paid.id, paid.ms, gap.ms, lower(paid.period) = lower(gap.period)
FROM wages_interval paid JOIN wages_interval gap ON gap.id = paid.resolves_id
WHERE paid.by_rule AND paid.pay_period_id = %(period)s ORDER BY paid.id
"""


def bad_derivation() -> str | None:
    """Return what is wrong with the first interval that its rule would not make of its facts, or None."""
    return next((bad for row in _rows() if (bad := _differs(row))), None)


def _rows() -> Iterator[tuple[Any, ...]]:
    after = 0
    while rows := fetch_all(_ROWS, {"after": after, "batch": BATCH}):
        yield from rows
        after = rows[-1][0]


def _differs(row: tuple[Any, ...]) -> str | None:
    number, category, start, end, paid, on_work, version, running, since, seen, asked, held, judged = row
    if version not in VERSIONS:
        return f"interval {number} names rule version {version!r}, which never was"
    if not since <= min(seen, judged, asked or judged):
        return f"interval {number} has facts from before its stretch began"
    pieces = derive(version, Stretch(Category(running), since, seen, asked, held), judged)
    if Piece(Category(category), start, end, paid) in pieces and (
        on_work == held or category == Category.BREAK
    ):
        return None
    made = ", ".join(
        f"{piece.category} {piece.start:%H:%M:%S.%f} to {piece.end:%H:%M:%S.%f}" for piece in pieces
    )
    return (
        f"interval {number} ({category}, {start.isoformat()} to {end.isoformat()}) is not what {version} makes of its"
        f" facts: {made or 'nothing'}"
    )


def bad_settlement() -> str | None:
    """Return the first gap that a closed period paid by rule with another figure than its 75th percentile."""
    periods = Period.objects.filter(closed_at__isnull=False, intervals__by_rule=True).distinct()
    for period in periods.order_by("id"):
        p75 = task_p75_ms(period) or 0
        for number, ms, gap_ms, at_its_start in fetch_all(_BY_RULE, {"period": period.pk}):
            if ms != min(gap_ms, p75) or not at_its_start:
                return (
                    f"interval {number} pays {ms} ms of a gap of {gap_ms} ms unanswered; the 75th percentile of"
                    f" period {period.label} is {p75} ms"
                )
    return None
