"""Posts what the evidence says: settled moves sent -> received, failed moves sent -> payable, fees are the funder's.

Called by `settling`, which holds the project's lock and has compared each row with its line.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from byhand.accounts.models import User
from byhand.accounts.services import Letter, send_messages
from byhand.money import format_money
from wages.models import AccountKind, EntryKind, PaidProject, PayoutLine, Settlement, SettlementFile
from wages.paying.files_in import Row
from wages.services.charging import charge
from wages.services.ledger import project_account

_ACCOUNTS = """
INSERT INTO wages_ledgeraccount (kind, project_id, worker_id, currency, simulated)
SELECT 'worker_received', project.id, line.worker_id, line.currency, line.simulated
FROM wages_settlement settled JOIN wages_payoutline line ON line.id = settled.line_id
JOIN wages_paidproject project ON project.id = %(project)s WHERE settled.file_id = %(file)s
ON CONFLICT DO NOTHING
"""
_LINES = """
SELECT line.*, kind || ':' || hex AS key, kind, credit
FROM wages_settlement settled JOIN wages_payoutline line ON line.id = settled.line_id,
LATERAL (SELECT replace(line.id::text, '-', '') AS hex) named,
LATERAL (SELECT CASE settled.status WHEN 'settled' THEN 'received' ELSE 'returned' END AS kind,
                CASE settled.status WHEN 'settled' THEN 'worker_received' ELSE 'worker_payable' END AS credit) moved
WHERE settled.file_id = %(file)s
"""
# settled moves on to received, failed goes back to payable; what a receipt has counted already stays counted
_ENTRIES = f"""
INSERT INTO wages_entry (kind, key, project_id, simulated, reason, actor_id, at)
SELECT kind, key, %(project)s, simulated, '', %(actor)s, %(at)s FROM ({_LINES}) line
WHERE NOT EXISTS (SELECT 1 FROM wages_entry WHERE key = 'received:' || replace(line.id::text, '-', '')) ORDER BY key
"""  # noqa: S608
_POSTINGS = f"""
INSERT INTO wages_posting (entry_id, account_id, amount_micro, currency, simulated)
SELECT entry.id, account.id, CASE account.kind WHEN 'worker_sent' THEN -line.amount_micro ELSE line.amount_micro END,
       line.currency, line.simulated
FROM ({_LINES}) line JOIN wages_entry entry ON entry.key = line.key
JOIN wages_ledgeraccount account ON account.project_id = %(project)s AND account.worker_id = line.worker_id
    AND account.kind IN ('worker_sent', line.credit)
WHERE NOT EXISTS (SELECT 1 FROM wages_posting WHERE entry_id = entry.id)
"""  # noqa: S608


def post_outcomes(
    project: PaidProject,
    file: SettlementFile,
    fresh: Sequence[tuple[Row, PayoutLine]],
    *,
    actor: User,
    at: datetime,
) -> None:
    """Keep the outcomes of a file and post each once; one charge for all fees, and a message for each failure."""
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
                at=at,
            )
            for row, line in fresh
        ),
        batch_size=1000,
    )
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, {"project": project.pk, "file": file.pk})
        cursor.execute(_ENTRIES, {"project": project.pk, "file": file.pk, "actor": actor.pk, "at": at})
        cursor.execute(_POSTINGS, {"project": project.pk, "file": file.pk})
    if fees := sum(row.fee_micro for row, _line in fresh):
        charge(
            project=project,
            kind=EntryKind.PAYMENT_FEE,
            amount_micro=fees,
            credit=project_account(project.pk, AccountKind.PAYMENT_FEE),
            key=f"fees:{file.sha256}:{project.pk.hex}",
            actor=actor,
        )
    failed = (_letter(row, line) for row, line in fresh if row.status == "failed")
    send_messages(failed, link="/earnings/account/")


def _letter(row: Row, line: PayoutLine) -> Letter:
    amount = format_money(line.amount_micro, line.currency)
    return Letter(
        user_id=line.worker_id,
        subject=f"A payment of {amount} did not arrive",
        body=f"It came back: {row.reason} The money is yours and goes out again with the next batch. Please look "
        "whether your account is right.",
    )
