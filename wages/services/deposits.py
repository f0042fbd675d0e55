"""Money into a project's reservation: one steward records it with evidence, another approves it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from byhand.accounts.models import User
from byhand.accounts.selectors import require_steward
from byhand.audit.services import record
from byhand.errors import Invalid, NotFound
from wages.errors import KeyReused, SecondStewardNeeded, SimulatedMix
from wages.models import AccountKind, Deposit, Entry, EntryKind, PaidProject
from wages.services.ledger import post, project_account, settle_owed

LARGEST_DEPOSIT_MICRO = 10**17


@transaction.atomic
def deposit(*, actor: User, project_id: UUID, amount_micro: int, evidence: str, key: str) -> Deposit:
    """Record money that has come in, with its evidence. It counts once another steward approves it.

    The same key with the same content returns the first deposit, however often it is sent.
    """
    project = _project(project_id)
    require_steward(actor, project.organisation_id)
    found = _amount_problems(amount_micro, key)
    if not evidence.strip() or len(evidence) > 500:
        found.append("evidence: 1 to 500 characters, such as the bank's reference.")
    if found:
        raise Invalid("This deposit can't be recorded.", found)
    fresh = Deposit(
        project=project, amount_micro=amount_micro, evidence=evidence.strip(), key=key, created_by=actor
    )
    Deposit.objects.bulk_create([fresh], ignore_conflicts=True)
    kept = Deposit.objects.get(project=project, key=key)
    if (kept.amount_micro, kept.evidence) != (amount_micro, evidence.strip()):
        raise KeyReused(f"The key {key!r} was used for another deposit already.")
    if kept.pk == fresh.pk:
        record(actor_id=actor.pk, action="wages.deposit", subject=f"deposit:{kept.pk}")
    return kept


@transaction.atomic
def approve_deposit(*, actor: User, deposit_id: UUID) -> Deposit:
    """Post a recorded deposit to the reservation; what is owed to the ledger is covered first. Happens once."""
    project = PaidProject.objects.select_for_update(no_key=True).filter(deposits=deposit_id).first()
    if project is None:
        raise NotFound(f"No deposit {deposit_id}.")
    require_steward(actor, project.organisation_id)
    kept = Deposit.objects.get(pk=deposit_id)
    if kept.approved_at is not None:
        return kept
    if kept.created_by_id == actor.pk:
        raise SecondStewardNeeded(
            "Another steward approves this deposit: nobody approves what they recorded."
        )
    entry = _post_deposit(project, amount_micro=kept.amount_micro, key=f"deposit:{kept.pk}", actor=actor)
    Deposit.objects.filter(pk=kept.pk).update(approved_by=actor, approved_at=Now(), entry=entry)
    record(actor_id=actor.pk, action="wages.approve_deposit", subject=f"deposit:{kept.pk}", entry=entry.pk)
    kept.refresh_from_db()
    return kept


@transaction.atomic
def fund_simulated(*, project_id: UUID, amount_micro: int, key: str) -> Entry:
    """Put pretend money into a simulated project, marked as such. Refused for any other project."""
    project = PaidProject.objects.select_for_update(no_key=True).filter(pk=project_id).first()
    if project is None:
        raise NotFound(f"No paid project {project_id}.")
    if not project.simulated:
        raise SimulatedMix("Only a simulated project takes simulated money. Record a deposit instead.")
    found = _amount_problems(amount_micro, key)
    if found:
        raise Invalid("This deposit can't be recorded.", found)
    return _post_deposit(project, amount_micro=amount_micro, key=f"simulated:{project.pk}:{key}", actor=None)


def _post_deposit(project: PaidProject, *, amount_micro: int, key: str, actor: User | None) -> Entry:
    legs = {
        project_account(project.pk, AccountKind.FUNDING): -amount_micro,
        project_account(project.pk, AccountKind.RESERVATION): amount_micro,
    }
    entry = post(project=project, kind=EntryKind.DEPOSIT, key=key, legs=legs, actor=actor)
    settle_owed(project, key=f"settle:{entry.pk}")
    return entry


def _amount_problems(amount_micro: int, key: str) -> list[str]:
    found = []
    if not 0 < amount_micro <= LARGEST_DEPOSIT_MICRO:
        found.append("amount_micro: above 0.")
    if not 0 < len(key) <= 100:
        found.append("key: 1 to 100 characters.")
    return found


def _project(project_id: UUID) -> PaidProject:
    project = PaidProject.objects.filter(pk=project_id).first()
    if project is None:
        raise NotFound(f"No paid project {project_id}.")
    return project
