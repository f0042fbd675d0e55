"""Writes what is known about items. Advice about data: neither pay nor any offer of work reads it.

The one look that an annotator gets is the feedback of a qualification, after the answer.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from annotation.errors import GoldTaken
from annotation.gold import InvalidGold, checked_gold
from annotation.models import GoldAnswer, Item, ItemRole, Lease, LeaseState
from annotation.selectors.gold import active_items
from byhand.accounts.models import User
from byhand.accounts.selectors import require_engineer
from byhand.audit.services import record

LONGEST_EXPLANATION = 4000


def set_gold(
    *,
    actor: User,
    item: Item,
    better: object,
    unacceptable: object,
    explanation: str,
    at: datetime | None = None,
) -> GoldAnswer:
    """Keep what is known about an item, hidden among the others from now on.

    The same answer again returns what is there. Raises InvalidGold with every problem, or GoldTaken.
    """
    return _keep(actor, item, ItemRole.GOLD, better, unacceptable, explanation, at)


def add_qualification_item(
    *,
    actor: User,
    item: Item,
    better: object,
    unacceptable: object,
    explanation: str,
    at: datetime | None = None,
) -> GoldAnswer:
    """Make an item that nobody has worked on part of the qualification, with what is expected and why.

    The explanation is shown to each person after they answered.
    """
    return _keep(actor, item, ItemRole.QUALIFICATION, better, unacceptable, explanation, at)


def retire_gold(*, actor: User, item: Item, at: datetime | None = None) -> GoldAnswer:
    """Use a known answer no longer. Kept for good beside what was measured with it; retiring again changes nothing.

    A gold item becomes an ordinary one; a qualification item stays aside, since people have seen its answer.
    """
    with transaction.atomic():
        locked = _locked(actor, item)
        gold = GoldAnswer.objects.filter(item=locked).first()
        if gold is None:
            raise InvalidGold("There is no known answer to retire.", ["item: has none."])
        if gold.retired_at is not None:
            return gold
        _refuse_the_last(locked)
        gold.retired_at = at or timezone.now()
        gold.save(update_fields=["retired_at"])
        if locked.role == ItemRole.GOLD:
            held = Lease.objects.filter(item=locked, state=LeaseState.LIVE, repeat=False).count()
            Item.objects.filter(pk=locked.pk).update(role=ItemRole.RANK, live_leases=held)
        record(actor_id=actor.pk, action="gold.retired", subject=f"item:{locked.pk}")
        return gold


def _keep(
    actor: User, item: Item, role: ItemRole, better: object, unacceptable: object, explanation: str,
    at: datetime | None,
) -> GoldAnswer:  # fmt: skip
    pairs, refused = checked_gold(better=better, unacceptable=unacceptable, k=item.project.k)
    why = _explained(explanation)
    values = {"better": [list(pair) for pair in pairs], "unacceptable": list(refused), "explanation": why}
    with transaction.atomic():
        locked = _locked(actor, item)
        existing = GoldAnswer.objects.filter(item=locked).first()
        if existing is not None:
            if locked.role == role and all(
                getattr(existing, name) == value for name, value in values.items()
            ):
                return existing
            raise GoldTaken(
                "This item has a known answer already. Retire it and choose another item: what was "
                "measured with it stays readable."
            )
        if role == ItemRole.QUALIFICATION and Lease.objects.filter(item=locked).exists():
            raise GoldTaken(
                "People have worked on this item; a qualification needs one that nobody has seen."
            )
        gold = GoldAnswer.objects.create(
            item=locked, created_by=actor, created_at=at or timezone.now(), **values
        )
        # known items use no slots; whoever holds it as an ordinary one hands it in without freeing one
        Item.objects.filter(pk=locked.pk).update(role=role, live_leases=0)
        record(actor_id=actor.pk, action=f"gold.set_{role.value}", subject=f"item:{locked.pk}")
        return gold


def _locked(actor: User, item: Item) -> Item:
    require_engineer(actor, item.project.organisation_id)
    return Item.objects.select_for_update().get(pk=item.pk)


def _refuse_the_last(item: Item) -> None:
    project = item.project
    if item.role != ItemRole.QUALIFICATION or project.qualification_pass_percent is None:
        return
    if project.state == "draft" or active_items(project, ItemRole.QUALIFICATION).exclude(pk=item.pk).exists():
        return
    raise GoldTaken("This is the last qualification item: add another first, or ask for no qualification.")


def _explained(explanation: str) -> str:
    cleaned = explanation.replace("\r\n", "\n").strip()
    if not cleaned or len(cleaned) > LONGEST_EXPLANATION or "\x00" in cleaned:
        raise InvalidGold(
            "What is known about this item can't be kept.",
            [f"explanation: required, at most {LONGEST_EXPLANATION} characters; it says why."],
        )
    return cleaned
