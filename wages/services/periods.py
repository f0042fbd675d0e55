"""Closing a pay period: begun once, worked through in batches of workers, frozen and logged at the end.

Once, however often and by however many at the same time. Beginning waits for every act that holds a share lock on the
period; all later work goes to the next one. Each batch is a transaction of its own, so that a close of any size holds
no long locks, and whoever comes after a killed process goes on where it was. There is no reopening.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max, Sum

from byhand.accounts.models import User
from byhand.accounts.selectors import require_steward
from byhand.audit.services import record
from wages.closing.unknown_rule import task_p75_ms
from wages.errors import LedgerMismatch, NothingToClose
from wages.models import AccountKind, Accrual, Interval, PaidProject, Period, PeriodClose, Posting, Statement
from wages.models.ledger import ACCRUED
from wages.services import slices
from wages.services.closing import close_batch
from wages.services.closing_extras import charge_fees
from wages.services.ledger import settle_owed
from wages.services.projects import database_now, locked_project
from wages.transparency import services as log
from wages.transparency.selectors import latest_checkpoint

Watch = Callable[[PeriodClose], None]
"""Called between batches; it may raise to stop there, and whoever closes later goes on."""


def close_period(
    *,
    actor: User | None,
    project_id: UUID,
    at: datetime | None = None,
    period_id: int | None = None,
    watch: Watch | None = None,
) -> Period:
    """Close the project's earliest period that has ended and return it; if all are closed, the last one.

    `period_id`: close that one and no other, whatever has ended since.

    A simulated project may close its running week early: it is cut at `at`, and the next one begins there. `actor` is
    a steward, or None for the platform itself. Raises NothingToClose if the project never had a period that could be
    closed, LedgerMismatch where two records of its money differ: the close stops there and can go on later.
    """
    close = begin_close(actor=actor, project_id=project_id, at=at, period_id=period_id)
    if close.finished_at is None:
        while _next_batch(close, at):
            close.refresh_from_db()
            if watch is not None:
                watch(close)
        _finish(close, at)
    return Period.objects.get(pk=close.period_id)


@transaction.atomic
def begin_close(
    *, actor: User | None, project_id: UUID, at: datetime | None = None, period_id: int | None = None
) -> PeriodClose:
    """Begin, or find again, the close of the period that is due; from now on nothing new is posted into it."""
    project = locked_project(project_id)
    if actor is not None:
        require_steward(actor, project.organisation_id)
    closes = PeriodClose.objects.filter(period__project=project)
    if period_id is not None and (done := closes.filter(period=period_id, finished_at__isnull=False).first()):
        return done
    period = due_period(project, at or database_now())
    if period_id is not None and (period is None or period.pk != period_id):
        raise NothingToClose(
            "This pay period can't be closed yet: it has not ended, or an earlier one is open."
        )
    if period is None:
        last = closes.order_by("-period__starts").first()
        if last is None:
            raise NothingToClose("No pay period of this project has ended yet.")
        return last
    # waits for every act that is posting into it; later ones look for the next period
    period = Period.objects.select_for_update().get(pk=period.pk)
    if period.closing_at is None:
        now = at or database_now()
        period.ends, period.closing_at = min(period.ends, _cut(period, now)), now
        period.save(update_fields=["ends", "closing_at"])
        record(
            actor_id=actor.pk if actor else None, action="wages.begin_close", subject=f"period:{period.pk}"
        )
    return _close_row(period, actor)


def due_period(project: PaidProject, now: datetime) -> Period | None:
    """Return the earliest period that is not closed, if its close has begun or may begin."""
    first = Period.objects.filter(project=project, closed_at__isnull=True).order_by("starts").first()
    if first is None or first.ends <= now or first.closing_at is not None:
        return first
    early = project.simulated and first.starts < now and Interval.objects.filter(pay_period=first).exists()
    return first if early else None


def _cut(period: Period, now: datetime) -> datetime:
    """Return where a running period is cut: never before work that is already in it."""
    last = Interval.objects.filter(pay_period=period).aggregate(last=Max("period__endswith"))["last"]
    return max(now, last) if last else now


def _close_row(period: Period, actor: User | None) -> PeriodClose:
    found = PeriodClose.objects.filter(period=period).first()
    if found is not None:
        return found
    newest = latest_checkpoint()
    return PeriodClose.objects.create(
        period=period,
        started_by=actor,
        p75_ms=task_p75_ms(period),
        log_size=newest.size if newest else 0,
        log_root=bytes(newest.root).hex() if newest else "",
        expected=Accrual.objects.filter(period=period).values("worker").distinct().count(),
    )


def _plan_for_many_rows() -> None:
    """Tell the planner of this transaction what it can't know: a batch's rows were written together and lie together.

    So an index that finds them is cheap, sorting fits in memory, and compiling a statement takes longer than it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL random_page_cost = 1.1; SET LOCAL work_mem = '64MB'; SET LOCAL jit = off")


@transaction.atomic
def _next_batch(close: PeriodClose, at: datetime | None) -> bool:
    """Do one batch of a close that others may be doing too; return whether there was one."""
    _plan_for_many_rows()
    held = PeriodClose.objects.select_for_update().get(pk=close.pk)
    if held.finished_at is not None:
        return False
    period = Period.objects.select_related("project").get(pk=close.period_id)
    return close_batch(held, period.project, period, at or database_now()) is not None


@transaction.atomic
def _finish(close: PeriodClose, at: datetime | None) -> None:
    """Put the leaves in order, freeze the sums, write the root into the log. All of it, or nothing."""
    _plan_for_many_rows()
    period = Period.objects.select_related("project").get(pk=close.period_id)
    project = locked_project(period.project_id)
    held = PeriodClose.objects.select_for_update().get(pk=close.pk)
    if held.finished_at is not None:
        return
    now = at or database_now()
    drafts, frozen_micro = slices.drafted(period)
    accrued_micro = _accrued(period)
    _check(held, period, frozen_micro, accrued_micro)
    period.root, leaves = slices.place_leaves(period, drafts)
    charge_fees(held, project, period)
    settle_owed(project, key=f"settle:period:{period.pk}")
    period.earned_micro, period.spent_micro = accrued_micro, held.spent_micro
    period.closed_at, period.closed_by = now, held.started_by
    period.save(update_fields=["root", "earned_micro", "spent_micro", "closed_at", "closed_by"])
    held.finished_at = now
    held.save(update_fields=["finished_at"])
    record(
        actor_id=held.started_by_id,
        action="wages.close_period",
        subject=f"period:{period.pk}",
        label=period.label,
    )
    _log(project, period, leaves)


def _check(close: PeriodClose, period: Period, frozen_micro: int, accrued_micro: int) -> None:
    """Refuse to close on figures that differ: batches, leaves, statements and what was taken are one thing."""
    stated = Statement.objects.filter(period=period).aggregate(total=Sum("payable_micro"))["total"] or 0
    if not frozen_micro == stated == close.due_micro:
        raise LedgerMismatch(
            f"Period {period.label}: its leaves say {frozen_micro} micro-units, its statements {stated}, its "
            f"postings {close.due_micro}. It is not closed; run verify_ledger."
        )
    if close.spent_micro != accrued_micro + (taken := _taken(period)):
        raise LedgerMismatch(
            f"Period {period.label}: {close.spent_micro} micro-units were posted to its workers, "
            f"{accrued_micro + taken} were taken from the project. It is not closed; run verify_ledger."
        )


def _accrued(period: Period) -> int:
    return int(Accrual.objects.filter(period=period).aggregate(total=Sum("earned_micro"))["total"] or 0)


def _taken(period: Period) -> int:
    """Return what entries beside accrued work took from the project: reservation and receivable together."""
    taken = Posting.objects.filter(
        entry__pay_period=period, account__kind__in=[AccountKind.RESERVATION, AccountKind.FUNDER_RECEIVABLE]
    ).exclude(entry__kind__in=[*ACCRUED, "period"])
    return -int(taken.aggregate(total=Sum("amount_micro"))["total"] or 0)


def _log(project: PaidProject, period: Period, leaves: int) -> None:
    log.append(
        kind="period",
        body={
            "project": str(project.pk),
            "label": period.label,
            "starts": period.starts.isoformat(),
            "ends": period.ends.isoformat(),
            "leaves": str(leaves),
            "root": period.root,
            "simulated": project.simulated,
        },
    )
