"""Takes a ballot or a skip: lease, overlap, answer, key, clock and pay in one transaction.

Lock order: the worker's clock, then the item with its lease. The clock's lock is taken in a statement of its
own, so that the next one sees everything that this worker committed before; five copies of one submit
therefore become one ballot and four replays.

A live lease holds its slot: its ballot counts. A ballot that comes after its lease ended counts while a slot is
free that nobody holds; else it is surplus, stays out of the overlap and is paid all the same. Ballots of hidden
repeats, gold items and qualification items use no slot, and never are what the worker's judgement of an item is.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from annotation.errors import KeyReused
from annotation.models import Ballot, Skip, SkipReason
from annotation.ranking import Answer, answer_hash, parse_answer
from annotation.services import holding
from annotation.services.holding import Held, Moment, check_key, check_note, leave, require_open
from byhand.accounts.models import User
from byhand.errors import Invalid
from byhand.statements import execute
from wages.services import clock as clocks
from wages.services import pieces
from wages.work import WorkKind, WorkRef

STORE = """
WITH ballot AS (
    INSERT INTO annotation_ballot (id, lease_id, item_id, worker_id, groups, unranked, unacceptable, strengths,
        ratings, flags, shown_order, key, answer_hash, supersedes_id, surplus, created_at)
    VALUES (%(ballot)s, %(lease)s, %(item)s, %(worker)s, %(groups)s, %(unranked)s, %(unacceptable)s,
        %(strengths)s, %(ratings)s, %(flags)s, %(order)s, %(key)s, %(hash)s, %(supersedes)s, %(surplus)s, %(at)s)
), pointer AS (
    INSERT INTO annotation_currentballot (item_id, worker_id, ballot_id)
    SELECT %(item)s, %(worker)s, %(ballot)s WHERE %(stands)s
    ON CONFLICT (item_id, worker_id) DO UPDATE SET ballot_id = EXCLUDED.ballot_id
), note AS (
    INSERT INTO annotation_ballotnote (ballot_id, text) SELECT %(ballot)s, %(note)s WHERE %(note)s <> ''
), draft AS (
    DELETE FROM annotation_draft WHERE lease_id = %(lease)s
), item AS (
    UPDATE annotation_item
    SET ballots_count = ballots_count + %(counts)s::int, live_leases = live_leases - %(frees)s::int
    WHERE id = %(item)s AND %(counts)s::int + %(frees)s::int > 0
), counted AS (
    INSERT INTO annotation_queueplace AS place (participation_id, need, item, seen_xid, counted)
    SELECT part.id, -2147483648, 0, 0, 1 FROM annotation_participation part
    WHERE part.project_id = %(project)s AND part.user_id = %(worker)s AND %(counts)s::int = 1
    ON CONFLICT (participation_id) DO UPDATE SET counted = place.counted + 1
)
UPDATE annotation_lease SET state = 'submitted', ended_at = %(at)s WHERE id = %(lease)s
"""

SKIPPED = """
WITH skip AS (
    INSERT INTO annotation_skip (lease_id, worker_id, reason, key, created_at)
    VALUES (%(lease)s, %(worker)s, %(reason)s, %(key)s, %(at)s)
), draft AS (
    DELETE FROM annotation_draft WHERE lease_id = %(lease)s
), item AS (
    UPDATE annotation_item SET live_leases = live_leases - 1 WHERE id = %(item)s AND %(frees)s
)
UPDATE annotation_lease SET state = 'skipped', ended_at = %(at)s WHERE id = %(lease)s
"""


@dataclass(frozen=True)
class SubmitResult:
    """`status` is counted, surplus (the item was full; paid all the same), repeat or replayed."""

    status: str
    ballot: Ballot

    @property
    def told(self) -> str:
        """Return the status that the worker is told: a hidden repeat is hidden here too."""
        return "counted" if self.status == "repeat" else self.status


def submit_ballot(
    *,
    worker: User,
    lease_id: uuid.UUID,
    answer: Mapping[str, Any],
    key: str,
    note: str = "",
    showing: uuid.UUID | None = None,
    elapsed_ms: int | None = None,
    stamp: datetime | None = None,
    at: datetime | None = None,
) -> SubmitResult:
    """Store an answer and pay its time. `answer` is the raw body: `annotation.ranking.parse_answer` reads it.

    `showing`, `elapsed_ms` and `stamp`: see Moment. The same key with the same answer returns the first result as
    `replayed`. Raises InvalidRanking, KeyReused, AlreadyAnswered or NotFound, and then nothing has changed.
    """
    check_key(key)
    check_note(note)
    with transaction.atomic():
        clock = clocks.lock_clock(worker=worker, at=at)
        held = holding.hold(worker, lease_id, key)
        given = parse_answer(answer, held.asked)
        if held.ballot_of_key is not None or held.key_of_skip:
            known = Ballot.objects.filter(pk=held.ballot_of_key).first() if held.ballot_of_key else None
            return replayed(known, lease_id, given)
        require_open(held)
        ballot = _store(worker, lease_id, held, given, key, note.strip(), clock.at)
        work = WorkRef(WorkKind.RANK, str(lease_id))
        by_piece = pieces.may_be_paid(clock, work)
        leave(clock, lease_id, held.project_id, Moment(showing, elapsed_ms, stamp))
        if by_piece:
            pieces.pay_piece(clock, project_id=held.project_id, work=work)
        status = "repeat" if held.repeat else "surplus" if ballot.surplus else "counted"
        return SubmitResult(status, ballot)


def skip_item(
    *,
    worker: User,
    lease_id: uuid.UUID,
    reason: str,
    key: str,
    showing: uuid.UUID | None = None,
    elapsed_ms: int | None = None,
    stamp: datetime | None = None,
    at: datetime | None = None,
) -> Skip:
    """Pass an item on; the time is paid. The same key returns the first skip."""
    check_key(key)
    if reason not in SkipReason.values:
        raise Invalid(_("Say why you skip this item."), [f"reason: one of {', '.join(SkipReason.values)}."])
    with transaction.atomic():
        clock = clocks.lock_clock(worker=worker, at=at)
        held = holding.hold(worker, lease_id, key)
        if held.ballot_of_key is not None or held.key_of_skip:
            return _replay_skip(worker, lease_id, reason, key)
        require_open(held)
        values = {"lease": lease_id, "worker": worker.pk, "reason": reason, "key": key, "at": clock.at}
        execute(SKIPPED, {**values, "item": held.item_id, "frees": held.frees})
        leave(clock, lease_id, held.project_id, Moment(showing, elapsed_ms, stamp))
        return Skip.objects.get(lease=lease_id)


def _store(
    worker: User, lease_id: uuid.UUID, held: Held, given: Answer, key: str, note: str, at: datetime
) -> Ballot:
    said = given.as_json()
    ballot = Ballot(
        id=uuid.uuid4(),
        lease_id=lease_id,
        item_id=held.item_id,
        worker_id=worker.pk,
        **said,
        shown_order=held.shown_order,
        key=key,
        answer_hash=answer_hash(given),
        supersedes_id=held.current_ballot if held.again else None,
        surplus=held.surplus,
        created_at=at,
    )
    execute(
        STORE,
        {
            "ballot": ballot.pk,
            "lease": lease_id,
            "item": held.item_id,
            "worker": worker.pk,
            "project": held.project_id,
            "key": key,
            **{name: json.dumps(value) for name, value in said.items()},
            "note": note,
            "at": at,
            "order": json.dumps(held.shown_order),
            "hash": ballot.answer_hash,
            "supersedes": ballot.supersedes_id,
            "surplus": ballot.surplus,
            "stands": held.uses_slot and not ballot.surplus,
            "counts": int(held.uses_slot and not ballot.surplus and not held.again),
            "frees": int(held.frees),
        },
    )
    ballot._state.adding = False
    return ballot


def replayed(ballot: Ballot | None, lease_id: uuid.UUID, given: Answer) -> SubmitResult:
    """Return what the key was used for first, if that was this very answer; raises KeyReused."""
    if ballot is None or ballot.lease_id != lease_id or ballot.answer_hash != answer_hash(given):
        raise KeyReused(_("This key was used for another answer; the first one stands."))
    return SubmitResult("replayed", ballot)


def _replay_skip(worker: User, lease_id: uuid.UUID, reason: str, key: str) -> Skip:
    skip = Skip.objects.filter(worker=worker, key=key, lease=lease_id, reason=reason).first()
    if skip is None:
        raise KeyReused(_("This key was used for another answer; the first one stands."))
    return skip
