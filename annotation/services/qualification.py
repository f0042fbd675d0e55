"""Hands out the items of a qualification, and closes each with its feedback. Every minute is paid like all others.

Called by `taking` inside its transaction, with the worker's clock locked. What a person has to do follows from
their leases and ballots; stored are only that they have seen what was expected, and how an attempt ended.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from annotation.assignment import lease_ends
from annotation.models import (
    ItemRole,
    Lease,
    Project,
    QualificationAnswer,
    QualificationResult,
)
from annotation.qualification import Phase, outcome
from annotation.ranking import shuffled
from annotation.selectors.qualification import (
    ENDED,
    QualificationState,
    next_item,
    qualification_state,
    verdict_of,
)
from byhand.accounts.models import User
from byhand.errors import NotFound
from wages.services import clock as clocks
from wages.work import Category


def offer_qualification(
    *, worker: User, project: Project, clock: clocks.LockedClock, tab: str = ""
) -> Lease | None:
    """Return a new lease on the next qualification item, or None. It uses no slot: everybody gets the same items.

    With feedback waiting to be read the clock moves to `qualification`, so that reading it is paid as what it is.
    The caller holds the clock's lock and has checked that nothing is in the worker's hands.
    """
    state = qualification_state(worker, project)
    if state.phase is Phase.FEEDBACK:
        if clock.category is not Category.QUALIFICATION:
            clocks.move(clock, category=Category.QUALIFICATION, project_id=project.pk, work=None, tab=tab)
        return None
    if state.phase not in {Phase.ITEM, Phase.TRY_AGAIN}:
        return None
    item = next_item(worker, project)
    if item is None:
        if state.number > 1:  # the items that were left have been retired meanwhile
            _end(worker, project, state.attempt, clock.at)
        return None
    return Lease.objects.create(
        project=project,
        item=item,
        worker=worker,
        shown_order=shuffled(project.k),
        taken_at=clock.at,
        expires_at=lease_ends(clock.at, project.lease_ms),
    )


def go_on(
    *, worker: User, project: Project, lease_id: uuid.UUID, at: datetime | None = None
) -> QualificationState:
    """Note that the worker has read what was expected of an item; end the attempt after its last one.

    Again: changes nothing. Raises NotFound for a lease that is not an answered qualification item of theirs.
    """
    with transaction.atomic():
        clock = clocks.lock_clock(worker=worker, at=at)
        lease = (
            Lease.objects.select_related("item__gold")
            .filter(
                pk=lease_id,
                worker=worker,
                project=project,
                item__role=ItemRole.QUALIFICATION,
                state__in=ENDED,
            )
            .first()
        )
        if lease is None:
            raise NotFound(_("There is no such qualification item that you have answered."))
        if not QualificationAnswer.objects.filter(lease=lease).exists():
            _note(worker, project, lease, clock.at)
        return qualification_state(worker, project)


def _note(worker: User, project: Project, lease: Lease, at: datetime) -> None:
    ended = QualificationResult.objects.filter(project=project, worker=worker).count()
    attempt = min(ended, project.qualification_retries) + 1
    right, known, _answer = verdict_of(lease)
    QualificationAnswer.objects.create(
        lease=lease,
        project=project,
        worker=worker,
        item=lease.item,
        attempt=attempt,
        right=right,
        known=known,
        seen_at=at,
    )
    if ended < attempt and next_item(worker, project) is None:
        _end(worker, project, attempt, at)


def _end(worker: User, project: Project, attempt: int, at: datetime) -> None:
    """Write how the attempt ended. An item that was answered twice counts once, by its first answer."""
    required_percent = project.qualification_pass_percent
    if required_percent is None:
        return
    rows = QualificationAnswer.objects.filter(project=project, worker=worker, attempt=attempt)
    first: dict[int, tuple[int, int]] = {}
    for row in rows.order_by("seen_at", "pk"):
        first.setdefault(row.item_id, (row.right, row.known))
    found = outcome(list(first.values()), required_percent)
    QualificationResult.objects.create(
        project=project,
        worker=worker,
        attempt=attempt,
        right=found.right,
        known=found.known,
        required_percent=required_percent,
        passed=found.passed,
        decided_at=at,
    )
