"""Starts the closing of periods as jobs: by a steward, or by the platform an hour after a real week has ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from byhand.accounts.models import User
from byhand.accounts.selectors import require_steward
from byhand.jobs.models import ENDED, Job, JobState
from byhand.jobs.services import enqueue
from wages.errors import NothingToClose
from wages.models import PaidProject, Period
from wages.services.periods import due_period
from wages.services.projects import database_now, locked_project

KIND = "wages.close_period"
AFTER_THE_END = timedelta(hours=1)
TRY_AGAIN_AFTER = timedelta(hours=24)
"""A close that failed needs a person; the platform asks for one a day, not one a minute."""


@transaction.atomic
def start_close(*, actor: User, project_id: UUID, at: datetime | None = None) -> Job:
    """Start the job that closes the period which is due, or return the one that is under way.

    Raises NothingToClose while no period has ended (a simulated project's running week may be cut early).
    """
    project = locked_project(project_id)
    require_steward(actor, project.organisation_id)
    period = due_period(project, at or database_now())
    if period is None:
        raise NothingToClose("No open pay period of this project has ended yet.")
    return _open_job(period) or _enqueue(project, period, actor)


def start_ended(at: datetime | None = None) -> int:
    """Start the close of every real period that ended an hour ago or more; return how many."""
    now = at or database_now()
    ended = Period.objects.filter(
        project__simulated=False, closed_at__isnull=True, ends__lte=now - AFTER_THE_END
    )
    projects = ended.order_by("project").values_list("project", flat=True).distinct()
    return sum(_start_ended(project_id, now) for project_id in projects)


@transaction.atomic
def _start_ended(project_id: UUID, now: datetime) -> bool:
    project = locked_project(project_id)
    period = due_period(project, now)
    if period is None or period.ends > now - AFTER_THE_END or _open_job(period) is not None:
        return False
    failed = _jobs(period).filter(state=JobState.FAILED, finished_at__gt=now - TRY_AGAIN_AFTER)
    if failed.exists():
        return False
    _enqueue(project, period, None)
    return True


def _open_job(period: Period) -> Job | None:
    return _jobs(period).exclude(state__in=ENDED).first()


def _jobs(period: Period) -> QuerySet[Job]:
    return Job.objects.filter(kind=KIND, payload__period=period.pk)


def _enqueue(project: PaidProject, period: Period, actor: User | None) -> Job:
    payload = {
        "project": str(project.pk),
        "period": period.pk,
        "label": period.label,
        "actor": actor.pk if actor else None,
    }
    return enqueue(kind=KIND, payload=payload, organisation=project.organisation, created_by=actor)
