"""The statements that claim an item: each picks one, locks it, and writes the lease. Called with the clock locked.

Nobody who claims waits for another: rows that somebody else is claiming are skipped. Only where that finds
nothing are they waited for, so that "nothing to do" is never said while a slot is free.

A walk begins at the worker's own place in the queue (`QueuePlace`), not at the front: who has ranked the first
100,000 items would pass all of them again. The place only moves over items that this person had, or that were
full when all transactions below `seen_xid` were over. An item that changes later carries a transaction number of
at least that, so it is found again behind the place (`changed`), and no free slot is lost.

Who reviewed an item has seen how others rank it, and is never given it to rank.
"""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

from annotation.assignment import ITEMS_BETWEEN
from annotation.models import Lease
from annotation.selectors.offers import Situation
from byhand.statements import fetch_one

_FREE = (
    "item.project_id = %(project)s AND item.role = 'rank'"
    " AND item.ballots_count < (item.overlap - item.live_leases)"
)
_NOT_HAD = """NOT EXISTS (SELECT 1 FROM annotation_lease past WHERE past.worker_id = %(worker)s
                      AND past.item_id = item.id AND past.state <> 'expired')
    AND NOT EXISTS (SELECT 1 FROM annotation_review seen WHERE seen.reviewer_id = %(worker)s
                    AND seen.item_id = item.id)"""
_LEASE = "(id, project_id, item_id, worker_id, shown_order, repeat, state, taken_at, expires_at)"

# BETWEEN, because a plan made without the values then expects few rows, and takes the index
CLAIM = f"""
WITH changed AS MATERIALIZED (
    SELECT item.id, item.need FROM annotation_item item
    WHERE {_FREE} AND item.changed_xid BETWEEN %(seen)s::bigint AND 9223372036854775807
      AND (item.need, item.id) < (%(need)s::int, %(item)s::bigint) AND {_NOT_HAD}
), behind AS MATERIALIZED (
    SELECT item.id FROM changed JOIN annotation_item item ON item.id = changed.id
    WHERE {_FREE} ORDER BY item.need, item.id FOR UPDATE OF item {{waiting}} LIMIT 1
), ahead AS MATERIALIZED (
    SELECT item.id FROM annotation_item item
    WHERE {_FREE} AND (item.need, item.id) >= (%(need)s::int, %(item)s::bigint) AND {_NOT_HAD}
      AND NOT EXISTS (SELECT 1 FROM behind)
    ORDER BY item.need, item.id FOR UPDATE OF item {{waiting}} LIMIT 1
), picked AS (
    SELECT id FROM behind UNION ALL SELECT id FROM ahead
), held AS (
    UPDATE annotation_item SET live_leases = live_leases + 1
    FROM picked WHERE annotation_item.id = picked.id RETURNING annotation_item.id
), first AS (
    SELECT need, id FROM (
        SELECT need, id FROM changed
        UNION ALL
        (SELECT item.need, item.id FROM annotation_item item
         WHERE {_FREE} AND (item.need, item.id) >= (%(need)s::int, %(item)s::bigint) AND {_NOT_HAD}
         ORDER BY item.need, item.id LIMIT 1)
    ) open ORDER BY need, id LIMIT 1
), last AS (
    SELECT item.need, item.id + 1 AS id FROM annotation_item item
    WHERE {_FREE} AND NOT EXISTS (SELECT 1 FROM first)
      AND (item.need, item.id) >= (%(need)s::int, %(item)s::bigint)
    ORDER BY item.need DESC, item.id DESC LIMIT 1
), moved AS (
    INSERT INTO annotation_queueplace AS place (participation_id, need, item, seen_xid, counted)
    SELECT %(participation)s, coalesce(next.need, %(need)s::int), coalesce(next.id, %(item)s::bigint),
        pg_snapshot_xmin(pg_current_snapshot())::text::bigint, 0
    FROM (VALUES (1)) one LEFT JOIN (TABLE first UNION ALL TABLE last) next ON true
    ON CONFLICT (participation_id) DO UPDATE
    SET need = EXCLUDED.need, item = EXCLUDED.item, seen_xid = EXCLUDED.seen_xid
)
INSERT INTO annotation_lease {_LEASE}
SELECT %(lease)s, %(project)s, held.id, %(worker)s, %(order)s::jsonb, false, 'live', %(at)s, %(expires)s FROM held
RETURNING item_id
"""  # noqa: S608

# Gold items use no slot, so nobody waits for them; each person gets each at most once.
GOLD = f"""
INSERT INTO annotation_lease {_LEASE}
SELECT %(lease)s, %(project)s, item.id, %(worker)s, %(order)s::jsonb, false, 'live', %(at)s, %(expires)s
FROM annotation_item item JOIN annotation_goldanswer known ON known.item_id = item.id
WHERE item.project_id = %(project)s AND item.role = 'gold' AND known.retired_at IS NULL AND {_NOT_HAD}
ORDER BY random() LIMIT 1
RETURNING item_id
"""  # noqa: S608

# The search begins at a random moment of this person's work, and goes on from their first item where it finds none.
REPEAT = f"""
WITH began AS (
    SELECT min(taken_at) AS at FROM annotation_lease WHERE worker_id = %(worker)s AND project_id = %(project)s
), start AS (
    SELECT at + (%(latest)s::timestamptz - at) * %(fraction)s::float8 AS at FROM began WHERE at <= %(latest)s
), had AS NOT MATERIALIZED (
    SELECT past.item_id, past.taken_at FROM annotation_lease past JOIN annotation_item item ON item.id = past.item_id
    WHERE past.worker_id = %(worker)s AND past.project_id = %(project)s AND past.taken_at <= %(latest)s
      AND past.state = 'submitted' AND NOT past.repeat AND item.role = 'rank'
      AND past.ended_at <= %(latest)s
      AND NOT EXISTS (SELECT 1 FROM annotation_lease again WHERE again.worker_id = %(worker)s
                      AND again.item_id = past.item_id AND again.repeat AND again.state <> 'expired')
      AND NOT EXISTS (SELECT 1 FROM annotation_lease held WHERE held.worker_id = %(worker)s
                      AND held.item_id = past.item_id AND held.state = 'live')
      AND (SELECT count(*) FROM (
               SELECT 1 FROM annotation_lease later WHERE later.worker_id = %(worker)s
               AND later.project_id = %(project)s AND later.taken_at > past.taken_at LIMIT {ITEMS_BETWEEN}
           ) between_them) = {ITEMS_BETWEEN}
), picked AS (
    SELECT item_id FROM (
        (SELECT item_id, 1 AS turn FROM had WHERE taken_at >= (SELECT at FROM start) ORDER BY taken_at LIMIT 1)
        UNION ALL
        (SELECT item_id, 2 FROM had WHERE taken_at < (SELECT at FROM start) ORDER BY taken_at LIMIT 1)
    ) found ORDER BY turn LIMIT 1
)
INSERT INTO annotation_lease {_LEASE}
SELECT %(lease)s, %(project)s, item_id, %(worker)s, %(order)s::jsonb, true, 'live', %(at)s, %(expires)s FROM picked
RETURNING item_id
"""  # noqa: S608


def claim(lease: Lease, situation: Situation) -> Lease | None:
    """Give `lease` the neediest free item that its worker has not had, or return None."""
    values = {
        **_values(lease),
        "participation": situation.participation_id,
        "need": situation.need if situation.seen_xid is not None else -(2**31),
        "item": situation.item if situation.seen_xid is not None else 0,
        "seen": situation.seen_xid or 0,
    }
    return _given(lease, CLAIM.format(waiting="SKIP LOCKED"), values) or _given(
        lease, CLAIM.format(waiting=""), values
    )


def claim_gold(lease: Lease) -> Lease | None:
    """Give `lease` a gold item that its worker has not had, any of them, or return None."""
    return _given(lease, GOLD, _values(lease))


def claim_repeat(lease: Lease, repeat_after_ms: int) -> Lease | None:
    """Give `lease` an item that its worker ranked long enough ago and never had again, or return None."""
    latest = lease.taken_at - timedelta(milliseconds=repeat_after_ms)
    lease.repeat = True
    fraction = random.SystemRandom().random()
    return _given(lease, REPEAT, {**_values(lease), "latest": latest, "fraction": fraction})


def _values(lease: Lease) -> dict[str, Any]:
    return {
        "project": lease.project_id,
        "worker": lease.worker_id,
        "lease": lease.pk,
        "at": lease.taken_at,
        "order": json.dumps(lease.shown_order),
        "expires": lease.expires_at,
    }


def _given(lease: Lease, statement: str, values: dict[str, Any]) -> Lease | None:
    row = fetch_one(statement, values)
    if row is None:
        return None
    lease.item_id = row[0]
    lease._state.adding = False
    return lease
