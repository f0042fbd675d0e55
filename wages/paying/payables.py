"""Who in a project has pay that waits to be sent, and whether it can be sent now. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Sum

from wages.cases.cuts_ahead import cuts_ahead
from wages.models import PaidProject, PayoutAccount, Posting
from wages.paying.destinations import current_accounts, identity_of
from wages.paying.lines import Line

NO_ACCOUNT, HELD, OWN = "no_account", "held", "own"


@dataclass(frozen=True)
class Due:
    """One worker's payable in micro-units. `reason` is empty where it can be sent; a dispute never holds pay."""

    worker_id: int
    payable_micro: int
    account: PayoutAccount | None
    reason: str

    @property
    def words(self) -> str:
        """The reason for stewards."""
        if self.reason == HELD and self.account is not None:
            return f"a new account is held until {self.account.held_until:%d %b %Y, %H:%M} UTC"
        return {NO_ACCOUNT: "no account yet", OWN: "your own pay: another steward makes that batch"}.get(
            self.reason, ""
        )


def due(project: PaidProject, *, at: datetime, maker_id: int | None = None) -> list[Due]:
    """Return every payable above zero of the project, by worker; `maker_id` is whose own pay is left to others."""
    payables = payable_of(project.pk)
    accounts = current_accounts(payables, project.currency)
    return [
        Due(
            worker_id,
            micro,
            account := accounts.get(worker_id),
            _reason(worker_id, account, at, maker_id),
        )
        for worker_id, micro in payables.items()
    ]


def payable_of(project_id: UUID) -> dict[int, int]:
    """Return what is payable to each worker of the project and not sent, where it is above zero.

    A cut that was applied after its period closed lowers the next close; it is left out of a payout before that.
    """
    cut = cuts_ahead(project_id)
    rows = (
        Posting.objects.filter(account__project_id=project_id, account__kind="worker_payable")
        .values_list("account__worker_id")
        .annotate(total=Sum("amount_micro"))
        .filter(total__gt=0)
        .order_by("account__worker_id")
    )
    left = {worker: int(total) - cut.get(worker, 0) for worker, total in rows if worker is not None}
    return {worker: micro for worker, micro in left.items() if micro > 0}


def _reason(worker_id: int, account: PayoutAccount | None, at: datetime, maker_id: int | None) -> str:
    if worker_id == maker_id:
        return OWN
    if account is None or identity_of(account) is None:
        return NO_ACCOUNT
    return HELD if at < account.held_until else ""


def stale(lines: Iterable[Line], now_due: Iterable[Due]) -> list[str]:
    """Say of each line that can't be sent as it is what has changed since it was made."""
    found = {entry.worker_id: entry for entry in now_due}
    return [problem for line in lines if (problem := _stale(line, found.get(line.worker_id)))]


def _stale(line: Line, now: Due | None) -> str | None:
    if now is None or now.payable_micro != line.payable_micro:
        return f"line {line.key}: the payable has changed."
    if now.reason or now.account is None or now.account.pk != line.account_id:
        return f"line {line.key}: the account has changed{f' ({now.words})' if now.reason else ''}."
    return None
