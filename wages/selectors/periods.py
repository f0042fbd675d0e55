"""A project's pay periods for its stewards: what each came to, how far its close is, which job does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Sum

from byhand.jobs.models import ENDED, Job
from wages.models import Accrual, PaidProject, Period, PeriodClose, Statement

SHOWN = 52


@dataclass(frozen=True)
class PeriodRow:
    """Amounts in micro-units. Of an open period: what has accrued so far; its extras are None until its close."""

    period: Period
    earned_micro: int
    extras_micro: int | None
    top_up_micro: int | None
    topped_up: int
    workers: int
    statements: int
    job: Job | None

    @property
    def state(self) -> str:
        if self.period.closed_at is not None:
            return "closed"
        return "closing" if self.period.closing_at is not None else "open"


def period_rows(project: PaidProject) -> list[PeriodRow]:
    """Return the newest periods, newest first."""
    periods = list(
        Period.objects.filter(project=project).select_related("closing").order_by("-starts")[:SHOWN]
    )
    ids = [period.pk for period in periods]
    accrued = {
        row["period"]: row
        for row in Accrual.objects.filter(period__in=ids)
        .values("period")
        .annotate(micro=Sum("earned_micro"), workers=Count("worker", distinct=True))
    }
    stated = dict(
        Statement.objects.filter(period__in=ids).values_list("period").annotate(count=Count("id")).order_by()
    )
    jobs = {job.payload["period"]: job for job in _jobs(ids)}
    return [_row(period, accrued.get(period.pk), stated.get(period.pk, 0), jobs) for period in periods]


def _row(
    period: Period, accrued: Mapping[str, Any] | None, statements: int, jobs: dict[int, Job]
) -> PeriodRow:
    close: PeriodClose | None = getattr(period, "closing", None)
    earned = period.earned_micro if period.earned_micro is not None else accrued["micro"] if accrued else 0
    return PeriodRow(
        period=period,
        earned_micro=earned,
        extras_micro=close.extras_micro if close else None,
        top_up_micro=close.top_up_micro if close else None,
        topped_up=close.topped_up if close else 0,
        workers=close.workers if close and close.finished_at else accrued["workers"] if accrued else 0,
        statements=statements,
        job=jobs.get(period.pk),
    )


def _jobs(periods: list[int]) -> list[Job]:
    """Return the newest job of each period last, so that it is the one that is kept."""
    jobs = Job.objects.filter(kind="wages.close_period", payload__period__in=periods)
    return sorted(jobs, key=lambda job: (job.state not in ENDED, job.created_at))
