"""Payments one by one, for the pages of workers and stewards: what was sent, what the evidence and the worker say.

Reads only. "Paid" is said of what was received and of nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from byhand.accounts.models import User
from wages.destinations import details_of
from wages.models import (
    Entry,
    PaidProject,
    PayoutLine,
    PayoutReceipt,
    Posting,
    Settlement,
    SettlementFile,
    UnmatchedSettlement,
)
from wages.selectors.payouts import Flow, flow

EVIDENCE_WITHIN = timedelta(days=5)
"""A payment without evidence for longer than this is listed as unmatched."""
PAGE = 200


@dataclass(frozen=True)
class Payment:
    """One line that was sent. `received` and `returned`: it was counted so; `refunded`: its fee was paid back."""

    line: PayoutLine
    masked: str
    settlement: Settlement | None
    receipt: PayoutReceipt | None
    received: bool
    returned: bool
    refunded: bool

    @property
    def state(self) -> str:
        if self.received:
            return "received"
        return "returned" if self.returned else "sent"

    @property
    def received_on(self) -> date | None:
        if self.settlement is not None and self.settlement.status == "settled":
            return self.settlement.settled_on
        return self.receipt.received_on if self.receipt is not None and self.received else None

    @property
    def differs(self) -> bool:
        """Whether the worker's word and the payment or its evidence do not agree."""
        if self.receipt is None:
            return False
        said = (self.receipt.received_micro, self.receipt.received_micro + self.receipt.fee_micro)
        failed = self.settlement is not None and self.settlement.status == "failed"
        return self.receipt.received_micro > 0 if failed else self.line.amount_micro not in said

    @property
    def fee_owed_micro(self) -> int:
        """What the worker says it cost them, not paid back yet."""
        return self.receipt.fee_micro if self.receipt is not None and not self.refunded else 0


def payments_of(worker: User) -> list[Payment]:
    """Return what was sent to a worker, newest first."""
    return _payments(_sent().filter(worker=worker).select_related("batch__project")[:PAGE])


def payments_in(batch_id: UUID) -> list[Payment]:
    """Return the lines of an approved batch, as stewards see them."""
    return _payments(_sent().filter(batch_id=batch_id).select_related("worker"))


def _sent() -> QuerySet[PayoutLine]:
    rows = PayoutLine.objects.filter(batch__approved_at__isnull=False)
    return rows.select_related("batch", "account__identity", "settlement").order_by(
        "-batch__approved_at", "id"
    )


def _payments(lines: Iterable[PayoutLine]) -> list[Payment]:
    rows = list(lines)
    # the newest receipt of each line: later rows replace earlier ones
    receipts = {row.line_id: row for row in PayoutReceipt.objects.filter(line__in=rows).order_by("id")}
    verbs = ("received", "returned", "cost:payout")
    keys = [f"{verb}:{line.key}" for line in rows for verb in verbs]
    done = set(Entry.objects.filter(key__in=keys).values_list("key", flat=True))
    return [
        Payment(
            line,
            known.masked if (known := details_of(line.account)) else "",
            getattr(line, "settlement", None),
            receipts.get(line.pk),
            *(f"{verb}:{line.key}" in done for verb in verbs),
        )
        for line in rows
    ]


@dataclass(frozen=True)
class MyPay:
    """One project of a worker: earned, waiting, on its way, received."""

    project: PaidProject
    flow: Flow


def my_pay(worker: User) -> list[MyPay]:
    """Return what became of all that the worker ever earned, project by project."""
    projects = PaidProject.objects.filter(accounts__worker=worker).distinct().order_by("title", "id")
    found = [MyPay(project, flow(project.pk, worker.pk)) for project in projects]
    return [entry for entry in found if entry.flow.earned_micro]


@dataclass(frozen=True)
class Arrived:
    """One currency of a worker: what is payable, on its way and received. Micro-units."""

    currency: str
    simulated: bool
    waiting_micro: int
    on_the_way_micro: int
    received_micro: int


def arrived(worker: User) -> list[Arrived]:
    """Return what became of a worker's payable pay, by currency. Leaves out what is earned in open periods, whose
    account has a posting for each stretch of time: this stays quick for who has worked for years.
    """
    kinds = ("worker_payable", "worker_sent", "worker_received")
    sums = [Coalesce(Sum("amount_micro", filter=Q(account__kind=kind)), 0) for kind in kinds]
    rows = (
        Posting.objects.filter(account__worker=worker, account__kind__in=kinds)
        .values_list("currency", "simulated")
        .annotate(waiting=sums[0], on_the_way=sums[1], received=sums[2])
        .order_by("currency", "simulated")
    )
    return [Arrived(*row) for row in rows]


@dataclass(frozen=True)
class Reconciliation:
    """What was sent in a project against the evidence. `waiting` is younger than five days, `silent` is older."""

    sent: int
    sent_micro: int
    settled: int
    settled_micro: int
    failed: int
    failed_micro: int
    by_word: int
    by_word_micro: int
    waiting: list[Payment]
    silent: list[Payment]
    differing: list[Payment]
    owed_fees: list[Payment]
    unmatched: list[UnmatchedSettlement]
    files: list[SettlementFile]


def reconciliation(project: PaidProject, *, at: datetime) -> Reconciliation:
    """Compare every payment of a project with its evidence and its receipt."""
    rows = _payments(_sent().filter(batch__project=project).select_related("worker"))
    settled = [row for row in rows if row.settlement is not None and row.settlement.status == "settled"]
    failed = [row for row in rows if row.settlement is not None and row.settlement.status == "failed"]
    silent = [row for row in rows if row.settlement is None]
    by_word = [row for row in silent if row.received]
    old = [row for row in silent if at - (row.line.batch.approved_at or at) > EVIDENCE_WITHIN]
    return Reconciliation(
        *_sum(rows),
        *_sum(settled),
        *_sum(failed),
        *_sum(by_word),
        waiting=[row for row in silent if row not in old],
        silent=old,
        differing=[row for row in rows if row.differs],
        owed_fees=[row for row in rows if row.fee_owed_micro],
        unmatched=list(UnmatchedSettlement.objects.filter(project=project).order_by("-id")[:PAGE]),
        files=list(
            SettlementFile.objects.filter(project=project).select_related("uploaded_by").order_by("-id")[:50]
        ),
    )


def _sum(rows: list[Payment]) -> tuple[int, int]:
    return len(rows), sum(row.line.amount_micro for row in rows)
