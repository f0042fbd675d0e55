"""Reads of quality for engineers: the newest figures, and which items people disagree on.

No function here returns anything about one person, except `weights_of`, which writes the quality file of a
dataset under release pseudonyms and is called by no page and no API.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.db.models import F, QuerySet

from annotation.models import ItemQuality, Project, QualitySnapshot
from byhand.jobs.models import Job, JobState

KIND = "annotation.quality"


def newest_snapshot(project: Project) -> QualitySnapshot | None:
    return QualitySnapshot.objects.filter(project=project).order_by("-as_of").first()


def snapshots(project: Project) -> QuerySet[QualitySnapshot]:
    return QualitySnapshot.objects.filter(project=project).order_by("-as_of", "-pk")


def running_job(project: Project) -> Job | None:
    """Return the job that computes new figures now, if there is one."""
    open_states = [JobState.QUEUED, JobState.RUNNING]
    jobs = Job.objects.filter(kind=KIND, payload__project=str(project.pk), state__in=open_states)
    return jobs.order_by("created_at").first()


def item_qualities(project: Project) -> QuerySet[ItemQuality]:
    """Return the items of a project, least agreement first; those without a figure come before."""
    rows = ItemQuality.objects.filter(project=project).select_related("item__prompt")
    return rows.order_by(F("tau").asc(nulls_first=True), "item")


def weights_of(snapshot_id: uuid.UUID) -> Iterator[dict[str, Any]]:
    """Yield the rows of a dataset's quality file: a pseudonym, its weight with interval, its flags."""
    snapshot = QualitySnapshot.objects.get(pk=snapshot_id)
    names = ("pseudonym", "ballots", "weight", "low", "high", "flags")
    for row in snapshot.annotators.order_by("pseudonym").values(*names).iterator():
        yield dict(row)
