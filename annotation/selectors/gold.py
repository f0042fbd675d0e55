"""Reads of what is known about items. For engineers, and for the feedback of a qualification; for nobody else.

Advice about data alone: neither pay nor any offer of work reads this.
"""

from __future__ import annotations

from django.db.models import QuerySet

from annotation.models import GoldAnswer, Item, ItemRole, Project


def gold_answers(project: Project) -> QuerySet[GoldAnswer]:
    """Return the known answers of a project, retired ones last, the newest first."""
    return (
        GoldAnswer.objects.filter(item__project=project)
        .select_related("item__prompt")
        .order_by("retired_at", "-created_at", "-pk")
    )


def active_items(project: Project, role: str) -> QuerySet[Item]:
    """Return the items of a role whose known answer is in use, in the order in which they are offered."""
    return Item.objects.filter(
        project=project, role=role, gold__isnull=False, gold__retired_at__isnull=True
    ).order_by("-priority", "pk")


def items_without_answer(project: Project, search: str = "") -> QuerySet[Item]:
    """Return items that an engineer may still give a known answer, with their prompts."""
    items = Item.objects.filter(project=project, role=ItemRole.RANK, gold__isnull=True)
    if search:
        items = items.filter(prompt__text__icontains=search)
    return items.select_related("prompt").order_by("pk")


def item_of_project(project: Project, item_id: int) -> Item | None:
    return Item.objects.filter(project=project, pk=item_id).select_related("prompt").first()
