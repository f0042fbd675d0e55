"""A worker's own second thought about a ballot, until a dataset is frozen from it: a new row, the old one stays.

Lock order as for every act: the worker's clock, then the item with its lease. No time is moved: what the page is
open for is paid as what runs meanwhile.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.errors import BallotFrozen, BallotWithdrawn
from annotation.models import (
    Ballot,
    CurrentBallot,
    FrozenBallot,
    Item,
    ItemRole,
    Lease,
    LeaseState,
    WithdrawnBallot,
)
from annotation.models.work import BallotNote
from annotation.ranking import Answer, answer_hash, parse_answer
from annotation.selectors.work import asked_of
from annotation.services.holding import check_key, check_note
from annotation.services.submitting import SubmitResult, replayed
from byhand.accounts.models import User
from byhand.errors import NotFound
from wages.services import clock as clocks


@transaction.atomic
def replace_ballot(
    *,
    worker: User,
    lease_id: uuid.UUID,
    answer: Mapping[str, Any],
    key: str,
    note: str = "",
    at: datetime | None = None,
) -> SubmitResult:
    """Put another answer in the place of the worker's own; what stood for the item stands no more.

    A surplus ballot stays surplus and a hidden repeat stays a repeat. The same key with the same answer returns
    the first result as `replayed`. Raises InvalidRanking, KeyReused, BallotFrozen, BallotWithdrawn or NotFound.
    """
    check_key(key)
    check_note(note)
    clock = clocks.lock_clock(worker=worker, at=at)
    lease, before = _answered(worker, lease_id)
    given = parse_answer(answer, asked_of(lease.project))
    known = Ballot.objects.filter(worker=worker, key=key).first()
    if known is not None:
        return replayed(known, lease_id, given)
    if WithdrawnBallot.objects.filter(ballot=before).exists():
        raise BallotWithdrawn(_("You have withdrawn this ranking; it can't be changed any more."))
    if FrozenBallot.objects.filter(ballot=before).exists():
        raise BallotFrozen(_("A dataset was made from this ranking; it can't be changed any more."))
    ballot = _supersede(before, given, key, clock.at)
    if note.strip():
        BallotNote.objects.create(ballot=ballot, text=note.strip())
    if lease.item.role == ItemRole.RANK and not lease.repeat and not ballot.surplus:
        CurrentBallot.objects.filter(item=lease.item, worker=worker, ballot=before).update(ballot=ballot)
    return SubmitResult("repeat" if lease.repeat else "surplus" if ballot.surplus else "counted", ballot)


def mark_frozen(ballots: Iterable[uuid.UUID], *, at: datetime | None = None) -> None:
    """Note that a dataset was frozen from these ballots; called in the transaction of the freeze."""
    now = at or timezone.now()
    rows = (FrozenBallot(ballot_id=ballot, at=now) for ballot in ballots)
    FrozenBallot.objects.bulk_create(rows, batch_size=2000, ignore_conflicts=True)


def _answered(worker: User, lease_id: uuid.UUID) -> tuple[Lease, Ballot]:
    """Return the worker's lease and the last ballot given in it, its item locked."""
    lease = (
        Lease.objects.select_related("project")
        .filter(pk=lease_id, worker=worker, state=LeaseState.SUBMITTED)
        .first()
    )
    if lease is None:
        raise NotFound(_("You have given no such ranking."))
    lease.item = Item.objects.select_for_update().get(pk=lease.item_id)
    return lease, Ballot.objects.get(lease=lease, superseded_by=None)


def _supersede(before: Ballot, given: Answer, key: str, at: datetime) -> Ballot:
    said = given.as_json()
    return Ballot.objects.create(
        lease_id=before.lease_id,
        item_id=before.item_id,
        worker_id=before.worker_id,
        **said,
        shown_order=before.shown_order,
        key=key,
        answer_hash=answer_hash(given),
        supersedes=before,
        surplus=before.surplus,
        created_at=at,
    )
