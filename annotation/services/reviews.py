"""Hands items that people disagree on to reviewers, one holder each, and takes them back.

Lock order as everywhere: the worker's clock, then the item with its review, then the rest. Reviewing is work: its
time is paid by the project's rate, under the category `review`.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from annotation.errors import NotAccepted, NothingToDo, NotOpen, NotReviewer
from annotation.models import Ballot, Item, Project, ProjectState, Review, ReviewState
from annotation.selectors.offers import pay_facts, read_situation, why_not
from annotation.selectors.reviews import WAITING, held_review, is_reviewer
from byhand.accounts.models import User
from byhand.errors import NotFound
from wages.services import clock as clocks
from wages.work import Category, WorkKind, WorkRef

PICK = f"SELECT item.id {WAITING} ORDER BY quality.tau NULLS FIRST, item.id LIMIT 1 FOR UPDATE OF item {{waiting}}"
STILL = f"SELECT 1 {WAITING} AND item.id = %(item)s"
END_OLD = """
UPDATE annotation_review SET state = 'expired', ended_at = %(at)s
WHERE item_id = %(item)s AND state = 'live' AND expires_at <= %(at)s
"""


def take_review(*, reviewer: User, project: Project, tab: str = "", at: datetime | None = None) -> Review:
    """Return the review that they hold, else a new one; the clock moves to it, and starts if it stood.

    Raises NotReviewer, NotAccepted, NotOpen, NoOffer (a cap) or NothingToDo; then the clock is as it was.
    """
    if not is_reviewer(reviewer, project.pk) and held_review(reviewer, project.pk) is None:
        raise NotReviewer(_("An engineer of the project names who reviews. You can go on ranking."))
    with transaction.atomic():
        clock = clocks.lock_clock(worker=reviewer, at=at)
        review = held_review(reviewer, project.pk)
        if review is None:
            _refuse(reviewer, project, clock)
            review = _claim(reviewer, project, clock.at)
        work = WorkRef(WorkKind.REVIEW, str(review.pk))
        if clock.work != work or clock.category is not Category.REVIEW:
            clocks.move(clock, category=Category.REVIEW, project_id=project.pk, work=work, tab=tab)
        return review


def _refuse(reviewer: User, project: Project, clock: clocks.LockedClock) -> None:
    """Refuse what would not be offered as a ranking either; a target that is reached stops no review."""
    situation = read_situation(reviewer, project)
    if not situation.accepted:
        raise NotAccepted(_("Read and accept the newest terms and guidelines first; reading them is paid."))
    if not situation.offering:
        raise NotOpen(_("This project offers no work now. You are free; nothing runs on your time."))
    pay = pay_facts(reviewer, project, situation, clock.at)
    without_target = replace(situation, state=ProjectState.OPEN, target_ballots=None)
    if refusal := why_not(without_target, pay, clock, clock.at):
        raise refusal
    if not pay.covered:
        raise NotOpen(_("The project's money does not cover another review now, so none is offered."))


def _claim(reviewer: User, project: Project, at: datetime) -> Review:
    """Return a hold on the item that people agree on least. Raises NothingToDo.

    Looks again after the lock, because what was read before it may have been decided meanwhile.
    """
    values: dict[str, Any] = {"project": project.pk, "reviewer": reviewer.pk, "at": at}
    while True:
        item = _one(PICK.format(waiting="SKIP LOCKED"), values) or _one(PICK.format(waiting=""), values)
        if item is None:
            raise NothingToDo(_("There is nothing to review now, so your clock was not started."))
        if _one(STILL, {**values, "item": item}):
            return _hold(reviewer, project, item, at)


def _hold(reviewer: User, project: Project, item: int, at: datetime) -> Review:
    """Write the hold on an item whose lock we have, and end the one that ran out, if there is one."""
    _execute(END_OLD, {"item": item, "at": at})
    review = Review(
        project=project,
        item_id=item,
        reviewer=reviewer,
        shown_ballots=_shuffled_ballots(item),
        taken_at=at,
        expires_at=at + timedelta(milliseconds=project.lease_ms),
    )
    review.save(force_insert=True)
    return review


def _shuffled_ballots(item_id: int) -> list[str]:
    standing = Ballot.objects.filter(item=item_id, current__isnull=False).order_by("pk")
    ids = [str(key) for key in standing.values_list("pk", flat=True)]
    return random.SystemRandom().sample(ids, len(ids))


def release_review(*, reviewer: User, review_id: uuid.UUID, at: datetime | None = None) -> Review:
    """Give an item back undecided; the time is paid. Again changes nothing."""
    with transaction.atomic():
        clock = clocks.lock_clock(worker=reviewer, at=at)
        review = lock_review(reviewer, review_id)
        if review.state == ReviewState.LIVE:
            end_review(review, ReviewState.RELEASED, clock.at)
        leave_review(clock, review)
        return review


def lock_review(reviewer: User, review_id: uuid.UUID) -> Review:
    """Lock the item, then the review, and return it. Raises NotFound."""
    mine = Review.objects.select_related("project").filter(reviewer=reviewer, pk=review_id)
    Item.objects.select_for_update().filter(pk__in=mine.values("item")).first()
    locked = mine.select_for_update(of=("self",)).first()
    if locked is None:
        raise NotFound(_("No such review in your hands."))
    return locked


def end_review(review: Review, state: ReviewState, at: datetime) -> None:
    review.state, review.ended_at = state, at
    review.save(update_fields=["state", "ended_at"])


def leave_review(clock: clocks.LockedClock, review: Review) -> None:
    """Close the review's stretch, if the clock is on it; time elsewhere is left alone."""
    if clock.work == WorkRef(WorkKind.REVIEW, str(review.pk)):
        clocks.move(clock, category=Category.WAITING, project_id=review.project_id, work=None)


def _one(statement: str, values: dict[str, Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return row[0] if row else None


def _execute(statement: str, values: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
