"""Charges to a project: money that its reservation pays beside accrued time, to a worker or to another account.

Owns where such money comes from (the reservation while it covers the amount, else the funder owes it) and in which
open period it is counted. Knows nothing of why a charge is made.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

from byhand.accounts.models import User
from byhand.errors import Invalid
from wages.errors import LedgerMismatch
from wages.models import AccountKind, Entry, EntryKind, LedgerAccount, PaidProject, Period
from wages.reservation import left_micro
from wages.services.ledger import post, project_account
from wages.services.opening import account, ensure_period

# the share lock is what beginning a close waits for: the charge is in the slice, or in the next one
_OPEN = """
SELECT id FROM wages_period WHERE project_id = %s AND closing_at IS NULL AND ends >= %s
ORDER BY starts LIMIT 1 FOR SHARE
"""


def charge(
    *,
    project: PaidProject,
    kind: EntryKind,
    amount_micro: int,
    credit: LedgerAccount,
    key: str,
    actor: User | None = None,
    reason: str = "",
    pay_period: Period | None = None,
) -> Entry:
    """Take `amount_micro` (above 0) from the project and put it into `credit`; in the caller's transaction.

    The same key with the same credit returns the first entry, whichever side paid it. Kinds that are part of a period
    need `pay_period`, from `open_period`. Raises Invalid for an amount of 0 or less, KeyReused for other content.
    """
    if amount_micro <= 0:
        raise Invalid("amount_micro: above 0; what was charged too much is reversed.")
    source = _first_source(key) or _source(project.pk, amount_micro)
    return post(
        project=project,
        kind=kind,
        key=key,
        legs={source: -amount_micro, credit: amount_micro},
        actor=actor,
        reason=reason,
        pay_period=pay_period,
    )


def worker_account(project_id: UUID, worker_id: int, kind: AccountKind) -> LedgerAccount:
    """Return an account of a worker in a project, made on first use."""
    return account(project_id, kind, worker_id)


def open_period(project_id: UUID, until: datetime) -> Period:
    """Return the open period that takes what ended at `until`, locked FOR SHARE until the transaction ends.

    That is the period of `until` while it is open, else the next one that is.
    """
    # a close may win the race for the period once or twice; a third miss means that something is broken
    for _attempt in range(3):
        ensure_period(project_id, until)
        with connection.cursor() as cursor:
            cursor.execute(_OPEN, [project_id, until])
            row = cursor.fetchone()
        if row is not None:
            return Period.objects.get(pk=row[0])
    raise LedgerMismatch(f"Project {project_id} has no open period and none could be opened.")


def _first_source(key: str) -> LedgerAccount | None:
    """Return the account that an entry with this key was charged to, if there is one."""
    return LedgerAccount.objects.filter(
        postings__entry__key=key, kind__in=[AccountKind.RESERVATION, AccountKind.FUNDER_RECEIVABLE]
    ).first()


def _source(project_id: UUID, amount_micro: int) -> LedgerAccount:
    covered = left_micro(project_id) >= amount_micro
    return project_account(project_id, AccountKind.RESERVATION if covered else AccountKind.FUNDER_RECEIVABLE)
