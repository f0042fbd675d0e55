"""Time that was worked beyond a cap: a cap stops offers, never the clock, so there is some, and it is a figure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from byhand.statements import fetch_one
from wages.caps import Caps

MS = timedelta(milliseconds=1)
EVER = datetime(1970, 1, 1, tzinfo=UTC)
ALWAYS = datetime(9999, 1, 1, tzinfo=UTC)
_BEYOND = """
WITH hours AS (
    SELECT worker_id, hour, sum(worked_ms) AS worked,
           coalesce(sum(worked_ms) FILTER (WHERE project_id = %(project)s), 0) AS here
    FROM wages_workedhour
    WHERE worker_id IN (SELECT worker_id FROM wages_workedhour WHERE project_id = %(project)s)
    GROUP BY worker_id, hour
), rolling AS (
    SELECT hour, here,
           sum(worked) OVER (PARTITION BY worker_id ORDER BY hour RANGE '23 hours' PRECEDING) AS day,
           sum(worked) OVER (PARTITION BY worker_id ORDER BY hour RANGE '167 hours' PRECEDING) AS week
    FROM hours
)
SELECT coalesce(sum(least(here, greatest(0, day - %(day)s::bigint, week - %(week)s::bigint))), 0)::bigint
FROM rolling WHERE hour >= %(starts)s AND hour < %(ends)s
"""


def beyond_cap_ms(project_id: UUID, starts: datetime = EVER, ends: datetime = ALWAYS) -> int:
    """Return how much paid time of this project lies beyond 8 hours in 24, or 40 in 7 days, of the same person.

    Whole milliseconds, at the resolution of the caps themselves: the hour. A person's hours in other projects count
    towards the cap, as they do where work is offered; only time in this project is counted as beyond it.
    """
    caps = Caps()
    row = fetch_one(
        _BEYOND,
        {
            "project": project_id,
            "day": caps.day // MS,
            "week": caps.week // MS,
            "starts": starts,
            "ends": ends,
        },
    )
    return int(row[0]) if row else 0
