"""Small builders for the tests of wages: an organisation with its people, a paid project, moments in time."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from byhand.accounts.models import Membership, Organisation, User
from wages.models import PaidProject
from wages.services import projects

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""Monday of ISO week 10 of 2026, 09:00."""
RATE = 18_500_000  # 18.50 an hour


def after(**delta: float) -> datetime:
    """Return the moment so long after Monday 09:00."""
    return MONDAY + timedelta(**delta)


def make_user(simulated: bool = False) -> User:
    return User.objects.create(email=f"{uuid.uuid4().hex}@example.org", password="!", simulated=simulated)


@dataclass
class Shop:
    """An organisation with two stewards, an engineer, a worker, and one project."""

    organisation: Organisation
    stewards: tuple[User, ...]
    engineer: User
    worker: User
    project: PaidProject
    workers: list[User] = field(default_factory=list)

    @property
    def project_id(self) -> uuid.UUID:
        return self.project.pk


def make_shop(
    *,
    simulated: bool = False,
    hourly_micro: int | None = RATE,
    funded_micro: int = 10**12,
    currency: str = "USD",
    floor_micro: int = 0,
    payer: bool = True,
    valid_from: datetime = MONDAY - timedelta(days=30),
    countries: tuple[str, ...] = ("DK",),
) -> Shop:
    organisation = Organisation.objects.create(
        name="Example", slug=uuid.uuid4().hex, country="KE", simulated=simulated
    )
    people = [make_user(simulated) for _ in range(4)]
    for user, role in zip(people, ["steward", "steward", "engineer"], strict=False):
        Membership.objects.create(user=user, organisation=organisation, role=role, simulated=simulated)
    one, two, engineer, worker = people
    project = projects.register_project(
        actor=engineer,
        project_id=uuid.uuid4(),
        organisation=organisation,
        title="Rankings",
        currency=currency,
        simulated=simulated,
        declared_floor_micro=floor_micro,
    )
    if payer:
        projects.name_payer(
            actor=one, project_id=project.pk, legal_entity="Example Ltd", country="KE", relation="contractor"
        )
    if countries:
        projects.set_terms(
            actor=one, project_id=project.pk, countries=countries, at=MONDAY - timedelta(days=30)
        )
    if hourly_micro is not None:
        projects.set_rate_card(
            actor=one,
            project_id=project.pk,
            hourly_micro=hourly_micro,
            valid_from=valid_from,
        )
    if funded_micro:
        kept = projects.deposit(
            actor=one,
            project_id=project.pk,
            amount_micro=funded_micro,
            evidence="bank reference 1",
            key="first",
        )
        projects.approve_deposit(actor=two, deposit_id=kept.pk)
    return Shop(organisation, (one, two), engineer, worker, project)
