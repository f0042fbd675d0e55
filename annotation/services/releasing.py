"""Releases people who wait where there is no work for them, and tells them when there is work again.

Run once a minute. Both ways look at what a worker could be offered while they hold that worker's clock, so that
nobody is released from an item that they are just taking.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone, translation

from annotation.errors import NoOffer
from annotation.models import Item, ItemRole, Project
from annotation.models.projects import OFFERING
from annotation.selectors.reviews import is_reviewer, waiting_for
from annotation.services.taking import has_work
from byhand.accounts.models import User
from wages.selectors.releases import long_waits, open_releases, projects_with_releases
from wages.services import clock as clocks
from wages.services.release import recall, release


def release_waiting(at: datetime | None = None) -> int:
    """Release everybody who has waited for 15 minutes and for whom there is no work. Returns how many."""
    waits = long_waits(at or timezone.now())
    return sum(_release_one(worker_id, project_id, at) for worker_id, project_id in waits)


@transaction.atomic
def _release_one(worker_id: int, project_id: uuid.UUID, at: datetime | None) -> bool:
    worker = User.objects.get(pk=worker_id)
    project = Project.objects.filter(pk=project_id).first()
    clock = clocks.lock_clock(worker=worker, at=at)
    if project is None or clock.project_id != project_id:
        return False
    there, expected_at = look(worker, project, clock.at)
    if there:
        return False
    with translation.override(project.languages[0]):
        return release(clock, expected_at=expected_at) is not None


def look(worker: User, project: Project, at: datetime) -> tuple[bool, datetime | None]:
    """Return whether there is work for this person now, and from when on there may be, where that is known."""
    if is_reviewer(worker, project.pk) and waiting_for(worker, project.pk, at):
        return True, None
    try:
        return has_work(worker=worker, project=project, at=at), None
    except NoOffer as refusal:
        possible = refusal.details.get("possible_at")
        return False, datetime.fromisoformat(possible) if possible else None


def recall_released(at: datetime | None = None) -> int:
    """Tell released people that there is work again, the longest away first, no more than there are free places."""
    projects = Project.objects.filter(pk__in=projects_with_releases(), state__in=OFFERING)
    return sum(_recall_in(project, at) for project in projects)


def _recall_in(project: Project, at: datetime | None) -> int:
    free, told = _free_places(project), 0
    for opened in open_releases(project.pk).select_related("worker"):
        if told >= free:
            break
        there, _expected = look(opened.worker, project, at or timezone.now())
        if there:
            with translation.override(project.languages[0]):
                told += recall(release_id=opened.pk, at=at)
    return told


def _free_places(project: Project) -> int:
    """Return how many rankings are still wanted that nobody holds."""
    items = Item.objects.filter(project=project, role=ItemRole.RANK)
    open_items = items.filter(ballots_count__lt=F("overlap") - F("live_leases"))
    total = open_items.aggregate(total=Sum(F("overlap") - F("live_leases") - F("ballots_count")))["total"]
    return int(total or 0)
