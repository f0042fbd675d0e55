"""The way of a project's money from its funding to the workers, as the ledger has it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Sum

from wages.models import AccountKind, LedgerAccount, PaidProject, Posting

SHOWN_EVEN_AT_ZERO = frozenset(
    {
        AccountKind.FUNDING,
        AccountKind.RESERVATION,
        AccountKind.WORKER_EARNED,
        AccountKind.WORKER_PAYABLE,
        AccountKind.WORKER_SENT,
        AccountKind.WORKER_RECEIVED,
    }
)
STEPS: tuple[tuple[AccountKind, str, str], ...] = (
    (AccountKind.FUNDING, "Paid in", "by the funder, approved by two stewards"),
    (AccountKind.RESERVATION, "Held in the reservation", "in this platform's own ledger"),
    (AccountKind.FUNDER_RECEIVABLE, "Owed by the funder", "worked and posted beyond the reservation"),
    (AccountKind.VENDOR_MARGIN, "Margin of vendors", "never reached a worker"),
    (AccountKind.PLATFORM_FEE, "Platform fee", "on top of pay"),
    (AccountKind.PAYMENT_FEE, "Payment fees", "on top of pay, borne by the funder"),
    (AccountKind.EMPLOYER_CONTRIBUTIONS, "Employer contributions", "on top of pay"),
    (AccountKind.TAX_WITHHELD, "Tax withheld", "out of pay, to the tax office"),
    (AccountKind.ROUNDING, "Rounding", "up to the minor unit, at payout"),
    (AccountKind.ROYALTY, "Royalties", "counted apart from pay"),
    (AccountKind.WORKER_EARNED, "Earned", "in the period that runs"),
    (AccountKind.WORKER_PAYABLE, "Payable", "in closed periods, not sent"),
    (AccountKind.WORKER_SENT, "Sent", "in a payout file, arrival not attested"),
    (AccountKind.WORKER_RECEIVED, "Received", "settled or confirmed by the worker"),
)


@dataclass(frozen=True)
class Step:
    """Where money lies on its way; `micro` is above zero, what has come in is counted as paid in."""

    label: str
    note: str
    micro: int
    reaches_workers: bool


def money_flow(project: PaidProject) -> list[Step]:
    """Return the steps in their order; those that are empty and rare are left out. One query."""
    rows = Posting.objects.filter(account__project=project).values_list("account__kind")
    balances = dict(rows.annotate(total=Sum("amount_micro")))
    return [
        Step(label, note, abs(balances.get(kind.value, 0)), kind.value.startswith("worker_"))
        for kind, label, note in STEPS
        if balances.get(kind.value) or kind in SHOWN_EVEN_AT_ZERO
    ]


def workers_of(project: PaidProject) -> list[tuple[int, str]]:
    """Return (id, how a steward knows them) of everybody who has an account of pay in the project."""
    accounts = LedgerAccount.objects.filter(project=project, kind=AccountKind.WORKER_EARNED)
    return [
        (worker, email or f"worker {worker}")
        for worker, email in accounts.order_by("worker__email").values_list("worker_id", "worker__email")
        if worker is not None
    ]
