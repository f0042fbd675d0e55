"""Posts an approved batch, payable -> sent, all lines at once, and tells the workers.

Called by the approval alone, which holds the project's lock; what may be approved is decided there.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.db.models import Sum

from byhand.accounts.models import User
from byhand.accounts.services import Letter, send_messages
from byhand.money import format_money
from wages.models import AccountKind, EntryKind, PaidProject, PayoutBatch, PayoutLine
from wages.services.charging import charge
from wages.services.ledger import project_account

# one entry a line, all at once: payable -p, rounding -r, sent +(p + r)
_ACCOUNTS = """
INSERT INTO wages_ledgeraccount (kind, project_id, worker_id, currency, simulated)
SELECT 'worker_sent', batch.project_id, line.worker_id, line.currency, line.simulated
FROM wages_payoutline line JOIN wages_payoutbatch batch ON batch.id = line.batch_id WHERE batch.id = %(batch)s
ON CONFLICT DO NOTHING
"""
_LINES = """
SELECT 'payout:' || replace(line.id::text, '-', '') AS key, line.*, batch.project_id
FROM wages_payoutline line JOIN wages_payoutbatch batch ON batch.id = line.batch_id WHERE batch.id = %(batch)s
"""
_ENTRIES = f"""
INSERT INTO wages_entry (kind, key, project_id, simulated, reason, actor_id, at)
SELECT 'payout', key, project_id, simulated, '', %(actor)s, %(at)s FROM ({_LINES}) line ORDER BY worker_id
"""  # noqa: S608
# joined by keys that are indexed: nothing here depends on what the planner believes of rows just written
_POSTINGS = f"""
INSERT INTO wages_posting (entry_id, account_id, amount_micro, currency, simulated)
SELECT entry.id, account.id, CASE account.kind WHEN 'worker_sent' THEN line.amount_micro ELSE -line.payable_micro END,
       line.currency, line.simulated
FROM ({_LINES}) line JOIN wages_entry entry ON entry.key = line.key
JOIN wages_ledgeraccount account ON account.project_id = line.project_id AND account.worker_id = line.worker_id
    AND account.kind IN ('worker_payable', 'worker_sent')
UNION ALL
SELECT entry.id, %(rounding)s, -line.rounding_micro, line.currency, line.simulated
FROM ({_LINES}) line JOIN wages_entry entry ON entry.key = line.key WHERE line.rounding_micro > 0
"""  # noqa: S608


def send(project: PaidProject, batch: PayoutBatch, *, actor: User, at: datetime) -> None:
    """Post one entry a line, keyed `payout:<key of the line>`, and one for all of the rounding, borne by the funder."""
    added = batch.lines.aggregate(total=Sum("rounding_micro"))["total"]
    rounding = project_account(project.pk, AccountKind.ROUNDING)
    if added:
        charge(
            project=project,
            kind=EntryKind.ROUNDING,
            amount_micro=added,
            credit=rounding,
            key=f"rounding:{batch.pk.hex}",
            actor=actor,
        )
    with connection.cursor() as cursor:
        cursor.execute(_ACCOUNTS, {"batch": batch.pk})
        cursor.execute(_ENTRIES, {"batch": batch.pk, "actor": actor.pk, "at": at})
        cursor.execute(_POSTINGS, {"batch": batch.pk, "rounding": rounding.pk})


def tell(rows: Iterable[PayoutLine]) -> None:
    """Say to each worker what was sent, and ask for the receipt."""
    send_messages((_letter(row) for row in rows), link="/earnings/payments/")


def _letter(row: PayoutLine) -> Letter:
    amount = format_money(row.amount_micro, row.currency)
    return Letter(
        user_id=row.worker_id,
        subject=f"{amount} is on its way",
        body=f"{amount} was sent to your account today (reference Pay {row.key[:8]}). When it has arrived, please "
        "tell us the day and what it cost you: a fee that you had to pay is ours to bear.",
    )
