"""Sends one item to review on an engineer's word, whatever the figures say. Pay and ranking offers read none of it."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from annotation.errors import InvalidDecision
from annotation.models import Item, ItemQuality, ItemRole, ReviewRequest
from annotation.quality.verdict import BY_HAND
from byhand.accounts.models import User
from byhand.accounts.selectors import require_engineer
from byhand.audit.services import record

LONGEST_REASON = 2000
# The same words after new figures were stored: they know nothing of what an engineer asked for.
QUEUE = """
UPDATE annotation_itemquality quality SET needs_review = true,
    reasons = CASE WHEN reasons @> %(by_hand)s::jsonb THEN reasons ELSE reasons || %(by_hand)s::jsonb END
WHERE quality.item_id = ANY(%(items)s) AND EXISTS (
    SELECT 1 FROM annotation_reviewrequest asked WHERE asked.item_id = quality.item_id AND asked.closed_at IS NULL)
"""


def send_to_review(*, actor: User, item: Item, reason: str, at: datetime | None = None) -> ReviewRequest:
    """Put the item into the reviewers' queue; while a request is open, another returns it and changes nothing.

    It is offered like every other: once its rankings are in, to a reviewer who never worked on it. The next decision
    closes the request. Raises NotAllowed or InvalidDecision, and then nothing has changed.
    """
    require_engineer(actor, item.project.organisation_id)
    words, now = reason.replace("\r\n", "\n").strip(), at or timezone.now()
    if not 3 <= len(words) <= LONGEST_REASON or "\x00" in words:
        raise InvalidDecision(
            "The item was not sent to review.", [f"reason: required, 3 to {LONGEST_REASON} characters."]
        )
    with transaction.atomic():
        locked = Item.objects.select_for_update(no_key=True, of=("self",)).get(pk=item.pk)
        if locked.role == ItemRole.QUALIFICATION:
            raise InvalidDecision(
                "The item was not sent to review.",
                ["item: nobody disagrees on a qualification; mend its answer."],
            )
        known = ReviewRequest.objects.filter(item=locked, closed_at=None).first()
        if known is not None:
            return known
        made = ReviewRequest.objects.create(item=locked, requested_by=actor, reason=words, created_at=now)
        ItemQuality.objects.get_or_create(
            item=locked,
            defaults={"project_id": locked.project_id, "ballots": locked.ballots_count, "computed_at": now},
        )
        queue_requested([locked.pk])
        record(actor_id=actor.pk, action="item.sent_to_review", subject=f"item:{locked.pk}")
    return made


def queue_requested(items: list[int]) -> None:
    """Keep items with an open request in the queue."""
    with connection.cursor() as cursor:
        cursor.execute(QUEUE, {"items": items, "by_hand": f'["{BY_HAND}"]'})


def close_requests(item_id: int, at: datetime) -> None:
    """Close what was asked for, because the item was decided; called with the item locked."""
    ReviewRequest.objects.filter(item=item_id, closed_at=None).update(closed_at=at)
