"""Counts and hours of claims, disputes and cuts, for dashboards and reports. Names nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from wages.cases.rules import ANSWER_WITHIN

# a case is open until its last round is decided; claimed time is counted when the claim is made
_FIGURES = """
WITH round AS (
    SELECT "case".*, decision.outcome, decision.at, decision.decided_by_id, decision.granted_ms,
           decision.granted_micro, appeal.at AS appealed_at, second.at AS second_at, second.outcome AS second_outcome,
           second.granted_ms AS second_ms, second.granted_micro AS second_micro
    FROM wages_case "case"
    LEFT JOIN wages_casedecision decision ON decision.case_id = "case".id AND decision.round = 1
    LEFT JOIN wages_casedecision second ON second.case_id = "case".id AND second.round = 2
    LEFT JOIN wages_caseevent appeal ON appeal.case_id = "case".id AND appeal.kind = 'appealed'
    WHERE "case".project_id = ANY(%(projects)s) AND "case".opened_at >= %(since)s AND "case".opened_at < %(until)s
)
SELECT kind, count(*),
       count(*) FILTER (WHERE at IS NULL OR (appealed_at IS NOT NULL AND second_at IS NULL)),
       count(*) FILTER (WHERE (at IS NULL AND kind <> 'cut' AND due_at <= %(now)s)
                           OR (second_at IS NULL AND appealed_at <= %(now)s::timestamptz - %(within)s)),
       count(*) FILTER (WHERE appealed_at IS NOT NULL),
       count(*) FILTER (WHERE at IS NOT NULL AND decided_by_id IS NULL AND outcome = 'granted'),
       coalesce(sum((extract(epoch FROM ends - starts) * 1000)::bigint), 0)::bigint,
       coalesce(sum(granted_ms), 0)::bigint + coalesce(sum(second_ms), 0)::bigint,
       coalesce(sum((extract(epoch FROM ends - starts) * 1000)::bigint - granted_ms - coalesce(second_ms, 0))
           FILTER (WHERE at IS NOT NULL), 0)::bigint,
       coalesce(sum(granted_micro), 0)::bigint + coalesce(sum(second_micro), 0)::bigint,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM at - opened_at) / 3600)
           FILTER (WHERE at IS NOT NULL)
FROM round GROUP BY kind ORDER BY kind
"""
_OUTCOMES = """
SELECT "case".kind, last.outcome, count(*) FROM wages_case "case"
JOIN LATERAL (SELECT outcome FROM wages_casedecision WHERE case_id = "case".id ORDER BY round DESC LIMIT 1) last ON true
WHERE "case".project_id = ANY(%(projects)s) AND "case".opened_at >= %(since)s AND "case".opened_at < %(until)s
GROUP BY 1, 2
"""
BEGINNING, END = (
    datetime.fromisoformat("1970-01-01T00:00:00+00:00"),
    datetime.fromisoformat("9999-01-01T00:00:00+00:00"),
)


@dataclass(frozen=True)
class CaseFigures:
    """Figures of one kind of case. Times in milliseconds; `median_hours` from opening to the first decision.

    `by_nobody`: claims paid since nobody answered within seven days. `refused_ms`: claimed and not granted.
    """

    kind: str
    opened: int = 0
    open: int = 0
    overdue: int = 0
    appealed: int = 0
    by_nobody: int = 0
    claimed_ms: int = 0
    granted_ms: int = 0
    refused_ms: int = 0
    granted_micro: int = 0
    median_hours: float | None = None
    outcomes: dict[str, int] = field(default_factory=dict)


def case_figures(
    project_ids: Iterable[UUID], *, at: datetime, since: datetime = BEGINNING, until: datetime = END
) -> dict[str, CaseFigures]:
    """Return the figures of the cases opened in [since, until), by kind; a kind without cases has zeros."""
    values: dict[str, Any] = {
        "projects": list(project_ids),
        "since": since,
        "until": until,
        "now": at,
        "within": ANSWER_WITHIN,
    }
    outcomes: dict[str, dict[str, int]] = {"claim": {}, "dispute": {}, "cut": {}}
    with connection.cursor() as cursor:
        cursor.execute(_OUTCOMES, values)
        for kind, outcome, count in cursor.fetchall():
            outcomes[kind][outcome] = count
        cursor.execute(_FIGURES, values)
        found = {row[0]: replace(CaseFigures(*row), outcomes=outcomes[row[0]]) for row in cursor.fetchall()}
    return {kind: found.get(kind, CaseFigures(kind)) for kind in outcomes}
