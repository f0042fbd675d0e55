"""Stores what a reviewer decided about one item. Ballots stay as they were given, and stay paid.

One transaction: hold, decision, reason, the queue, the reviewer's own time. Append-only: another decision on the
same item supersedes, and nothing is taken back.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from annotation.errors import AlreadyAnswered, InvalidDecision, KeyReused, ReviewEnded
from annotation.models import (
    Adjudication,
    AdjudicationReason,
    Decision,
    ItemQuality,
    Review,
    ReviewState,
)
from annotation.ranking import InvalidRanking, parse_answer
from annotation.selectors.review_page import answer_of, consensus_of, shown_ballots
from annotation.selectors.reviews import SEEN_ALL, current_adjudication
from annotation.selectors.work import asked_of
from annotation.services.review_requests import close_requests
from annotation.services.reviews import end_review, leave_review, lock_review
from byhand.accounts.models import User
from byhand.audit.services import record
from wages.services import clock as clocks

LONGEST_REASON = 2000


@dataclass(frozen=True)
class DecideResult:
    """`status` is decided or replayed; `reopened`: a ranking came in meanwhile, so the item comes back."""

    status: str
    adjudication: Adjudication
    reopened: bool = False


def decide_review(
    *,
    reviewer: User,
    review_id: uuid.UUID,
    decision: str,
    reason: str,
    key: str,
    ballot: uuid.UUID | None = None,
    answer: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> DecideResult:
    """Store what the reviewer decided, with the reason, and close their time on it, in one transaction.

    `ballot` belongs to the decision "ballot", `answer` (the body of a submit) to "ranking". The same key with the
    same decision is `replayed`. A hold that ran out counts as long as nobody else took the item. Raises
    InvalidDecision, InvalidRanking, KeyReused, AlreadyAnswered, ReviewEnded or NotFound; then nothing has changed.
    """
    words = _checked(decision, reason, key, ballot, answer)
    with transaction.atomic():
        clock = clocks.lock_clock(worker=reviewer, at=at)
        review = lock_review(reviewer, review_id)
        said = _said(review, decision, ballot, answer)
        digest = _digest(decision, ballot, said, words)
        earlier = Adjudication.objects.filter(reviewer=reviewer, key=key).first()
        if earlier is not None:
            return _replay(earlier, review, digest)
        _require_open(review)
        before = current_adjudication(review.item_id)
        made = Adjudication.objects.create(
            item_id=review.item_id,
            review=review,
            reviewer=reviewer,
            decision=decision,
            ballot_id=ballot,
            answer=said,
            ballots=review.shown_ballots,
            key=key,
            decision_hash=digest,
            supersedes=before,
            created_at=clock.at,
        )
        AdjudicationReason.objects.create(adjudication=made, text=words)
        end_review(review, ReviewState.DECIDED, clock.at)
        close_requests(review.item_id, clock.at)
        settled = _settle(review.item_id)
        leave_review(clock, review)
        record(actor_id=reviewer.pk, action="item.adjudicated", subject=f"adjudication:{made.pk}")
        return DecideResult("decided", made, reopened=not settled)


def _checked(
    decision: str, reason: str, key: str, ballot: uuid.UUID | None, answer: Mapping[str, Any] | None
) -> str:
    words, problems = reason.strip(), []
    if decision not in Decision.values:
        problems.append(f"decision: one of {', '.join(Decision.values)}.")
    if (decision == Decision.BALLOT) != (ballot is not None):
        problems.append("ballot: name the ranking that stands, with the decision ballot alone.")
    if (decision == Decision.RANKING) != (answer is not None):
        problems.append("answer: give the ranking, with the decision ranking alone.")
    if not 3 <= len(words) <= LONGEST_REASON or "\x00" in words:
        problems.append(f"reason: required, 3 to {LONGEST_REASON} characters.")
    if not 8 <= len(key) <= 64 or not key.isascii() or not key.isprintable():
        problems.append("key: 8 to 64 printable ASCII characters, new for each decision.")
    if problems:
        raise InvalidDecision(_("This decision can't be used; nothing was stored."), problems)
    return words


def _said(
    review: Review, decision: str, ballot: uuid.UUID | None, answer: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """Return the answer that is decided on, in the shape of a ballot's; None: nothing can be ranked."""
    shown = shown_ballots(review)
    if decision == Decision.BALLOT:
        standing = next((one for one in shown if one.pk == ballot), None)
        if standing is None:
            raise InvalidDecision(
                _("This decision can't be used; nothing was stored."), ["ballot: not on this page."]
            )
        return answer_of(standing)
    if decision == Decision.CONSENSUS:
        return consensus_of(shown, review.project.k).as_answer()
    if answer is None:
        return None
    asked = replace(asked_of(review.project), strength=False, dimensions=())
    try:
        return parse_answer(answer, asked).as_json()
    except InvalidRanking as error:
        raise InvalidDecision(error.message, [f"answer: {problem}" for problem in error.problems]) from error


def _digest(decision: str, ballot: uuid.UUID | None, said: dict[str, Any] | None, words: str) -> str:
    body = json.dumps([decision, str(ballot), said, words], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(body.encode()).hexdigest()


def _require_open(review: Review) -> None:
    if review.state in {ReviewState.DECIDED, ReviewState.RELEASED}:
        raise AlreadyAnswered(_("You have decided this item or given it back already; that stands."))
    others = Review.objects.filter(item=review.item_id, taken_at__gte=review.taken_at).exclude(pk=review.pk)
    if review.state == ReviewState.EXPIRED and others.exclude(state=ReviewState.RELEASED).exists():
        raise ReviewEnded(
            _("Your hold on this item had run out, and somebody else has it now. Your time on it is paid.")
        )


def _replay(earlier: Adjudication, review: Review, digest: str) -> DecideResult:
    if earlier.review_id != review.pk or earlier.decision_hash != digest:
        raise KeyReused(_("This key was used for another decision; the first one stands."))
    return DecideResult("replayed", earlier)


def _settle(item_id: int) -> bool:
    """Take the item off the queue if the decision has seen every ballot; return whether it has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + SEEN_ALL.format(item="%(item)s::bigint"), {"item": item_id})
        settled = bool(cursor.fetchone()[0])
    if settled:
        ItemQuality.objects.filter(item=item_id).update(needs_review=False)
    return settled
