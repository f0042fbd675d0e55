"""Payments one by one, for the pages of workers and stewards: what was sent, what the evidence and the worker say.

Reads only. "Paid" is said of what was received and of nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat, Replace

from byhand.accounts.models import User
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
from wages.paying.destinations import details_of
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
    return payments_for(_sent().filter(worker=worker).select_related("batch__project")[:PAGE])


def _sent() -> QuerySet[PayoutLine]:
    rows = PayoutLine.objects.filter(batch__approved_at__isnull=False)
    return rows.select_related("batch", "account__identity", "settlement").order_by(
        "-batch__approved_at", "id"
    )


def payments_for(lines: Iterable[PayoutLine]) -> list[Payment]:
    """Return lines with what became of each: evidence, the worker's word, what was counted."""
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
class Counted:
    """How many payments, and their sum in micro-units."""

    count: int
    micro: int


@dataclass(frozen=True)
class Reconciliation:
    """What was sent in a project against the evidence. `silent`: without any for five days or more.

    Sums are of all payments; lists hold the newest, up to a page.
    """

    sent: Counted
    settled: Counted
    failed: Counted
    by_word: Counted
    unheard: Counted
    silent: list[Payment]
    differing: list[Payment]
    owed_fees: list[Payment]
    unmatched: list[UnmatchedSettlement]
    files: list[SettlementFile]


def reconciliation(project: PaidProject, *, at: datetime) -> Reconciliation:
    """Compare the payments of a project with their evidence and receipts."""
    rows = _sent().filter(batch__project=project)
    silent = rows.filter(settlement__isnull=True, batch__approved_at__lt=at - EVIDENCE_WITHIN)
    files = SettlementFile.objects.filter(project=project).select_related("uploaded_by")
    return Reconciliation(
        sent=_counted(rows),
        settled=_counted(rows.filter(settlement__status="settled")),
        failed=_counted(rows.filter(settlement__status="failed")),
        by_word=_counted(rows.filter(HAS_ARRIVED, settlement__isnull=True)),
        unheard=_counted(silent),
        silent=_page(silent),
        differing=[row for row in _page(rows.filter(_DIFFERS)) if row.differs],
        owed_fees=[row for row in _page(rows.filter(_FEE)) if row.fee_owed_micro],
        unmatched=list(UnmatchedSettlement.objects.filter(project=project).order_by("-id")[:PAGE]),
        files=list(files.order_by("-id")[:50]),
    )


def _entry(verb: str) -> Exists:
    """Whether the line has an entry of that key."""
    line = Replace(
        Cast(OuterRef("pk"), TextField()),
        Value("-", TextField()),
        Value("", TextField()),
        output_field=TextField(),
    )
    return Exists(
        Entry.objects.filter(key=Concat(Value(f"{verb}:", TextField()), line, output_field=TextField()))
    )


_SAID = PayoutReceipt.objects.filter(line=OuterRef("pk"))
HAS_ARRIVED = _entry("received")
"""A line that was counted as received."""
_FEE = Exists(_SAID.filter(fee_micro__gt=0)) & ~_entry("cost:payout")
# any receipt of the line; whether it is the newest one is looked at row by row
_DIFFERS = Exists(
    _SAID.exclude(received_micro=F("line__amount_micro")).exclude(
        received_micro=F("line__amount_micro") - F("fee_micro")
    )
) | (Q(settlement__status="failed") & Exists(_SAID.filter(received_micro__gt=0)))


def _page(rows: QuerySet[PayoutLine]) -> list[Payment]:
    return payments_for(rows.select_related("worker")[:PAGE])


def _counted(rows: QuerySet[PayoutLine]) -> Counted:
    found = rows.order_by().aggregate(count=Count("pk"), micro=Coalesce(Sum("amount_micro"), 0))
    return Counted(found["count"], found["micro"])
