"""Reads about payout accounts: the one that counts, its history, and its details while they are not erased."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wages.models import PayoutAccount, PayoutIdentity
from wages.paying.details import Details


@dataclass(frozen=True)
class AccountView:
    """One account as its owner sees it: masked, or blank once the identity is erased."""

    account: PayoutAccount
    masked: str
    current: bool


def current_account(worker_id: int, currency: str) -> PayoutAccount | None:
    """Return the newest account of the worker for pay in `currency`."""
    return current_accounts([worker_id], currency).get(worker_id)


def current_accounts(worker_ids: Iterable[int], currency: str) -> dict[int, PayoutAccount]:
    """Return the newest account of each worker for pay in `currency`."""
    rows = PayoutAccount.objects.filter(worker_id__in=list(worker_ids), currency=currency)
    newest = rows.select_related("identity").order_by("worker_id", "-id").distinct("worker_id")
    return {account.worker_id: account for account in newest}


def identity_of(account: PayoutAccount) -> PayoutIdentity | None:
    """Return the identity behind an account, or None once it was erased."""
    try:
        return account.identity
    except PayoutIdentity.DoesNotExist:
        return None


def details_of(account: PayoutAccount) -> Details | None:
    """Return all details of an account, or None once the identity was erased."""
    known = identity_of(account)
    if known is None:
        return None
    return Details(
        method=account.method,
        currency=account.currency,
        country=account.country,
        holder=known.holder,
        iban=known.iban,
        account_number=known.account_number,
        bank_code=known.bank_code,
        provider=known.provider,
        phone=known.phone,
    )


def account_history(worker_id: int) -> list[AccountView]:
    """Return every account that the worker ever named, newest first."""
    rows = PayoutAccount.objects.filter(worker_id=worker_id).select_related("identity").order_by("-id")
    seen: set[str] = set()
    views = []
    for account in rows:
        known = details_of(account)
        views.append(AccountView(account, known.masked if known else "", account.currency not in seen))
        seen.add(account.currency)
    return views
