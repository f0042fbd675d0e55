"""What stewards see first: the money and time of each project, and a list of what needs doing now. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet, Sum
from django.urls import reverse

from byhand.accounts.models import User
from wages.models import Case, Deposit, Interval, PaidProject, PayoutBatch, Period, PoolVersion
from wages.paying.payables import HELD, NO_ACCOUNT, due
from wages.reservation import left_micro
from wages.selectors.cases import open_cases
from wages.selectors.payments import reconciliation
from wages.selectors.payouts import PAY_WITHIN, Arrival, Flow, arrival, flow, pay_by_period
from wages.selectors.unknown import open_gaps

# of the last closed period: whose pay for time was below the floor, and whose still is after what was posted
_FLOORS = """
WITH newest AS (
    SELECT DISTINCT ON (project_id) id FROM wages_period
    WHERE project_id = ANY(%(projects)s) AND closed_at IS NOT NULL ORDER BY project_id, starts DESC
)
SELECT project_id, count(*) FILTER (WHERE wanted > 0), count(*) FILTER (WHERE wanted > posted),
       count(*) FILTER (WHERE unknown)
FROM wages_statement statement JOIN newest ON newest.id = statement.period_id,
LATERAL (SELECT statement.body::jsonb AS said) body,
LATERAL (SELECT coalesce((said #>> '{floor,top_up_micro}')::bigint, 0) AS wanted,
                coalesce((said #>> '{earned_micro,top_up}')::bigint, 0) AS posted,
                coalesce(said #>> '{floor,status}', 'unknown') = 'unknown' AS unknown) floor
GROUP BY project_id
"""


LOOKED_FOR = timedelta(days=30)
"""A row that matched nothing is a task for this long; it stays on the payouts' page."""


@dataclass(frozen=True)
class Floors:
    """Workers of the last closed period below their floor, before and after top-up, and of whom it is unknown."""

    before: int = 0
    after: int = 0
    unknown: int = 0


@dataclass(frozen=True)
class Row:
    """One project on the dashboard. Amounts in micro-units of its currency."""

    project: PaidProject
    payer_named: bool
    flow: Flow
    left_micro: int
    unknown_ms: int
    floors: Floors
    arrival: Arrival
    cases: int
    overdue_cases: int

    @property
    def owed_micro(self) -> int:
        return max(-self.left_micro, 0)


@dataclass(frozen=True)
class ToDo:
    """One thing that waits for a steward. `urgent`: a worker waits longer than promised because of it."""

    project: PaidProject
    text: str
    link: str
    urgent: bool = False


def dashboard(projects: Iterable[PaidProject], *, at: datetime) -> list[Row]:
    """Return the figures of each project."""
    rows = list(projects)
    ids = [project.pk for project in rows]
    floors, unknown = _floors(ids), _unknown_ms(ids)
    paying = PoolVersion.objects.filter(pool__project__in=ids, pool__is_default=True)
    named = set(paying.values_list("pool__project", flat=True))
    return [
        Row(
            project=project,
            payer_named=project.pk in named,
            flow=flow(project.pk),
            left_micro=left_micro(project.pk),
            unknown_ms=unknown.get(project.pk, 0),
            floors=floors.get(project.pk, Floors()),
            arrival=arrival(pay_by_period([project.pk], at=at).values()),
            cases=open_cases(project.pk).count(),
            overdue_cases=_overdue(project, at).count(),
        )
        for project in rows
    ]


def _overdue(project: PaidProject, at: datetime) -> QuerySet[Case]:
    # what a cut waits for is its notice, which is no deadline of anybody
    return open_cases(project.pk).exclude(kind="cut").filter(due_at__lt=at)


def _floors(project_ids: list[UUID]) -> dict[UUID, Floors]:
    with connection.cursor() as cursor:
        cursor.execute(_FLOORS, {"projects": project_ids})
        return {project_id: Floors(*counts) for project_id, *counts in cursor.fetchall()}


def _unknown_ms(project_ids: list[UUID]) -> dict[UUID, int]:
    gaps = open_gaps(Interval.objects.filter(project__in=project_ids)).order_by()
    return dict(gaps.values_list("project").annotate(total=Sum("open_ms")))


def to_do(projects: Iterable[PaidProject], steward: User, *, at: datetime) -> list[ToDo]:
    """Return what waits for `steward` to act on, what holds up pay first."""
    found = [entry for project in projects for entry in _to_do(project, steward, at)]
    return sorted(found, key=lambda entry: not entry.urgent)


def _to_do(project: PaidProject, steward: User, at: datetime) -> list[ToDo]:
    return [
        *_deposits(project, steward),
        *_periods(project, at),
        *_batches(project, steward),
        *_payable(project, steward, at),
        *_sent(project, at),
        *_cases(project, at),
    ]


def _deposits(project: PaidProject, steward: User) -> list[ToDo]:
    waiting = Deposit.objects.filter(project=project, approved_at__isnull=True).exclude(created_by=steward)
    count = waiting.count()
    return [ToDo(project, f"{_many(count, 'deposit')} to approve", _link("pay_reservation", project))] * bool(
        count
    )


def _periods(project: PaidProject, at: datetime) -> list[ToDo]:
    ended = Period.objects.filter(project=project, closed_at__isnull=True, ends__lte=at).order_by("starts")
    link = _link("pay_periods", project)
    return [
        ToDo(project, f"Close period {period.label}", link, urgent=at - period.ends > PAY_WITHIN)
        for period in ended[:5]
    ]


def _batches(project: PaidProject, steward: User) -> list[ToDo]:
    draft = PayoutBatch.objects.filter(
        project=project, approved_at__isnull=True, cancelled_at__isnull=True
    ).first()
    if draft is None or draft.made_by_id == steward.pk:
        return []
    link = reverse("pay_batch", kwargs={"project_id": project.pk, "batch_id": draft.pk})
    return [ToDo(project, "A payout batch to approve", link, urgent=True)]


def _payable(project: PaidProject, steward: User, at: datetime) -> list[ToDo]:
    waiting = due(project, at=at, maker_id=steward.pk)
    counts = {reason: sum(entry.reason == reason for entry in waiting) for reason in ("", HELD, NO_ACCOUNT)}
    drafted = PayoutBatch.objects.filter(
        project=project, approved_at__isnull=True, cancelled_at__isnull=True
    ).exists()
    link, found = _link("pay_payouts", project), []
    if counts[""] and not drafted:
        found.append(ToDo(project, f"Make a payout batch: {_many(counts[''], 'worker')} can be paid", link))
    if counts[HELD]:
        found.append(ToDo(project, f"{_many(counts[HELD], 'account')} in the 48-hour hold", link))
    if counts[NO_ACCOUNT]:
        found.append(ToDo(project, f"{_many(counts[NO_ACCOUNT], 'worker')} without an account", link))
    return found


def _sent(project: PaidProject, at: datetime) -> list[ToDo]:
    if not PayoutBatch.objects.filter(project=project, approved_at__isnull=False).exists():
        return []
    state, link = reconciliation(project, at=at), _link("pay_payouts", project)
    unmatched = [row for row in state.unmatched if at - row.at <= LOOKED_FOR]
    counts = (
        (state.unheard.count, "payment", "without evidence for five days or more", True),
        (len(state.owed_fees), "fee", "that a worker paid, to pay back", True),
        (len(state.differing), "receipt", "that differs from what was sent", True),
        (len(unmatched), "settlement row", "that matched nothing", False),
    )
    return [
        ToDo(project, f"{_many(count, what)} {of}", link, urgent)
        for count, what, of, urgent in counts
        if count
    ]


def _cases(project: PaidProject, at: datetime) -> list[ToDo]:
    overdue, link = _overdue(project, at).count(), _link("pay_cases", project)
    waiting = open_cases(project.pk).count() - overdue
    late = [ToDo(project, f"{_many(overdue, 'case')} of pay past the deadline", link, urgent=True)]
    open_ = [ToDo(project, f"{_many(waiting, 'case')} of pay to decide", link)]
    return late * bool(overdue) + open_ * bool(waiting)


def _link(route: str, project: PaidProject) -> str:
    return reverse(route, kwargs={"project_id": project.pk})


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
