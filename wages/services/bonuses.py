"""A bonus that a steward grants: extra pay of a running period, with a reason that the worker reads."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from byhand.accounts.models import User
from byhand.accounts.services import send_message
from byhand.audit.services import record
from byhand.errors import Invalid, NotAllowed, NotFound
from byhand.money import format_money
from wages.errors import KeyReused
from wages.models import AccountKind, Entry, EntryKind, LedgerAccount
from wages.services.acting import database_now, stewards_project
from wages.services.charging import charge, open_period, worker_account

LARGEST_BONUS_MICRO = 10**15


@transaction.atomic
def grant_bonus(
    *,
    actor: User,
    project_id: UUID,
    worker: User,
    amount_micro: int,
    reason: str,
    key: str,
    at: datetime | None = None,
) -> Entry:
    """Pay a bonus into the period that runs now, and tell the worker. It counts toward no floor.

    The same key with the same content returns the first entry. Nobody grants a bonus to themselves.
    """
    project = stewards_project(actor, project_id)
    found = _problems(amount_micro, reason, key)
    if found:
        raise Invalid("This bonus can't be granted.", found)
    if worker.pk == actor.pk:
        raise NotAllowed("Nobody decides about their own pay.")
    if not LedgerAccount.objects.filter(project=project, worker=worker).exists():
        raise NotFound("worker: has no time in this project.")
    name, words = f"bonus:{project.pk}:{key}", reason.strip()
    first = Entry.objects.filter(key=name).first()
    if first is not None:
        _require_same(first, worker, amount_micro, words)
        return first
    entry = charge(
        project=project,
        kind=EntryKind.BONUS,
        amount_micro=amount_micro,
        credit=worker_account(project.pk, worker.pk, AccountKind.WORKER_EARNED),
        key=name,
        actor=actor,
        reason=words,
        pay_period=open_period(project.pk, at or database_now()),
    )
    send_message(
        user=worker,
        subject="A bonus for you",
        body=f"{format_money(amount_micro, project.currency, exact=True)} in {project.title}: {words}",
        link="/earnings/",
    )
    record(actor_id=actor.pk, action="wages.grant_bonus", subject=f"entry:{entry.pk}", worker=worker.pk)
    return entry


def _problems(amount_micro: int, reason: str, key: str) -> list[str]:
    found = []
    if not 0 < amount_micro <= LARGEST_BONUS_MICRO:
        found.append("amount_micro: above 0, in micro-units.")
    if not reason.strip() or len(reason) > 500:
        found.append("reason: 1 to 500 characters; the worker reads them.")
    if not 0 < len(key) <= 100:
        found.append("key: 1 to 100 characters.")
    return found


def _require_same(first: Entry, worker: User, amount_micro: int, reason: str) -> None:
    same = first.postings.filter(account__worker=worker, amount_micro=amount_micro).exists()
    if not same or first.reason != reason:
        raise KeyReused("This key was used for another bonus already.")
