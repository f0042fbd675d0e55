"""What stewards and engineers set before anyone is asked to work: the paid project, its payer, its rate."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from byhand.accounts.models import Organisation, User
from byhand.accounts.selectors import is_engineer, is_steward, require_steward
from byhand.audit.services import record
from byhand.errors import Invalid, NotAllowed, NotFound
from byhand.money import UnknownCurrency, exponent, format_money
from wages.errors import NotPublishable, RateOverlaps, SimulatedMix
from wages.models import PaidProject, Payer, RateCard, Relation
from wages.publishing import Readiness, problems
from wages.reservation import left_micro
from wages.services.deposits import approve_deposit, deposit, fund_simulated
from wages.services.opening import ensure_accounts

__all__ = [
    "approve_deposit",
    "deposit",
    "fund_simulated",
    "has_rate_card",
    "name_payer",
    "register_project",
    "require_publishable",
    "set_rate_card",
]

LARGEST_HOURLY_MICRO = 10**15


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
    _require_member(actor, organisation.pk)
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


@transaction.atomic
def name_payer(*, actor: User, project_id: UUID, legal_entity: str, country: str, relation: str) -> Payer:
    """Name who pays and what the workers are to them. Naming the same again changes nothing."""
    project = locked_project(project_id)
    require_steward(actor, project.organisation_id)
    found = []
    if not legal_entity.strip() or len(legal_entity) > 200:
        found.append("legal_entity: 1 to 200 characters.")
    if not (len(country) == 2 and country.isascii() and country.isalpha() and country.isupper()):
        found.append("country: an ISO 3166-1 code of two capital letters, such as KE.")
    if relation not in Relation.values:
        found.append(f"relation: one of {', '.join(Relation.values)}.")
    if found:
        raise Invalid("This payer can't be named.", found)
    named = {"legal_entity": legal_entity.strip(), "country": country, "relation": relation}
    newest = Payer.objects.filter(project=project).order_by("-id").first()
    if newest is not None and all(getattr(newest, name) == value for name, value in named.items()):
        return newest
    payer = Payer.objects.create(project=project, created_by=actor, **named)
    record(actor_id=actor.pk, action="wages.name_payer", subject=f"project:{project_id}", payer=payer.pk)
    return payer


@transaction.atomic
def set_rate_card(
    *,
    actor: User,
    project_id: UUID,
    hourly_micro: int,
    valid_from: datetime | None = None,
    at: datetime | None = None,
) -> RateCard:
    """Set the rate from `valid_from` on (default: now) as a new version; the version before ends there.

    The first version may be set by an engineer, later ones by stewards only. A later version never reaches
    back: work that has begun keeps the version it began under.
    """
    project = locked_project(project_id)
    newest = RateCard.objects.filter(project=project).order_by("-version").first()
    if newest is None:
        _require_member(actor, project.organisation_id)
    else:
        require_steward(actor, project.organisation_id)
    if not 0 <= hourly_micro <= LARGEST_HOURLY_MICRO:
        raise Invalid("hourly_micro: an hourly amount of at least 0, in micro-units.")
    if hourly_micro < project.declared_floor_micro:
        raise Invalid(
            f"hourly_micro: {format_money(hourly_micro, project.currency, exact=True)} an hour is below the declared "
            f"floor of {format_money(project.declared_floor_micro, project.currency, exact=True)}."
        )
    now = at or database_now()
    starts = valid_from or now
    if newest is not None:
        if (
            newest.period.upper is None
            and newest.hourly_micro == hourly_micro
            and newest.period.lower == starts
        ):
            return newest
        if starts < now or starts <= newest.period.lower:
            raise RateOverlaps(
                f"valid_from: {starts.isoformat()} reaches back. Version {newest.version} is in force from "
                f"{newest.period.lower.isoformat()}; a new version begins later, and never before now."
            )
        RateCard.objects.filter(pk=newest.pk).update(period=DateTimeTZRange(newest.period.lower, starts))
    card = RateCard.objects.create(
        project=project,
        version=newest.version + 1 if newest else 1,
        hourly_micro=hourly_micro,
        period=DateTimeTZRange(starts, None),
        created_by=actor,
    )
    record(
        actor_id=actor.pk, action="wages.set_rate_card", subject=f"project:{project_id}", version=card.version
    )
    return card


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
    now = at or database_now()
    cards = RateCard.objects.filter(project=project, period__overlap=DateTimeTZRange(now, None))
    rates = [(f"v{card.version}", card.hourly_micro) for card in cards.order_by("version")]
    in_force = cards.filter(period__contains=now).exists()
    found = problems(
        Readiness(
            currency=project.currency,
            floor_micro=project.declared_floor_micro,
            rates=tuple(rates),
            rate_in_force=in_force,
            payer_named=Payer.objects.filter(project=project).exists(),
            left_micro=left_micro(project_id),
            ballots_wanted=ballots_wanted,
            lease_ms=lease_ms,
        )
    )
    if found:
        raise NotPublishable("This project can't be published yet.", found)


def locked_project(project_id: UUID) -> PaidProject:
    """Lock the project's row against other stewards' acts; work goes on (it takes a key share lock only)."""
    project = PaidProject.objects.select_for_update(no_key=True).filter(pk=project_id).first()
    if project is None:
        raise NotFound(f"No paid project {project_id}.")
    return project


def database_now() -> datetime:
    """Return the database's time, the one clock that every service reads."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT date_trunc('milliseconds', clock_timestamp())")
        now: datetime = cursor.fetchone()[0]
    return now


def _require_member(actor: User, organisation_id: UUID) -> None:
    if not (is_steward(actor, organisation_id) or is_engineer(actor, organisation_id)):
        raise NotAllowed("Only an engineer or a steward of this organisation can do this.")
