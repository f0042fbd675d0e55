"""Evidence of what became of sent pay: a file is read whole, compared line by line, and taken in whole or not at all.

Settled: sent -> received. Failed: sent -> payable, the worker is told, and the next batch has it again. A fee is the
funder's. What names no line of the project is refused and remembered, so that nothing unmatched is lost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from byhand.accounts.models import User
from byhand.accounts.selectors import require_steward
from byhand.accounts.services import send_message
from byhand.audit.services import record
from byhand.money import format_money
from wages.errors import SettlementRefused
from wages.models import (
    AccountKind,
    EntryKind,
    PaidProject,
    PayoutLine,
    Settlement,
    SettlementEvidence,
    SettlementFile,
    UnmatchedSettlement,
)
from wages.paying.files_in import MOST_PROBLEMS, Parser, Row, parse_csv
from wages.paying.files_out import decimal
from wages.services.charging import charge
from wages.services.ledger import project_account
from wages.services.projects import database_now, locked_project

# a day is the bank's own: the world's calendars are up to 12 hours behind and 14 ahead of ours
DAY_BEHIND, DAY_AHEAD = timedelta(hours=12), timedelta(hours=14)

_ACCOUNTS = """
INSERT INTO wages_ledgeraccount (kind, project_id, worker_id, currency, simulated)
SELECT 'worker_received', project.id, line.worker_id, line.currency, line.simulated
FROM wages_settlement settled JOIN wages_payoutline line ON line.id = settled.line_id
JOIN wages_paidproject project ON project.id = %(project)s WHERE settled.file_id = %(file)s
ON CONFLICT DO NOTHING
"""
# settled moves on to received, failed goes back to payable; what a receipt has counted already stays counted
_POST = """
WITH line AS (
    SELECT line.*, replace(line.id::text, '-', '') AS hex,
           CASE settled.status WHEN 'settled' THEN 'received' ELSE 'returned' END AS kind,
           CASE settled.status WHEN 'settled' THEN 'worker_received' ELSE 'worker_payable' END AS credit
    FROM wages_settlement settled JOIN wages_payoutline line ON line.id = settled.line_id
    WHERE settled.file_id = %(file)s
      AND NOT EXISTS (SELECT 1 FROM wages_entry WHERE key = 'received:' || replace(line.id::text, '-', ''))
), made AS (
    INSERT INTO wages_entry (kind, key, project_id, simulated, reason, actor_id, at)
    SELECT kind, kind || ':' || hex, %(project)s, simulated, '', %(actor)s, %(at)s FROM line ORDER BY hex
    RETURNING id, key
)
INSERT INTO wages_posting (entry_id, account_id, amount_micro, currency, simulated)
SELECT made.id, account.id, leg.amount, line.currency, line.simulated
FROM made JOIN line ON made.key = line.kind || ':' || line.hex
CROSS JOIN LATERAL (VALUES ('worker_sent', -line.amount_micro), (line.credit, line.amount_micro)) AS leg (kind, amount)
JOIN wages_ledgeraccount account ON account.project_id = %(project)s AND account.kind = leg.kind
    AND account.worker_id = line.worker_id
"""


@dataclass
class _Compared:
    """A file against the lines that were sent: what is new in it, and what is wrong."""

    fresh: list[tuple[Row, PayoutLine]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    unmatched: list[Row] = field(default_factory=list)


class _Unmatched(SettlementRefused):
    """Carries the rows that named no line out of the transaction that is rolled back."""

    def __init__(self, problems: list[str], rows: list[Row]) -> None:
        super().__init__("Nothing was taken from this file.", problems)
        self.rows = rows


def settle(
    *,
    actor: User,
    project_id: UUID,
    content: bytes,
    at: datetime | None = None,
    parser: Parser = parse_csv,
) -> SettlementFile:
    """Take in a settlement file of a project and return its row; the same file again changes nothing.

    Raises SettlementRefused with every problem by line and field; then nothing is posted and no file is kept.
    """
    try:
        with transaction.atomic():
            return _take_in(actor, project_id, content, at, parser)
    except _Unmatched as refused:
        _remember(actor, project_id, content, refused.rows)
        raise


def _take_in(
    actor: User, project_id: UUID, content: bytes, at: datetime | None, parser: Parser
) -> SettlementFile:
    project = locked_project(project_id)
    require_steward(actor, project.organisation_id)
    sha256 = hashlib.sha256(content).hexdigest()
    known = SettlementFile.objects.filter(project=project, sha256=sha256).first()
    if known is not None:
        return known
    parsed, now = parser(content, project.currency), at or database_now()
    if parsed.problems:
        raise SettlementRefused("Nothing was taken from this file.", _first(parsed.problems))
    compared = _compare(project, actor, parsed.rows, now)
    if compared.problems:
        raise _Unmatched(_first(compared.problems), compared.unmatched)
    kept = SettlementFile.objects.create(
        project=project, sha256=sha256, size=len(content), uploaded_by=actor, uploaded_at=now
    )
    SettlementEvidence.objects.create(file=kept, content=content)
    _write(project, actor, kept, compared.fresh, now)
    record(
        actor_id=actor.pk,
        action="wages.settle",
        subject=f"settlement_file:{kept.pk}",
        lines=len(compared.fresh),
    )
    return kept


def _compare(project: PaidProject, actor: User, rows: Sequence[Row], now: datetime) -> _Compared:
    lines = {
        line.key: line
        for line in PayoutLine.objects.filter(
            batch__project=project, batch__approved_at__isnull=False, pk__in=[UUID(row.key) for row in rows]
        ).select_related("batch", "settlement", "worker")
    }
    compared, seen = _Compared(), dict[str, int]()
    for row in rows:
        line = lines.get(row.key)
        if row.key in seen:
            compared.problems.append(f"line {row.line}: key: the same as in line {seen[row.key]}.")
        elif line is None:
            compared.problems.append(f"line {row.line}: key: no payment of this project.")
            compared.unmatched.append(row)
        elif found := _differences(row, line, actor, now):
            compared.problems += [f"line {row.line}: {problem}" for problem in found]
        elif not hasattr(line, "settlement"):
            compared.fresh.append((row, line))
        seen.setdefault(row.key, row.line)
    return compared


def _differences(row: Row, line: PayoutLine, actor: User, now: datetime) -> list[str]:
    found = []
    if line.worker_id == actor.pk:
        found.append("key: your own pay; another steward uploads its evidence.")
    if row.amount_micro != line.amount_micro:
        found.append(f"amount: {decimal(line.amount_micro, line.currency)} was sent.")
    sent = line.batch.approved_at or now
    if row.settled_on < (sent - DAY_BEHIND).date():
        found.append(f"settled_on: before it was sent, on {sent:%Y-%m-%d}.")
    if row.settled_on > (now + DAY_AHEAD).date():
        found.append("settled_on: a day that has not come yet.")
    if hasattr(line, "settlement") and _said(line.settlement) != (
        row.status,
        row.fee_micro,
        row.settled_on,
        row.reference,
        row.reason,
    ):
        found.append(
            f"status: {line.settlement.status} on {line.settlement.settled_on} already, as evidenced."
        )
    return found


def _said(kept: Settlement) -> tuple[object, ...]:
    return (kept.status, kept.fee_micro, kept.settled_on, kept.reference, kept.reason)


def _write(
    project: PaidProject,
    actor: User,
    file: SettlementFile,
    fresh: Sequence[tuple[Row, PayoutLine]],
    now: datetime,
) -> None:
    Settlement.objects.bulk_create(
        (
            Settlement(
                line=line,
                file=file,
                status=row.status,
                fee_micro=row.fee_micro,
                settled_on=row.settled_on,
                reference=row.reference,
                reason=row.reason,
                at=now,
            )
            for row, line in fresh
        ),
        batch_size=1000,
    )
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, {"project": project.pk, "file": file.pk})
        cursor.execute(_POST, {"project": project.pk, "file": file.pk, "actor": actor.pk, "at": now})
    if fees := sum(row.fee_micro for row, _line in fresh):
        charge(
            project=project,
            kind=EntryKind.PAYMENT_FEE,
            amount_micro=fees,
            credit=project_account(project.pk, AccountKind.PAYMENT_FEE),
            key=f"fees:{file.sha256}:{project.pk.hex}",
            actor=actor,
        )
    _tell_of_failures((row, line) for row, line in fresh if row.status == "failed")


def _tell_of_failures(failed: Iterable[tuple[Row, PayoutLine]]) -> None:
    for row, line in failed:
        amount = format_money(line.amount_micro, line.currency)
        send_message(
            user=line.worker,
            subject=f"A payment of {amount} did not arrive",
            body=f"It came back: {row.reason} The money is yours and goes out again with the next batch. Please look "
            "whether your account is right.",
            link="/earnings/account/",
        )


def _remember(actor: User, project_id: UUID, content: bytes, rows: Iterable[Row]) -> None:
    sha256 = hashlib.sha256(content).hexdigest()
    UnmatchedSettlement.objects.bulk_create(
        (
            UnmatchedSettlement(
                project_id=project_id,
                sha256=sha256,
                row=row.line,
                key=row.key,
                amount=decimal(row.amount_micro, row.currency),
                currency=row.currency,
                uploaded_by=actor,
            )
            for row in list(rows)[:MOST_PROBLEMS]
        ),
        ignore_conflicts=True,
    )


def _first(problems: Sequence[str]) -> list[str]:
    more = len(problems) - MOST_PROBLEMS
    return [*problems[:MOST_PROBLEMS], *([f"and {more} more."] if more > 0 else [])]
