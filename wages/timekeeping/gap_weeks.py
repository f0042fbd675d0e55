"""Weeks in which a worker's own word settled more than two hours of unknown time. Reads only.

People appear under their number in the project: the order in which its first pay was written for them, which never
changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from byhand.statements import fetch_all

LIMIT_MS = 2 * 3_600_000
MOST = 200
_WEEKS = """
WITH person AS (
    SELECT worker_id, row_number() OVER (ORDER BY min(id)) AS number
    FROM wages_accrual WHERE project_id = %(project)s GROUP BY worker_id
)
SELECT person.number, said.worker_id, said.week, said.ms, said.answers, question.asked_at
FROM (
    SELECT worker_id, date_trunc('week', lower(period) AT TIME ZONE 'UTC')::date AS week,
           sum(ms)::bigint AS ms, count(*) AS answers
    FROM wages_interval
    WHERE project_id = %(project)s AND resolves_id IS NOT NULL AND NOT by_rule AND rate_card_id IS NOT NULL
    GROUP BY 1, 2 HAVING sum(ms) > %(limit)s
) said JOIN person USING (worker_id)
LEFT JOIN wages_gapquestion question ON question.project_id = %(project)s
    AND question.worker_id = said.worker_id AND question.week = said.week
ORDER BY said.week DESC, person.number LIMIT %(most)s
"""


@dataclass(frozen=True)
class GapWeek:
    """`ms` of unknown time that person `number` said was work, in `answers` answers, in the week from `week` on."""

    number: int
    worker_id: int
    week: date
    ms: int
    answers: int
    asked_at: datetime | None


def unknown_over_two_hours(project_id: UUID) -> list[GapWeek]:
    """Return the weeks above two hours, newest first, at most 200."""
    rows = fetch_all(_WEEKS, {"project": project_id, "limit": LIMIT_MS, "most": MOST})
    return [GapWeek(*row) for row in rows]
