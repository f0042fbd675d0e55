"""Measures how long the work of a project takes, and keeps it: what people are told before they take work."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from annotation.models import Project, TimeEstimate
from annotation.selectors.estimates import measured_now
from byhand.accounts.models import User
from byhand.accounts.selectors import require_engineer


def measure_time(*, project: Project, at: datetime | None = None) -> TimeEstimate | None:
    """Measure how long the newest rankings took and keep it; None, and nothing kept, where too few were timed."""
    found = measured_now(project)
    if found is None:
        return None
    return TimeEstimate.objects.create(
        project=project,
        median_ms=found.median_ms,
        p75_ms=found.p75_ms,
        ballots=found.ballots,
        measured_at=at or timezone.now(),
    )


def measure_again(*, actor: User, project: Project, at: datetime | None = None) -> TimeEstimate | None:
    """Measure anew on an engineer's word, so that people are shown what the work takes now."""
    require_engineer(actor, project.organisation_id)
    return measure_time(project=project, at=at)
