"""What stewards and engineers set before anyone is asked to work: the paid project, its payer, its rate."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from byhand.accounts.models import Organisation, User
from byhand.audit.services import record
from byhand.errors import Invalid
from byhand.money import UnknownCurrency, exponent
from wages.errors import NotPublishable, SimulatedMix
from wages.models import PaidProject, RateCard
from wages.rates.publishing import problems
from wages.rates.readiness import readiness
from wages.services.acting import database_now, locked_project, require_member
from wages.services.deposits import approve_deposit, deposit, fund_simulated
from wages.services.opening import ensure_accounts
from wages.services.payers import name_payer
from wages.services.rate_cards import LARGEST_HOURLY_MICRO, set_rate_card
from wages.services.terms import set_terms

__all__ = [
    "approve_deposit",
    "database_now",
    "deposit",
    "fund_simulated",
    "has_rate_card",
    "locked_project",
    "name_payer",
    "register_project",
    "require_publishable",
    "set_rate_card",
    "set_terms",
]


@transaction.atomic
def register_project(
    *,
    actor: User,
    project_id: UUID,
    organisation: Organisation,
    title: str,
    currency: str,
    simulated: bool,
    declared_floor_micro: int,
) -> PaidProject:
    """Make the paid side of a project, with its accounts. Registering the same values again returns the row.

    `declared_floor_micro` is the lowest hourly rate that the funder declares; currency and `simulated` are final.
    """
    require_member(actor, organisation.pk)
    found = []
    try:
        exponent(currency)
    except UnknownCurrency as error:
        found.append(f"currency: {error}")
    if not 0 <= declared_floor_micro <= LARGEST_HOURLY_MICRO:
        found.append("declared_floor_micro: an hourly amount of at least 0.")
    if not title.strip() or len(title) > 200:
        found.append("title: 1 to 200 characters.")
    if found:
        raise Invalid("This project can't be registered.", found)
    if simulated != organisation.simulated:
        raise SimulatedMix(
            "A simulated project belongs to a simulated organisation, and no other project does."
        )
    values = {
        "organisation_id": organisation.pk,
        "title": title.strip(),
        "currency": currency,
        "simulated": simulated,
        "declared_floor_micro": declared_floor_micro,
    }
    project, made = PaidProject.objects.get_or_create(pk=project_id, defaults=values)
    if made:
        ensure_accounts(project_id)
        record(actor_id=actor.pk, action="wages.register_project", subject=f"project:{project_id}")
    elif any(getattr(project, name) != value for name, value in values.items()):
        raise Invalid("This project is registered with other values already.")
    return project


def has_rate_card(project_id: UUID) -> bool:
    """Return whether a rate was ever set for the project."""
    return RateCard.objects.filter(project_id=project_id).exists()


def require_publishable(
    *, project_id: UUID, ballots_wanted: int, lease_ms: int, at: datetime | None = None
) -> None:
    """Raise NotPublishable with every reason and its figures, unless the project may be published."""
    project = PaidProject.objects.filter(pk=project_id).first()
    if project is None:
        raise NotPublishable(
            "This project is not registered for pay.", ["It has no currency, payer or rate yet."]
        )
    found = problems(readiness(project, ballots_wanted, lease_ms, at or database_now()))
    if found:
        raise NotPublishable("This project can't be published yet.", found)
