"""Closing a pay period: its slice is frozen, what was earned becomes payable, and the root goes into the log.

Once, however often and by however many at the same time. Work that is being posted holds a share lock on the
period: it is either in the slice or, coming later, in the next period.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max, Sum

from byhand.accounts.models import User
from byhand.accounts.selectors import require_steward
from byhand.audit.services import record
from wages import freezing
from wages.errors import LedgerMismatch, NothingToClose
from wages.models import AccountKind, Accrual, Interval, LeafName, PaidProject, Period, Posting, SliceLeaf
from wages.services.ledger import settle_owed
from wages.services.projects import database_now, locked_project
from wages.transparency import services as log

_SLICE = """
SELECT part.worker_id, part.category, part.work_kind, part.work_id, card.version, sum(part.ms)::bigint,
       sum(part.earned_micro)::bigint
FROM (
    SELECT worker_id, category, work_kind, work_id, rate_card_id, worked.ms - settled.ms AS ms, earned_micro
    FROM wages_interval worked, LATERAL (
        SELECT coalesce(sum(ms) FILTER (WHERE by_rule), 0) AS ms, coalesce(bool_or(NOT by_rule), false) AS answered
        FROM wages_interval WHERE resolves_id = worked.id AND worked.category = 'unknown') settled
    WHERE pay_period_id = %(period)s
      -- an answered gap is counted by its answer, and of others what the rule has not paid
      AND NOT (category = 'unknown' AND (settled.answered OR settled.ms = worked.ms))
      -- a gap that was no work is nobody's working time
      AND NOT (rate_card_id IS NULL AND resolves_id IS NOT NULL)
    UNION ALL
    SELECT worked.worker_id, worked.category, worked.work_kind, worked.work_id, worked.rate_card_id, 0,
           -worked.earned_micro
    FROM wages_entry correction JOIN wages_entry first ON first.id = correction.reverses_id
    JOIN wages_interval worked ON worked.id = first.interval_id
    WHERE correction.pay_period_id = %(period)s AND correction.kind = 'reversal'
) part LEFT JOIN wages_ratecard card ON card.id = part.rate_card_id
GROUP BY 1, 2, 3, 4, 5
"""
_DUE = """
    SELECT earned.worker_id, earned.id AS earned_account, payable.id AS payable_account, earned.currency,
           earned.simulated, sum(posting.amount_micro)::bigint AS amount
    FROM wages_entry entry
    JOIN wages_posting posting ON posting.entry_id = entry.id
    JOIN wages_ledgeraccount earned ON earned.id = posting.account_id AND earned.kind = 'worker_earned'
    JOIN wages_ledgeraccount payable ON payable.project_id = earned.project_id
        AND payable.worker_id = earned.worker_id AND payable.kind = 'worker_payable'
    WHERE entry.pay_period_id = %(period)s AND entry.kind IN ('work', 'reversal')
    GROUP BY 1, 2, 3, 4, 5
"""
_TO_PAYABLE = f"""
WITH due AS ({_DUE}), made AS (
    INSERT INTO wages_entry (kind, key, project_id, simulated, pay_period_id, reason, actor_id, at)
    SELECT 'period', 'close:' || %(period)s || ':' || worker_id, %(project)s, simulated, %(period)s, '', %(actor)s,
           %(at)s
    FROM due WHERE amount <> 0 RETURNING id, key
)
INSERT INTO wages_posting (entry_id, account_id, amount_micro, currency, simulated)
SELECT made.id, leg.account, leg.amount, due.currency, due.simulated
FROM made JOIN due ON made.key = 'close:' || %(period)s || ':' || due.worker_id,
LATERAL (VALUES (due.earned_account, -due.amount), (due.payable_account, due.amount)) AS leg (account, amount)
"""  # noqa: S608


@transaction.atomic
def close_period(*, actor: User, project_id: UUID, at: datetime | None = None) -> Period:
    """Close the project's earliest open period that has ended and return it; if all are closed, the last one.

    A simulated project may close its running week early: it is cut at `at`, and the next one begins there.
    Raises NothingToClose if the project never had a period that could be closed.
    """
    project = locked_project(project_id)
    require_steward(actor, project.organisation_id)
    period = _due(project, at or database_now())
    if period is None:
        closed = Period.objects.filter(project=project, closed_at__isnull=False).order_by("-starts").first()
        if closed is None:
            raise NothingToClose("No pay period of this project has ended yet.")
        return closed
    # waits for every act that is posting into it; later ones look for the next period
    period = Period.objects.select_for_update().get(pk=period.pk)
    now = at or database_now()
    period.ends = min(period.ends, _cut(period, now))
    leaves = _freeze(project, period)
    _check(period, leaves)
    values: dict[str, Any] = {"period": period.pk, "project": project.pk, "actor": actor.pk, "at": now}
    with connection.cursor() as cursor:
        cursor.execute(_TO_PAYABLE, values)
    settle_owed(project, key=f"settle:period:{period.pk}")
    period.root = freezing.root(leaves)
    period.earned_micro, period.spent_micro = _accrued(period), _spent(period)
    period.closing_at, period.closed_at, period.closed_by = now, now, actor
    period.save(
        update_fields=["ends", "root", "earned_micro", "spent_micro", "closing_at", "closed_at", "closed_by"]
    )
    record(actor_id=actor.pk, action="wages.close_period", subject=f"period:{period.pk}", label=period.label)
    log.append(
        kind="period",
        body={
            "project": str(project.pk),
            "label": period.label,
            "starts": period.starts.isoformat(),
            "ends": period.ends.isoformat(),
            "leaves": str(len(leaves)),
            "root": period.root,
            "simulated": project.simulated,
        },
    )
    return period


def _due(project: PaidProject, now: datetime) -> Period | None:
    first = Period.objects.filter(project=project, closed_at__isnull=True).order_by("starts").first()
    if first is None or first.ends <= now:
        return first
    early = project.simulated and first.starts < now and Interval.objects.filter(pay_period=first).exists()
    return first if early else None


def _cut(period: Period, now: datetime) -> datetime:
    """Return where a running period is cut: never before work that is already in it."""
    last = Interval.objects.filter(pay_period=period).aggregate(last=Max("period__endswith"))["last"]
    return max(now, last) if last else now


def _freeze(project: PaidProject, period: Period) -> list[freezing.Leaf]:
    with connection.cursor() as cursor:
        cursor.execute(_SLICE, {"period": period.pk})
        rows = [freezing.Row(*row) for row in cursor.fetchall()]
    names = freezing.new_names()
    leaves = freezing.freeze(
        rows, names, project=str(project.pk), currency=project.currency, simulated=project.simulated
    )
    SliceLeaf.objects.bulk_create(
        (SliceLeaf(period=period, position=leaf.position, body=leaf.body, salt=leaf.salt) for leaf in leaves),
        batch_size=1000,
    )
    # the worker's own bundle proves their leaves: it has to know which ones are theirs
    LeafName.objects.bulk_create(
        (LeafName(period=period, worker_id=worker, name=name) for worker, name in names.items()),
        batch_size=1000,
    )
    return leaves


def _check(period: Period, leaves: list[freezing.Leaf]) -> None:
    """Refuse to close on figures that differ: accruals, postings and leaves are three records of one thing."""
    accruals = dict(
        Accrual.objects.filter(period=period).values_list("worker").annotate(total=Sum("earned_micro"))
    )
    with connection.cursor() as cursor:
        cursor.execute(_DUE.replace("('work', 'reversal')", "('work')"), {"period": period.pk})
        posted = {row[0]: row[5] for row in cursor.fetchall()}
        cursor.execute(f"SELECT coalesce(sum(amount), 0)::bigint FROM ({_DUE}) due", {"period": period.pk})  # noqa: S608
        due = cursor.fetchone()[0]
    if {worker: total for worker, total in accruals.items() if total} != posted:
        raise LedgerMismatch(f"Period {period.label}: accruals and postings differ. Nothing was closed.")
    if sum(leaf.earned_micro for leaf in leaves) != due:
        raise LedgerMismatch(f"Period {period.label}: its slice and its postings differ. Nothing was closed.")


def _accrued(period: Period) -> int:
    return int(Accrual.objects.filter(period=period).aggregate(total=Sum("earned_micro"))["total"] or 0)


def _spent(period: Period) -> int:
    """Return what the period's entries took from the project: reservation and receivable together."""
    taken = Posting.objects.filter(
        entry__pay_period=period, account__kind__in=[AccountKind.RESERVATION, AccountKind.FUNDER_RECEIVABLE]
    )
    return -int(taken.aggregate(total=Sum("amount_micro"))["total"] or 0)
