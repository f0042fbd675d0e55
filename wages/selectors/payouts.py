"""What became of earned pay: which payment has it, when it arrived, what is late. Reads only.

A payout takes all that is payable to a worker in a project, so what a period's close made payable is in the first
payment after it that did not come back. Closes and approvals hold the project's lock: ids tell their order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from wages.models import PayoutLine, Posting
from wages.paying.paid_out import PAYMENT

PAY_WITHIN = timedelta(days=7)
"""Pay is to arrive within this time of the close of its period."""

_OF_PERIODS = f"""
SELECT period.id, period.ends, period.closed_at, posting.amount_micro, sent.id IS NOT NULL, received.id IS NOT NULL,
       coalesce(settled.settled_on, said.received_on, (received.at AT TIME ZONE 'UTC')::date)
FROM wages_period period
JOIN wages_entry entry ON entry.pay_period_id = period.id AND entry.kind = 'period'
JOIN wages_posting posting ON posting.entry_id = entry.id
JOIN wages_ledgeraccount account ON account.id = posting.account_id AND account.kind = 'worker_payable'
LEFT JOIN LATERAL ({PAYMENT}) sent ON true
LEFT JOIN wages_entry received ON received.key = 'received:' || sent.line
LEFT JOIN wages_settlement settled ON settled.line_id = sent.line::uuid AND settled.status = 'settled'
LEFT JOIN LATERAL (SELECT received_on FROM wages_payoutreceipt receipt
                   WHERE receipt.line_id = sent.line::uuid ORDER BY id DESC LIMIT 1) said ON true
WHERE period.project_id = ANY(%(projects)s) AND period.closed_at IS NOT NULL
"""  # noqa: S608


@dataclass
class PeriodPay:
    """What became of one closed period's pay. Micro-units; `days` are those from its end to each worker's receipt."""

    payable_micro: int = 0
    sent_micro: int = 0
    received_micro: int = 0
    payments: int = 0
    late: int = 0
    overdue: int = 0
    days: list[int] = field(default_factory=list)


def pay_by_period(project_ids: Iterable[UUID], *, at: datetime) -> dict[int, PeriodPay]:
    """Return what became of the pay of each closed period, by period id. `sent` includes what was received."""
    found: dict[int, PeriodPay] = {}
    with connection.cursor() as cursor:
        cursor.execute(_OF_PERIODS, {"projects": list(project_ids)})
        for period_id, *row in cursor.fetchall():
            _add(found.setdefault(period_id, PeriodPay()), row, at)
    return found


def _add(pay: PeriodPay, row: list[Any], at: datetime) -> None:
    ends, closed_at, amount, sent, received, day = row
    pay.payable_micro += amount
    pay.payments += 1
    pay.sent_micro += amount if sent else 0
    pay.received_micro += amount if received else 0
    last_day: date = (closed_at + PAY_WITHIN).date()
    if received:
        pay.days.append(max(0, (day - ends.date()).days))
        pay.late += day > last_day
    else:
        pay.overdue += at > closed_at + PAY_WITHIN


@dataclass(frozen=True)
class Arrival:
    """How long pay takes, over the payments of closed periods: whole days from a period's end to the receipt."""

    payments: int
    received: int
    p50: int | None
    p95: int | None
    late: int
    overdue: int


def arrival(periods: Iterable[PeriodPay]) -> Arrival:
    """Sum up periods: percentiles by nearest rank over what was received; `late` and `overdue` count payments."""
    rows = list(periods)
    days = sorted(day for row in rows for day in row.days)
    return Arrival(
        payments=sum(row.payments for row in rows),
        received=len(days),
        p50=_nearest_rank(days, 50),
        p95=_nearest_rank(days, 95),
        late=sum(row.late for row in rows),
        overdue=sum(row.overdue for row in rows),
    )


def _nearest_rank(values: list[int], percent: int) -> int | None:
    return values[-(-len(values) * percent // 100) - 1] if values else None


@dataclass(frozen=True)
class Flow:
    """Pay of a project, or of one worker in it, in micro-units: all ever earned, of that sent, of that received.

    `waiting` is payable and not sent; `on_the_way` is sent and not received. Rounding up is in sent and received.
    """

    earned_micro: int
    waiting_micro: int
    on_the_way_micro: int
    received_micro: int

    @property
    def sent_micro(self) -> int:
        return self.on_the_way_micro + self.received_micro


def flow(project_id: UUID, worker_id: int | None = None) -> Flow:
    """Return earned, sent and received of a project, or of one worker in it, from the balances of their accounts."""
    postings = Posting.objects.filter(
        account__project_id=project_id, account__kind__startswith="worker_", account__worker__isnull=False
    )
    lines = PayoutLine.objects.filter(batch__project_id=project_id, batch__approved_at__isnull=False)
    if worker_id is not None:
        postings, lines = postings.filter(account__worker_id=worker_id), lines.filter(worker_id=worker_id)
    held = {
        kind: int(total)
        for kind, total in postings.values_list("account__kind").annotate(total=Sum("amount_micro"))
    }
    rounding = lines.aggregate(total=Sum("rounding_micro"))["total"] or 0
    return Flow(
        earned_micro=sum(held.values()) - rounding,
        waiting_micro=held.get("worker_payable", 0),
        on_the_way_micro=held.get("worker_sent", 0),
        received_micro=held.get("worker_received", 0),
    )
