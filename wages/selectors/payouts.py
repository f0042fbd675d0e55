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

PAY_WITHIN = timedelta(days=7)
"""Pay is to arrive within this time of the close of its period."""

# one pass over the payable accounts in the order of their entries: the payment of a period's pay is the next one after
# it that did not come back. Grouped here, so that what comes out is as short as the list of periods and days
_OF_PERIODS = """
WITH moved AS MATERIALIZED (
    SELECT posting.account_id, posting.amount_micro, entry.id, entry.kind, entry.pay_period_id,
           CASE WHEN entry.kind = 'payout' AND NOT EXISTS (
               SELECT 1 FROM wages_entry back WHERE back.key = 'returned:' || substr(entry.key, 8)) THEN entry.id
           END AS payment
    FROM wages_ledgeraccount account
    JOIN wages_posting posting ON posting.account_id = account.id
    JOIN wages_entry entry ON entry.id = posting.entry_id AND entry.kind IN ('period', 'payout')
    WHERE account.project_id = ANY(%(projects)s) AND account.kind = 'worker_payable'
), paid AS (
    SELECT *, min(payment) OVER (PARTITION BY account_id ORDER BY id
                                 ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS sent_id FROM moved
)
SELECT period.id, period.ends, period.closed_at, sum(paid.amount_micro)::bigint, count(*), sent_id IS NOT NULL,
       arrived.key IS NOT NULL, arrived.day
FROM paid JOIN wages_period period ON period.id = paid.pay_period_id AND period.closed_at IS NOT NULL
LEFT JOIN LATERAL (
    SELECT received.key, coalesce(
        (SELECT settled_on FROM wages_settlement WHERE line_id = substr(sent.key, 8)::uuid AND status = 'settled'),
        (SELECT received_on FROM wages_payoutreceipt WHERE line_id = substr(sent.key, 8)::uuid
         ORDER BY id DESC LIMIT 1),
        (received.at AT TIME ZONE 'UTC')::date) AS day
    FROM wages_entry sent JOIN wages_entry received ON received.key = 'received:' || substr(sent.key, 8)
    WHERE sent.id = sent_id
) arrived ON true
WHERE paid.kind = 'period'
GROUP BY period.id, sent_id IS NOT NULL, arrived.key IS NOT NULL, arrived.day
"""


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
    ends, closed_at, amount, payments, sent, received, day = row
    pay.payable_micro += amount
    pay.payments += payments
    pay.sent_micro += amount if sent else 0
    pay.received_micro += amount if received else 0
    last_day: date = (closed_at + PAY_WITHIN).date()
    if received:
        pay.days.extend([max(0, (day - ends.date()).days)] * payments)
        pay.late += payments * (day > last_day)
    else:
        pay.overdue += payments * (at > closed_at + PAY_WITHIN)


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
