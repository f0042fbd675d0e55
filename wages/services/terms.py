"""Stewards set a project's terms: where it is offered, what it may cost, whom one can turn to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from byhand.accounts.models import User
from byhand.accounts.selectors import require_steward
from byhand.audit.services import record
from byhand.errors import Invalid
from wages.floors.countries import is_place
from wages.models import PayTerms
from wages.models.terms import DISPUTE_YEARS, RETENTION_YEARS
from wages.services.acting import database_now, locked_project, require_member

LARGEST_MICRO = 10**17
MOST_PLACES = 300


@transaction.atomic
def set_terms(
    *,
    actor: User,
    project_id: UUID,
    countries: Sequence[str],
    overhead_micro: int = 0,
    platform_fee_permille: int = 0,
    payment_fee_permille: int = 0,
    contributions_permille: int = 0,
    data_hourly_micro: int = 0,
    fx_spread_permille: int = 0,
    appeal_contact: str = "",
    retention_years: int = RETENTION_YEARS,
    dispute_years: int = DISPUTE_YEARS,
    at: datetime | None = None,
) -> PayTerms:
    """Set all terms of the project as a new version, in force from now on. The same again changes nothing.

    The first version may be set by an engineer, later ones by stewards only, like a rate card. Raises Invalid
    with every field that can't be used.
    """
    project = locked_project(project_id)
    newest = PayTerms.objects.filter(project=project).order_by("-version").first()
    if newest is None:
        require_member(actor, project.organisation_id)
    else:
        require_steward(actor, project.organisation_id)
    places = sorted(set(countries))
    found = _place_problems(places)
    found += _amount_problems({"overhead_micro": overhead_micro, "data_hourly_micro": data_hourly_micro})
    values = {
        "platform_fee_permille": platform_fee_permille,
        "payment_fee_permille": payment_fee_permille,
        "contributions_permille": contributions_permille,
        "fx_spread_permille": fx_spread_permille,
    }
    found += [
        f"{name}: 0 to 1000 parts per thousand." for name, rate in values.items() if not 0 <= rate <= 1000
    ]
    years = {"retention_years": retention_years, "dispute_years": dispute_years}
    found += [f"{name}: 1 to 30 years." for name, term in years.items() if not 1 <= term <= 30]
    if len(appeal_contact) > 300:
        found.append("appeal_contact: at most 300 characters.")
    if found:
        raise Invalid("These terms can't be set.", found)
    wanted = {
        "countries": places,
        "overhead_micro": overhead_micro,
        "data_hourly_micro": data_hourly_micro,
        "appeal_contact": appeal_contact.strip(),
        **values,
        **years,
    }
    if newest is not None and all(getattr(newest, name) == value for name, value in wanted.items()):
        return newest
    terms = PayTerms.objects.create(
        project=project,
        version=newest.version + 1 if newest else 1,
        created_by=actor,
        created_at=at or database_now(),
        **wanted,
    )
    record(
        actor_id=actor.pk, action="wages.set_terms", subject=f"project:{project_id}", version=terms.version
    )
    return terms


def _place_problems(places: Sequence[str]) -> list[str]:
    bad = [place for place in places if not is_place(place)]
    found = [
        f"countries: {place[:20]!r} is no country of ISO 3166 and no part of one; write KE or US-CA."
        for place in bad
    ]
    if len(places) > MOST_PLACES:
        found = [f"countries: at most {MOST_PLACES}."]
    return found


def _amount_problems(amounts: dict[str, int]) -> list[str]:
    return [
        f"{name}: an amount of at least 0."
        for name, micro in amounts.items()
        if not 0 <= micro <= LARGEST_MICRO
    ]
