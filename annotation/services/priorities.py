"""Writes which items are offered first. Nothing else of an item is an engineer's to change."""

from __future__ import annotations

from django.db import transaction

from annotation.models import Item
from byhand.accounts.models import User
from byhand.accounts.selectors import require_engineer
from byhand.audit.services import record
from byhand.errors import Invalid

LEAST, MOST = -100, 100


def set_priority(*, actor: User, item: Item, priority: int) -> Item:
    """Offer the item before those of a lower priority. The same value again changes nothing."""
    require_engineer(actor, item.project.organisation_id)
    if not LEAST <= priority <= MOST:
        raise Invalid("The item can't be changed so.", [f"priority: from {LEAST} to {MOST}."])
    with transaction.atomic():
        locked = Item.objects.select_for_update(no_key=True, of=("self",)).get(pk=item.pk)
        if locked.priority != priority:
            locked.priority = priority
            locked.save(update_fields=["priority"])
            record(actor_id=actor.pk, action="item.priority", subject=f"item:{locked.pk}", priority=priority)
    return locked
