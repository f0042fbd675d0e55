"""Who waits, who was released, and for how long people were away because there was no work."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from byhand.accounts.models import User
from byhand.statements import fetch_one
from wages.models import Release, WorkerClock
from wages.rules import RELEASE_NOT_BEFORE
from wages.timekeeping.release_words import words
from wages.work import Category

_RELEASED_MS = """
SELECT coalesce(sum(extract(epoch FROM
    least(coalesce(recalled_at, 'infinity'), %(ends)s::timestamptz) - greatest(released_at, %(starts)s::timestamptz)
) * 1000), 0)::bigint
FROM wages_release
WHERE project_id = %(project)s AND released_at < %(ends)s AND coalesce(recalled_at, 'infinity') > %(starts)s
"""


def long_waits(at: datetime) -> list[tuple[int, UUID]]:
    """Return (worker id, project id) of everybody who has waited so long that they may be released."""
    waits = WorkerClock.objects.filter(
        category=Category.WAITING, work_id="", since__lte=at - RELEASE_NOT_BEFORE
    )
    return [(worker, project) for worker, project in waits.values_list("worker_id", "project_id") if project]


def open_release(worker: User, project_id: UUID) -> Release | None:
    """Return the release of this worker that no recall has ended."""
    return Release.objects.filter(worker=worker, project=project_id, recalled_at=None).first()


def release_words(worker: User, project_id: UUID) -> str:
    """Return what a released worker was told and a page says again; blank where there is no such release."""
    made = open_release(worker, project_id)
    return words(made.released_at, made.expected_at) if made else ""


def open_releases(project_id: UUID) -> QuerySet[Release]:
    """Return who waits for a recall in a project, the longest first."""
    return Release.objects.filter(project=project_id, recalled_at=None).order_by("released_at", "pk")


def projects_with_releases() -> list[UUID]:
    """Return the projects in which somebody waits for a recall."""
    return list(Release.objects.filter(recalled_at=None).values_list("project_id", flat=True).distinct())


def released_ms(project_id: UUID, starts: datetime, ends: datetime, at: datetime | None = None) -> int:
    """Return how long people were released between `starts` and `ends` (or `at`, if that is earlier), added up.

    Milliseconds between a release and its recall, which nobody was paid for: the price of work that ran out.
    """
    ends = min(ends, at) if at else ends
    if ends - starts <= timedelta():
        return 0
    row = fetch_one(_RELEASED_MS, {"project": project_id, "starts": starts, "ends": ends})
    return int(row[0]) if row else 0
