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

from django.db import transaction

from byhand.accounts.models import User
from byhand.accounts.selectors import require_steward
from byhand.audit.services import record
from wages.errors import SettlementRefused
from wages.models import (
    PaidProject,
    PayoutLine,
    Settlement,
    SettlementEvidence,
    SettlementFile,
    UnmatchedSettlement,
)
from wages.paying.files_in import MOST_PROBLEMS, Parser, Row, parse_csv
from wages.paying.files_out import decimal
from wages.services.outcomes import post_outcomes
from wages.services.projects import database_now, locked_project

# a day is the bank's own: the world's calendars are up to 12 hours behind and 14 ahead of ours
DAY_BEHIND, DAY_AHEAD = timedelta(hours=12), timedelta(hours=14)


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
    post_outcomes(project, kept, compared.fresh, actor=actor, at=now)
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
        ).select_related("batch", "settlement")
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
