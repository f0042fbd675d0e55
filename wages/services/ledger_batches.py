"""Many entries of one kind at once, one a worker, for closing a period. Each is posted once by its key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from byhand.accounts.models import User
from byhand.errors import Invalid
from wages.models import AccountKind, EntryKind, LedgerAccount, PaidProject, Period
from wages.reservation import left_micro
from wages.services.ledger import project_account

_ACCOUNTS = """
INSERT INTO wages_ledgeraccount (kind, project_id, worker_id, currency, simulated)
SELECT kind, project.id, worker_id, currency, simulated
FROM wages_paidproject project, unnest(%(workers)s::bigint[]) AS batch (worker_id),
    unnest(%(kinds)s::text[]) AS wanted (kind)
WHERE project.id = %(project)s AND NOT EXISTS (
    SELECT 1 FROM wages_ledgeraccount kept WHERE kept.project_id = %(project)s AND kept.worker_id = batch.worker_id
      AND kept.kind = wanted.kind)
ON CONFLICT DO NOTHING
"""
_POST = """
WITH line AS MATERIALIZED (
    SELECT * FROM unnest(%(keys)s::text[], %(debits)s::bigint[], %(credits)s::bigint[], %(amounts)s::bigint[],
                         %(reasons)s::text[]) AS line (key, debit, credit, amount, reason)
), made AS (
    INSERT INTO wages_entry (kind, key, project_id, simulated, pay_period_id, reason, actor_id, at)
    SELECT %(kind)s, key, project.id, project.simulated, %(period)s, line.reason, %(actor)s, %(at)s
    FROM line, wages_paidproject project WHERE project.id = %(project)s
    ON CONFLICT (key) DO NOTHING RETURNING id, key
), posted AS (
    INSERT INTO wages_posting (entry_id, account_id, amount_micro, currency, simulated)
    SELECT made.id, leg.account, leg.amount, project.currency, project.simulated
    FROM made JOIN line USING (key) JOIN wages_paidproject project ON project.id = %(project)s,
    LATERAL (VALUES (line.debit, -line.amount), (line.credit, line.amount)) AS leg (account, amount)
)
SELECT key, id FROM made
"""


@dataclass(frozen=True)
class Line:
    """`amount_micro` out of one account and into another; below zero: the other way round."""

    key: str
    debit: int
    credit: int
    amount_micro: int
    reason: str = ""


@dataclass(frozen=True)
class Due:
    """What the project owes one worker beside accrued work, above 0."""

    worker_id: int
    amount_micro: int
    key: str
    reason: str = ""


def accounts_of(
    project_id: UUID, workers: Sequence[int], kinds: Sequence[AccountKind]
) -> dict[tuple[int, str], int]:
    """Return the ids of the workers' accounts by (worker, kind), made where they lack."""
    values: dict[str, Any] = {
        "project": project_id,
        "workers": list(workers),
        "kinds": [kind.value for kind in kinds],
    }
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, values)
    rows = LedgerAccount.objects.filter(project_id=project_id, worker_id__in=workers, kind__in=kinds)
    return {(worker, kind): pk for worker, kind, pk in rows.values_list("worker_id", "kind", "pk")}


def post_lines(
    *,
    project: PaidProject,
    kind: EntryKind,
    lines: Sequence[Line],
    pay_period: Period | None,
    at: datetime,
    actor: User | None = None,
) -> dict[str, int]:
    """Post one entry a line in the caller's transaction; return the ids of the new ones by key.

    A key that is there already posts nothing again.
    """
    moved = [line for line in lines if line.amount_micro]
    if not moved:
        return {}
    values: dict[str, Any] = {
        "kind": kind.value,
        "project": project.pk,
        "period": pay_period.pk if pay_period else None,
        "actor": actor.pk if actor else None,
        "at": at,
        "keys": [line.key for line in moved],
        "debits": [line.debit for line in moved],
        "credits": [line.credit for line in moved],
        "amounts": [line.amount_micro for line in moved],
        "reasons": [line.reason for line in moved],
    }
    with connection.cursor() as cursor:
        cursor.execute(_POST, values)
        return dict(cursor.fetchall())


def charge_workers(
    *,
    project: PaidProject,
    kind: EntryKind,
    dues: Sequence[Due],
    pay_period: Period,
    at: datetime,
    actor: User | None = None,
) -> dict[str, int]:
    """Pay each due out of the reservation while it covers them in their order, else against what the funder owes."""
    if any(due.amount_micro <= 0 for due in dues):
        raise Invalid("amount_micro: above 0; what was charged too much is reversed.")
    if not dues:
        return {}
    earned = accounts_of(project.pk, [due.worker_id for due in dues], [AccountKind.WORKER_EARNED])
    sources = _sources(project, dues)
    lines = [
        Line(
            due.key,
            sources[due.key],
            earned[due.worker_id, AccountKind.WORKER_EARNED],
            due.amount_micro,
            due.reason,
        )
        for due in dues
    ]
    return post_lines(project=project, kind=kind, lines=lines, pay_period=pay_period, at=at, actor=actor)


def _sources(project: PaidProject, dues: Sequence[Due]) -> Mapping[str, int]:
    reservation = project_account(project.pk, AccountKind.RESERVATION).pk
    receivable = project_account(project.pk, AccountKind.FUNDER_RECEIVABLE).pk
    left, found = left_micro(project.pk), {}
    for due in dues:
        found[due.key] = reservation if left >= due.amount_micro else receivable
        left -= due.amount_micro
    return found
