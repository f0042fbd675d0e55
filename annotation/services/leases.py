"""Ends leases whose worker has gone, and lets those of present workers live on.

Beats write nothing here: a lease that has run out is looked at once more against the worker's last sign of
life, so that an hour of beats costs one update. A lease that ends frees its slot and nothing else: no time is
cut, and a ballot that comes later is taken.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from annotation.assignment import PRESENCE

BATCH = 500

SWEEP = """
WITH over AS (
    SELECT lease.id, lease.item_id,
        CASE WHEN clock.seen_at IS NOT NULL THEN LEAST(
            clock.seen_at + %(presence)s,
            lease.taken_at + project.lease_ms * interval '1 millisecond') END AS until
    FROM annotation_lease lease
    JOIN annotation_item item ON item.id = lease.item_id
    JOIN annotation_project project ON project.id = lease.project_id
    LEFT JOIN wages_workerclock clock ON clock.worker_id = lease.worker_id AND clock.category <> ''
    WHERE lease.state = 'live' AND lease.expires_at <= %(at)s
    ORDER BY lease.expires_at FOR UPDATE OF item, lease SKIP LOCKED LIMIT %(batch)s
), extended AS (
    UPDATE annotation_lease SET expires_at = over.until FROM over
    WHERE annotation_lease.id = over.id AND over.until > %(at)s
), ended AS (
    UPDATE annotation_lease SET state = 'expired', ended_at = %(at)s FROM over
    WHERE annotation_lease.id = over.id AND (over.until IS NULL OR over.until <= %(at)s)
    RETURNING annotation_lease.item_id, annotation_lease.repeat
), freed AS (
    UPDATE annotation_item SET live_leases = live_leases - gone.n
    FROM (SELECT item_id, count(*) AS n FROM ended WHERE NOT repeat GROUP BY item_id) gone
    WHERE annotation_item.id = gone.item_id AND annotation_item.role = 'rank'
)
SELECT (SELECT count(*) FROM over), (SELECT count(*) FROM ended)
"""


def sweep_leases(*, at: datetime | None = None) -> int:
    """End every lease that is over and return how many. Locked rows wait for the next sweep."""
    now, ended = at or timezone.now(), 0
    while True:
        found, gone = _sweep_once(now)
        ended += gone
        if found < BATCH:
            return ended


@transaction.atomic
def _sweep_once(now: datetime) -> tuple[int, int]:
    values: dict[str, Any] = {"at": now, "presence": PRESENCE, "batch": BATCH}
    with connection.cursor() as cursor:
        cursor.execute(SWEEP, values)
        found, gone = cursor.fetchone()
    return found, gone
