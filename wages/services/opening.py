"""Makes what paying needs and a first payment may lack: the accounts of a project and worker, the open period."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from wages.models import AccountKind, LedgerAccount, Period
from wages.rules import week_start

_ACCOUNTS = """
INSERT INTO wages_ledgeraccount (kind, project_id, worker_id, currency, simulated)
SELECT wanted.kind, project.id, wanted.worker_id, project.currency, project.simulated
FROM wages_paidproject project, (VALUES
    ('funding', NULL), ('reservation', NULL), ('funder_receivable', NULL),
    ('worker_earned', %(worker)s), ('worker_payable', %(worker)s)) AS wanted (kind, worker_id)
WHERE project.id = %(project)s AND (wanted.worker_id IS NOT NULL OR wanted.kind NOT LIKE 'worker_%%')
ON CONFLICT DO NOTHING
"""
_ACCOUNT = """
INSERT INTO wages_ledgeraccount (kind, project_id, worker_id, currency, simulated)
SELECT %(kind)s, id, %(worker)s::bigint, currency, simulated FROM wages_paidproject WHERE id = %(project)s
ON CONFLICT DO NOTHING
"""
_PERIOD = """
INSERT INTO wages_period (project_id, starts, ends, label, root)
SELECT %(project)s, %(starts)s, %(ends)s,
       %(week)s || CASE WHEN count(*) = 0 THEN '' ELSE '.' || count(*) + 1 END, ''
FROM wages_period WHERE project_id = %(project)s AND (label = %(week)s OR label LIKE %(week)s || '.%%')
ON CONFLICT DO NOTHING
"""


def ensure_accounts(project_id: UUID, worker_id: int | None = None) -> None:
    """Make the accounts of the project and, where given, of the worker in it, unless they are there."""
    with connection.cursor() as cursor:
        cursor.execute(
            _ACCOUNTS.replace("%(worker)s", "%(worker)s::bigint"),
            {"project": project_id, "worker": worker_id},
        )


def account(project_id: UUID, kind: AccountKind, worker_id: int | None = None) -> LedgerAccount:
    """Return one account of the project, or of a worker in it, made on first use."""
    found = LedgerAccount.objects.filter(project_id=project_id, kind=kind, worker_id=worker_id)
    kept = found.first()
    if kept is None:
        with connection.cursor() as cursor:
            cursor.execute(_ACCOUNT, {"kind": kind.value, "project": project_id, "worker": worker_id})
        kept = found.get()
    return kept


def ensure_period(project_id: UUID, until: datetime) -> None:
    """Make an open period that can take work ending at `until`, unless one is there.

    That is the week of `until`; if its end was closed already, the next period after the last one.
    """
    periods = Period.objects.filter(project_id=project_id)
    if periods.filter(closing_at__isnull=True, ends__gte=until).exists():
        return
    last = periods.order_by("-ends").values_list("ends", flat=True).first()
    # an interval that ends on Monday 00:00 belongs to the week before
    inside = until - timedelta(milliseconds=1)
    if last is not None and last >= until:
        inside = last
    starts = max(week_start(inside), last) if last is not None else week_start(inside)
    ends = week_start(inside) + timedelta(days=7)
    year, week, _day = inside.isocalendar()
    with connection.cursor() as cursor:
        cursor.execute(
            _PERIOD, {"project": project_id, "starts": starts, "ends": ends, "week": f"{year}-W{week:02d}"}
        )
