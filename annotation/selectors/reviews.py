"""Reads of reviews: who reviews, what waits, and what was decided. What is on the page is in `review_page`."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from annotation.models import (
    Adjudication,
    ItemQuality,
    Project,
    Review,
    Reviewer,
    ReviewState,
)
from byhand.accounts.models import User
from byhand.errors import NotFound

# An item is settled by a decision that nothing supersedes and that was made on every ballot that stands.
SEEN_ALL = """EXISTS (
    SELECT 1 FROM annotation_adjudication decided
    WHERE decided.item_id = {item}
      AND NOT EXISTS (SELECT 1 FROM annotation_adjudication later WHERE later.supersedes_id = decided.id)
      AND NOT EXISTS (SELECT 1 FROM annotation_currentballot standing WHERE standing.item_id = {item}
                      AND NOT jsonb_exists(decided.ballots, standing.ballot_id::text)))"""
# What may be reviewed: rankings are in, nobody holds it, and this reviewer never worked on it.
WAITING = f"""
FROM annotation_itemquality quality
JOIN annotation_item item ON item.id = quality.item_id
WHERE quality.project_id = %(project)s AND quality.needs_review
  AND (item.role <> 'rank' OR item.ballots_count >= item.overlap) AND item.live_leases = 0
  AND NOT EXISTS (SELECT 1 FROM annotation_lease own WHERE own.item_id = item.id
                  AND own.worker_id = %(reviewer)s)
  AND NOT EXISTS (SELECT 1 FROM annotation_review held WHERE held.item_id = item.id
                  AND held.state = 'live' AND held.expires_at > %(at)s)
  AND (NOT {SEEN_ALL.format(item="item.id")} OR EXISTS (
      SELECT 1 FROM annotation_reviewrequest asked WHERE asked.item_id = item.id AND asked.closed_at IS NULL))
"""  # noqa: S608


def is_reviewer(user: User, project_id: uuid.UUID) -> bool:
    return Reviewer.objects.filter(user=user, project=project_id, ended_at__isnull=True).exists()


def reviewing(user: User) -> set[uuid.UUID]:
    """Return the projects in which `user` reviews now."""
    now = Reviewer.objects.filter(user=user, ended_at__isnull=True)
    return set(now.values_list("project", flat=True))


def reviewers_of(project: Project) -> QuerySet[Reviewer]:
    """Return who reviews now. The one list of people here: an engineer named each of them by address."""
    now = Reviewer.objects.filter(project=project, ended_at__isnull=True)
    return now.select_related("user").order_by("named_at", "pk")


def held_review(user: User, project_id: uuid.UUID) -> Review | None:
    return Review.objects.filter(reviewer=user, project=project_id, state=ReviewState.LIVE).first()


def review_for(user: User, review_id: uuid.UUID) -> Review:
    """Return a review of this reviewer's own, or raise NotFound."""
    review = Review.objects.select_related("project").filter(pk=review_id, reviewer=user).first()
    if review is None:
        raise NotFound(_("No such review in your hands."))
    return review


def waiting_for(user: User, project_id: uuid.UUID, at: datetime) -> int:
    """Return how many items this reviewer could take now."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"project": project_id, "reviewer": user.pk, "at": at}
        cursor.execute(f"SELECT count(*) {WAITING}", values)
        return int(cursor.fetchone()[0])


def queue_of(project: Project) -> QuerySet[ItemQuality]:
    """Return the items that the newest figures send to review, least agreement first."""
    waiting = ItemQuality.objects.filter(project=project, needs_review=True).select_related("item__prompt")
    return waiting.order_by(F("tau").asc(nulls_first=True), "item")


def adjudications_of(project: Project) -> QuerySet[Adjudication]:
    """Return the decisions that stand, newest first, with their reasons."""
    return (
        current_adjudications(project.pk)
        .select_related("item__prompt", "reason")
        .order_by("-created_at", "-pk")
    )


def current_adjudications(project_id: uuid.UUID) -> QuerySet[Adjudication]:
    """Return the decision that stands for each item of a project that has one."""
    return Adjudication.objects.filter(item__project=project_id, superseded_by__isnull=True)


def current_adjudication(item: Any) -> Adjudication | None:
    """Return the decision that stands for an item (an Item or its id), or None. Datasets and exports read this."""
    return Adjudication.objects.filter(item=item, superseded_by__isnull=True).first()


def review_counts(project: Project) -> dict[str, int]:
    """Return what is waiting, held and decided in a project."""
    held = Review.objects.filter(project=project).aggregate(
        held=Count("pk", filter=Q(state=ReviewState.LIVE)),
        decided=Count("pk", filter=Q(state=ReviewState.DECIDED)),
    )
    return {"waiting": queue_of(project).count(), **held}
