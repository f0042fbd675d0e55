"""Reads for a person's own page. Nothing here writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from byhand.accounts.models import User
from byhand.jobs.models import JobState
from byhand.rights.models import Bundle, Erasure
from byhand.rights.registry import Stay, stays, warnings


@dataclass(frozen=True)
class Copy:
    """One copy as its page shows it: being made, ready, failed or gone."""

    row: Bundle
    state: str


@dataclass(frozen=True)
class MyData:
    copies: list[Copy]
    erasure: Erasure | None
    stays: list[Stay]
    warnings: list[str]


def my_data(user: User, *, at: datetime | None = None) -> MyData:
    """Return what the page shows: the newest copies, the erasure that stands, and what an erasure would mean."""
    now = at or timezone.now()
    rows = Bundle.objects.filter(user=user).select_related("job").order_by("-asked_at")[:5]
    return MyData(
        copies=[Copy(row, _state(row, now)) for row in rows],
        erasure=Erasure.objects.filter(user=user, called_back_at__isnull=True).first(),
        stays=stays(user),
        warnings=warnings(user),
    )


def _state(row: Bundle, now: datetime) -> str:
    if row.kept_until is not None:
        return "ready" if row.kept_until > now else "gone"
    return "failed" if row.job.state in {JobState.FAILED, JobState.CANCELLED} else "making"
