"""Computes the quality of a project's rankings as a job, and stores it: figures, items to look at, weights.

Reads ballots, writes only the tables of `models.quality`. Neither pay nor assignment reads what it writes.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from annotation.models import (
    AnnotatorQuality,
    Ballot,
    Item,
    ItemQuality,
    Participation,
    Project,
    ProjectState,
    QualitySnapshot,
)
from annotation.quality.project import METHOD, ProjectQuality, RatedItem
from annotation.quality.verdict import ItemVerdict
from annotation.selectors.rated import rated_items
from annotation.selectors.reviews import SEEN_ALL
from annotation.services.review_requests import queue_requested
from byhand.accounts.models import User
from byhand.accounts.selectors import require_engineer
from byhand.jobs.models import Job, JobState
from byhand.jobs.services import enqueue
from byhand.jobs.worker import JobContext

KIND = "annotation.quality"
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
# A decision that was made on every ballot there is settles the item, whatever the figures say.
SETTLE = f"""
UPDATE annotation_itemquality quality SET needs_review = false
WHERE quality.item_id = ANY(%(items)s) AND quality.needs_review AND {SEEN_ALL.format(item="quality.item_id")}
"""  # noqa: S608


def request_quality(*, actor: User, project: Project) -> Job:
    """Return the job that computes the project's figures: the one that is open, or a new one."""
    require_engineer(actor, project.organisation_id)
    return _enqueue(project, actor)


def refresh_quality() -> int:
    """Ask for new figures of every project that offers work and has ballots since its last; return how many."""
    asked = 0
    for project in Project.objects.filter(state__in=[ProjectState.OPEN, ProjectState.PILOT]):
        newest = QualitySnapshot.objects.filter(project=project).order_by("-as_of").first()
        ballots = Ballot.objects.filter(item__project=project)
        since = ballots.filter(created_at__gt=newest.as_of) if newest else ballots
        if since.exists():
            _enqueue(project, None)
            asked += 1
    return asked


@transaction.atomic
def _enqueue(project: Project, actor: User | None) -> Job:
    with connection.cursor() as cursor:  # one asker at a time, so that two never make two jobs
        cursor.execute(LOCK, [f"quality:{project.pk}"])
    waiting = Job.objects.filter(
        kind=KIND, payload__project=str(project.pk), state__in=[JobState.QUEUED, JobState.RUNNING]
    ).first()
    return waiting or enqueue(
        kind=KIND,
        payload={"project": str(project.pk)},
        organisation=project.organisation,
        created_by=actor,
    )


def compute_quality(context: JobContext, *, as_of: datetime | None = None) -> dict[str, Any]:
    """Read all ballots given by `as_of`, store the snapshot and every item's figures; return the snapshot's id.

    Stops between pages when asked to. What a stopped or broken attempt wrote of items stands, each with its own
    time; the snapshot is stored whole or not at all, and once per job.
    """
    project_id, moment = uuid.UUID(context.payload["project"]), as_of or timezone.now()
    done = QualitySnapshot.objects.filter(job_id=context.job_id).first()
    if done is not None:
        return _result(done)
    total = Item.objects.filter(project=project_id).count()
    quality, seen = ProjectQuality(), 0
    for page in rated_items(project_id, moment):
        context.check()
        verdicts = [(item_id, item, quality.add(item)) for item_id, item in page]
        with context.fenced():
            _store_items(project_id, verdicts, moment)
        seen += len(page)
        context.progress(seen, max(total, seen), "reading ballots")
    context.check()
    with context.fenced():
        return _result(_store_snapshot(context.job_id, project_id, quality, moment))


def _store_items(
    project_id: uuid.UUID, verdicts: Sequence[tuple[int, RatedItem, ItemVerdict]], at: datetime
) -> None:
    rows = [
        ItemQuality(
            item_id=item_id,
            project_id=project_id,
            ballots=len(item.ballots),
            tau=verdict.tau,
            entropy=verdict.entropy,
            cycle=verdict.cycle,
            needs_review=verdict.needs_review,
            reasons=list(verdict.reasons),
            computed_at=at,
        )
        for item_id, item, verdict in verdicts
    ]
    fields = ["ballots", "tau", "entropy", "cycle", "needs_review", "reasons", "computed_at"]
    ItemQuality.objects.bulk_create(rows, update_conflicts=True, unique_fields=["item"], update_fields=fields)
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, {"items": [row.pk for row in rows]})
    queue_requested([row.pk for row in rows])


def _store_snapshot(
    job_id: uuid.UUID, project_id: uuid.UUID, quality: ProjectQuality, at: datetime
) -> QualitySnapshot:
    snapshot = QualitySnapshot.objects.create(
        project_id=project_id,
        job_id=job_id,
        method=METHOD,
        as_of=at,
        items=quality.items,
        ballots=quality.ballots,
        figures=quality.figures(),
    )
    names = dict(Participation.objects.filter(project=project_id).values_list("user_id", "pseudonym"))
    AnnotatorQuality.objects.bulk_create(
        [
            AnnotatorQuality(
                snapshot=snapshot,
                pseudonym=names[person],
                ballots=ballots,
                weight=weight.value if weight else None,
                low=weight.low if weight else None,
                high=weight.high if weight else None,
                flags=[flag.as_json() for flag in flags],
            )
            for person, (ballots, weight, flags) in sorted(
                quality.people().items(), key=lambda row: names[row[0]]
            )
        ],
        batch_size=1000,
    )
    return snapshot


def _result(snapshot: QualitySnapshot) -> dict[str, Any]:
    return {"snapshot": str(snapshot.pk), "items": snapshot.items, "ballots": snapshot.ballots}
