"""Gives a worker the next item: claim, lease and clock in one transaction.

Lock order: the worker's clock, then the item. The claim walks the index of items with free slots and skips
rows that somebody else is claiming; only when that finds nothing does it wait for them, so that "nothing to
do" is never said while a slot is free. Plain SQL, because each round trip is a tenth of the time budget.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from annotation.errors import ClockStopped, NotAccepted, NotInvited, NotOpen
from annotation.models import Lease, Project, ProjectState
from annotation.ranking import shuffled
from annotation.services.projects import pause_project
from byhand.accounts.models import User
from byhand.errors import NotFound
from wages.selectors import may_offer
from wages.services import clock as clocks
from wages.work import Category, WorkKind, WorkRef

PRESENCE = timedelta(minutes=20)  # how long a page may be silent before its item is offered to others

SITUATION = """
SELECT project.state, project.paused_reason, project.k, project.lease_ms,
    EXISTS (SELECT 1 FROM annotation_participation part
            WHERE part.project_id = project.id AND part.user_id = %(worker)s),
    NOT EXISTS (
        SELECT 1 FROM (SELECT DISTINCT ON (kind) id FROM annotation_document
                       WHERE project_id = project.id ORDER BY kind, version DESC) newest
        WHERE NOT EXISTS (SELECT 1 FROM annotation_acceptance a
                          WHERE a.document_id = newest.id AND a.user_id = %(worker)s)),
    (SELECT id FROM annotation_lease WHERE worker_id = %(worker)s AND project_id = project.id
     AND state = 'live' ORDER BY taken_at LIMIT 1),
    (SELECT count(*) FROM annotation_lease WHERE project_id = project.id AND state = 'live')
FROM annotation_project project WHERE project.id = %(project)s
"""

CLAIM = """
WITH picked AS (
    SELECT item.id FROM annotation_item item
    WHERE item.project_id = %(project)s AND item.ballots_count < (item.overlap - item.live_leases)
      AND NOT EXISTS (SELECT 1 FROM annotation_lease past WHERE past.item_id = item.id
                      AND past.worker_id = %(worker)s AND past.state <> 'expired')
    ORDER BY item.id FOR UPDATE OF item {waiting} LIMIT 1
), held AS (
    UPDATE annotation_item SET live_leases = live_leases + 1
    FROM picked WHERE annotation_item.id = picked.id RETURNING annotation_item.id
)
INSERT INTO annotation_lease (id, project_id, item_id, worker_id, shown_order, state, taken_at, expires_at)
SELECT %(lease)s, %(project)s, held.id, %(worker)s, %(order)s, 'live', %(at)s, %(expires)s FROM held
RETURNING item_id
"""


@dataclass(frozen=True)
class Situation:
    """All that decides whether a worker may be given an item, read at once."""

    state: str
    paused_reason: str
    k: int
    lease_ms: int
    joined: bool
    accepted: bool
    live_lease: uuid.UUID | None
    live_leases: int


def take_next(*, worker: User, project: Project, tab: str = "", at: datetime | None = None) -> Lease | None:
    """Return the worker's lease: the one they hold, else a new one, else None where nothing can be offered.

    Raises NotInvited, NotAccepted, NotOpen or ClockStopped. Where the reservation does not cover one more
    lease, the project pauses with the reason `budget` and None comes back: work is not offered, never unpaid.
    """
    with transaction.atomic():
        clock = clocks.lock_clock(worker=worker, at=at)
        situation = _situation(worker, project)
        _refuse(situation, running=clock.category is not None)
        lease = _held_or_new(worker, project, situation, clock.at)
        if lease is None:
            return None
        work = WorkRef(WorkKind.RANK, str(lease.pk))
        if clock.work != work or clock.category is not Category.TASK:
            clocks.move(clock, category=Category.TASK, project_id=project.pk, work=work, tab=tab)
        return lease


def has_work(*, worker: User, project: Project) -> bool:
    """Return whether an item could be offered now. Reads only; the claim decides."""
    situation = _situation(worker, project)
    if situation.live_lease is not None:
        return True
    if situation.state != ProjectState.OPEN:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT EXISTS (SELECT 1 FROM annotation_item item
               WHERE item.project_id = %(project)s AND item.ballots_count < (item.overlap - item.live_leases)
               AND NOT EXISTS (SELECT 1 FROM annotation_lease past WHERE past.item_id = item.id
                               AND past.worker_id = %(worker)s AND past.state <> 'expired'))""",
            {"project": project.pk, "worker": worker.pk},
        )
        found: bool = cursor.fetchone()[0]
    return found and may_offer(project.pk, situation.live_leases, situation.lease_ms)


def _situation(worker: User, project: Project) -> Situation:
    with connection.cursor() as cursor:
        cursor.execute(SITUATION, {"worker": worker.pk, "project": project.pk})
        row = cursor.fetchone()
    if row is None:
        raise NotFound("No such project.")
    return Situation(*row)


def _refuse(situation: Situation, *, running: bool) -> None:
    if not situation.joined:
        raise NotInvited("This project takes people by invitation. Ask whoever runs it for a link.")
    if not situation.accepted:
        raise NotAccepted("Read and accept the newest terms and guidelines first; reading them is paid.")
    if situation.state != ProjectState.OPEN and situation.live_lease is None:
        raise NotOpen("This project offers no work now. You are free; nothing runs on your time.")
    if not running:
        raise ClockStopped("Your clock is stopped. Press “Start work” first, so that your time is paid.")


def _held_or_new(worker: User, project: Project, situation: Situation, at: datetime) -> Lease | None:
    if situation.live_lease is not None:
        return Lease.objects.get(pk=situation.live_lease)
    if not may_offer(project.pk, situation.live_leases, situation.lease_ms):
        pause_project(actor=None, project=project, reason="budget")
        return None
    lease = Lease(
        id=uuid.uuid4(),
        project_id=project.pk,
        worker_id=worker.pk,
        shown_order=shuffled(situation.k),
        taken_at=at,
        expires_at=at + min(PRESENCE, timedelta(milliseconds=situation.lease_ms)),
    )
    return _claim(lease, "SKIP LOCKED") or _claim(lease, "")


def _claim(lease: Lease, waiting: str) -> Lease | None:
    values: dict[str, Any] = {
        "project": lease.project_id,
        "worker": lease.worker_id,
        "lease": lease.pk,
        "at": lease.taken_at,
        "order": json.dumps(lease.shown_order),
        "expires": lease.expires_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM.format(waiting=waiting), values)
        row = cursor.fetchone()
    if row is None:
        return None
    lease.item_id = row[0]
    lease._state.adding = False
    return lease
