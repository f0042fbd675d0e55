"""Entries that are not the clock's: posted once by their key, corrected by reversing, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Sum

from byhand.accounts.models import User
from wages.errors import KeyReused, NotReversible
from wages.models import AccountKind, Entry, EntryKind, LedgerAccount, PaidProject, Period, Posting
from wages.services.opening import account, ensure_period

_ENTRY = """
INSERT INTO wages_entry (kind, key, project_id, simulated, pay_period_id, reverses_id, reason, actor_id, at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())
ON CONFLICT (key) DO NOTHING RETURNING id
"""


def project_account(project_id: UUID, kind: AccountKind) -> LedgerAccount:
    """Return an account of the project, made on first use."""
    return account(project_id, kind)


def balance(of: LedgerAccount) -> int:
    """Return the sum of the account's postings. There is no stored balance that could disagree."""
    return int(Posting.objects.filter(account=of).aggregate(total=Sum("amount_micro"))["total"] or 0)


def post(
    *,
    project: PaidProject,
    kind: EntryKind,
    key: str,
    legs: Mapping[LedgerAccount, int],
    actor: User | None = None,
    reason: str = "",
    pay_period: Period | None = None,
    reverses: Entry | None = None,
) -> Entry:
    """Post one entry in the caller's transaction. The same key with the same legs returns the first entry.

    `legs` maps accounts to what is put into them; they add up to zero. Raises KeyReused for other legs.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _ENTRY,
            [
                kind.value,
                key,
                project.pk,
                project.simulated,
                pay_period.pk if pay_period else None,
                reverses.pk if reverses else None,
                reason,
                actor.pk if actor else None,
            ],
        )
        made = cursor.fetchone()
    if made is None:
        entry = Entry.objects.get(key=key)
        first = dict(entry.postings.values_list("account_id", "amount_micro"))
        if first != {leg.pk: amount for leg, amount in legs.items()}:
            raise KeyReused(f"The key {key!r} was used for other amounts already.")
        return entry
    entry = Entry.objects.get(pk=made[0])
    Posting.objects.bulk_create(
        Posting(
            entry=entry,
            account=leg,
            amount_micro=amount,
            currency=project.currency,
            simulated=project.simulated,
        )
        for leg, amount in legs.items()
    )
    return entry


def settle_owed(project: PaidProject, *, key: str) -> Entry | None:
    """Bring reservation and receivable in line: money that is there covers what is owed, what lacks is owed.

    The caller holds the project's lock. Posts nothing when nothing is to be moved.
    """
    reservation = project_account(project.pk, AccountKind.RESERVATION)
    receivable = project_account(project.pk, AccountKind.FUNDER_RECEIVABLE)
    held, owed = balance(reservation), -balance(receivable)
    moved = min(held, owed) if held > 0 else held
    if moved == 0 or (held > 0 and owed <= 0):
        return None
    return post(
        project=project, kind=EntryKind.SETTLE_OWED, key=key, legs={reservation: -moved, receivable: moved}
    )


@transaction.atomic
def mirror(*, entry: Entry, actor: User, reason: str) -> Entry:
    """Post the opposite of a payment for work, once, into the open period.

    The original stays, and so does the recorded time. Who may do this, and when, is decided in `services.cuts`.
    """
    legs = {posting.account: -posting.amount_micro for posting in entry.postings.select_related("account")}
    return post(
        project=entry.project,
        kind=EntryKind.REVERSAL,
        key=f"reverse:{entry.pk}",
        legs=legs,
        actor=actor,
        reason=reason,
        pay_period=_open_period(entry),
        reverses=entry,
    )


def _open_period(entry: Entry) -> Period:
    """Return the period that takes the correction: the entry's own while it is open, else the next open one."""
    if entry.interval is None:
        raise NotReversible("Only a payment for work can be reversed.")
    until = entry.interval.period.upper
    ensure_period(entry.project_id, until)
    # the share lock is what close_period waits for: the correction is in the slice, or in the next one
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id FROM wages_period WHERE project_id = %s AND closing_at IS NULL AND ends >= %s
               ORDER BY starts LIMIT 1 FOR SHARE""",
            [entry.project_id, until],
        )
        row = cursor.fetchone()
    if row is None:
        raise NotReversible("The pay period is being closed right now; try again.")
    return Period.objects.get(pk=row[0])
