"""Takes a ballot or a skip: lease, overlap, answer, key, clock and pay in one transaction.

Lock order: the worker's clock, then the item with its lease. The clock's lock is taken in a statement of its
own, so that the next one sees everything that this worker committed before; five copies of one submit
therefore become one ballot and four replays.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from annotation.errors import AlreadyAnswered, KeyReused
from annotation.models import Ballot, LeaseState, Skip, SkipReason
from annotation.ranking import Ranking, answer_hash, parse
from byhand.accounts.models import User
from byhand.errors import Invalid, NotFound
from wages.services import clock as clocks
from wages.work import Category, WorkKind, WorkRef

LONGEST_NOTE = 4000

HELD = """
SELECT lease.project_id, lease.item_id, lease.state, lease.shown_order, item.overlap, item.ballots_count,
    (SELECT ballot_id FROM annotation_currentballot WHERE item_id = item.id AND worker_id = %(worker)s),
    (SELECT id FROM annotation_ballot WHERE worker_id = %(worker)s AND key = %(key)s),
    EXISTS (SELECT 1 FROM annotation_skip WHERE worker_id = %(worker)s AND key = %(key)s)
FROM annotation_lease lease JOIN annotation_item item ON item.id = lease.item_id
WHERE lease.id = %(lease)s AND lease.worker_id = %(worker)s
FOR UPDATE OF item, lease
"""

STORE = """
WITH ballot AS (
    INSERT INTO annotation_ballot (id, lease_id, item_id, worker_id, groups, unacceptable, shown_order, key,
        answer_hash, supersedes_id, surplus, created_at)
    VALUES (%(ballot)s, %(lease)s, %(item)s, %(worker)s, %(groups)s, %(unacceptable)s, %(order)s, %(key)s,
        %(hash)s, %(supersedes)s, %(surplus)s, %(at)s)
), pointer AS (
    INSERT INTO annotation_currentballot (item_id, worker_id, ballot_id)
    SELECT %(item)s, %(worker)s, %(ballot)s WHERE NOT %(surplus)s
    ON CONFLICT (item_id, worker_id) DO UPDATE SET ballot_id = EXCLUDED.ballot_id
), note AS (
    INSERT INTO annotation_ballotnote (ballot_id, text) SELECT %(ballot)s, %(note)s WHERE %(note)s <> ''
), item AS (
    UPDATE annotation_item
    SET ballots_count = ballots_count + %(counts)s, live_leases = live_leases - %(frees)s
    WHERE id = %(item)s
)
UPDATE annotation_lease SET state = 'submitted', ended_at = %(at)s WHERE id = %(lease)s
"""

SKIPPED = """
WITH skip AS (
    INSERT INTO annotation_skip (lease_id, worker_id, reason, key, created_at)
    VALUES (%(lease)s, %(worker)s, %(reason)s, %(key)s, %(at)s)
), item AS (
    UPDATE annotation_item SET live_leases = live_leases - %(frees)s WHERE id = %(item)s
)
UPDATE annotation_lease SET state = 'skipped', ended_at = %(at)s WHERE id = %(lease)s
"""


@dataclass(frozen=True)
class SubmitResult:
    """`status` is counted, surplus (the item was full; paid all the same) or replayed."""

    status: str
    ballot: Ballot


@dataclass(frozen=True)
class Held:
    """The lease, its item and what the worker already said, under lock."""

    project_id: uuid.UUID
    item_id: int
    state: str
    shown_order: list[int]
    overlap: int
    ballots_count: int
    current_ballot: uuid.UUID | None
    ballot_of_key: uuid.UUID | None
    key_of_skip: bool

    @property
    def live(self) -> bool:
        return self.state == LeaseState.LIVE

    @property
    def open(self) -> bool:
        """An expired lease may still be answered: the work was done."""
        return self.state in {LeaseState.LIVE, LeaseState.EXPIRED}


def submit_ballot(
    *,
    worker: User,
    lease_id: uuid.UUID,
    groups: object,
    unacceptable: object,
    key: str,
    note: str = "",
    at: datetime | None = None,
) -> SubmitResult:
    """Store a ranking and pay its time. `groups` and `unacceptable` name completions by index, not by place.

    The same key with the same answer returns the first result as `replayed`. Raises InvalidRanking,
    KeyReused, AlreadyAnswered or NotFound, and then nothing has changed.
    """
    _check_key(key)
    if len(note) > LONGEST_NOTE or "\x00" in note:
        raise Invalid("The note can't be kept.", [f"note: at most {LONGEST_NOTE} characters, without NUL."])
    with transaction.atomic():
        clock = clocks.lock_clock(worker=worker, at=at)
        held = _hold(worker, lease_id, key)
        ranking = parse(groups=groups, unacceptable=unacceptable, k=len(held.shown_order))
        if held.ballot_of_key is not None or held.key_of_skip:
            return _replay(held, lease_id, ranking)
        if not held.open:
            raise AlreadyAnswered("You have answered this item already; your first answer stands.")
        ballot = _store(worker, lease_id, held, ranking, key, note.strip(), clock.at)
        _leave(clock, lease_id, held.project_id)
        return SubmitResult("surplus" if ballot.surplus else "counted", ballot)


def skip_item(
    *, worker: User, lease_id: uuid.UUID, reason: str, key: str, at: datetime | None = None
) -> Skip:
    """Pass an item on; the time is paid. The same key returns the first skip."""
    _check_key(key)
    if reason not in SkipReason.values:
        raise Invalid("Say why you skip this item.", [f"reason: one of {', '.join(SkipReason.values)}."])
    with transaction.atomic():
        clock = clocks.lock_clock(worker=worker, at=at)
        held = _hold(worker, lease_id, key)
        if held.ballot_of_key is not None or held.key_of_skip:
            return _replay_skip(worker, lease_id, reason, key)
        if not held.open:
            raise AlreadyAnswered("You have answered this item already; your first answer stands.")
        values = {"lease": lease_id, "worker": worker.pk, "reason": reason, "key": key, "at": clock.at}
        _execute(SKIPPED, {**values, "item": held.item_id, "frees": int(held.live)})
        _leave(clock, lease_id, held.project_id)
        return Skip.objects.get(lease=lease_id)


def _store(
    worker: User, lease_id: uuid.UUID, held: Held, ranking: Ranking, key: str, note: str, at: datetime
) -> Ballot:
    again = held.current_ballot is not None
    surplus = not again and held.ballots_count >= held.overlap
    groups, unacceptable = ranking.as_lists()
    ballot = Ballot(
        id=uuid.uuid4(),
        lease_id=lease_id,
        item_id=held.item_id,
        worker_id=worker.pk,
        groups=groups,
        unacceptable=unacceptable,
        shown_order=held.shown_order,
        key=key,
        answer_hash=answer_hash(ranking),
        supersedes_id=held.current_ballot,
        surplus=surplus,
        created_at=at,
    )
    _execute(
        STORE,
        {
            "ballot": ballot.pk,
            "lease": lease_id,
            "item": held.item_id,
            "worker": worker.pk,
            "key": key,
            "groups": json.dumps(groups),
            "unacceptable": json.dumps(unacceptable),
            "note": note,
            "at": at,
            "order": json.dumps(held.shown_order),
            "hash": ballot.answer_hash,
            "supersedes": held.current_ballot,
            "surplus": surplus,
            "counts": int(not surplus and not again),
            "frees": int(held.live),
        },
    )
    ballot._state.adding = False
    return ballot


def _hold(worker: User, lease_id: uuid.UUID, key: str) -> Held:
    with connection.cursor() as cursor:
        cursor.execute(HELD, {"worker": worker.pk, "lease": lease_id, "key": key})
        row = cursor.fetchone()
    if row is None:
        raise NotFound("No such item in your hands.")
    values: list[Any] = list(row)
    values[3] = json.loads(values[3]) if isinstance(values[3], str) else values[3]
    return Held(*values)


def _replay(held: Held, lease_id: uuid.UUID, ranking: Ranking) -> SubmitResult:
    ballot = Ballot.objects.filter(pk=held.ballot_of_key).first() if held.ballot_of_key else None
    if ballot is None or ballot.lease_id != lease_id or ballot.answer_hash != answer_hash(ranking):
        raise KeyReused("This key was used for another answer; the first one stands.")
    return SubmitResult("replayed", ballot)


def _replay_skip(worker: User, lease_id: uuid.UUID, reason: str, key: str) -> Skip:
    skip = Skip.objects.filter(worker=worker, key=key, lease=lease_id, reason=reason).first()
    if skip is None:
        raise KeyReused("This key was used for another answer; the first one stands.")
    return skip


def _leave(clock: clocks.LockedClock, lease_id: uuid.UUID, project_id: uuid.UUID) -> None:
    """Close the item's stretch, if the clock is on it; time elsewhere is left alone."""
    if clock.work == WorkRef(WorkKind.RANK, str(lease_id)):
        clocks.move(clock, category=Category.WAITING, project_id=project_id, work=None)


def _check_key(key: str) -> None:
    if not 8 <= len(key) <= 64 or not key.isascii() or not key.isprintable():
        raise Invalid(
            "The key can't be used.", ["key: 8 to 64 printable ASCII characters, new for each answer."]
        )


def _execute(statement: str, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
