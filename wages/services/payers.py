"""Stewards name who pays: pools, their legal entities, the intermediaries in between, and who is in which pool."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from byhand.accounts.models import User
from byhand.audit.services import record
from byhand.errors import Invalid, NotFound
from byhand.money import UnknownCurrency, exponent
from wages.floors.countries import is_country
from wages.models import Intermediary, PaidProject, Pool, PoolMember, PoolVersion, Relation
from wages.models.pools import DEFAULT_POOL
from wages.services.acting import database_now, stewards_project

LARGEST_CONTRACT_MICRO = 10**17
FURTHEST_PLACE = 20


def name_payer(
    *,
    actor: User,
    project_id: UUID,
    legal_entity: str,
    country: str,
    relation: str,
    at: datetime | None = None,
) -> PoolVersion:
    """Name who pays the project's default pool, which is made if need be. Naming the same again changes nothing."""
    return set_pool(
        actor=actor,
        project_id=project_id,
        name=None,
        legal_entity=legal_entity,
        country=country,
        relation=relation,
        at=at,
    )


@transaction.atomic
def set_pool(
    *,
    actor: User,
    project_id: UUID,
    name: str | None,
    legal_entity: str,
    country: str,
    relation: str,
    since: date | None = None,
    at: datetime | None = None,
) -> PoolVersion:
    """Write who pays a pool from `since` on (default: today), as a new version. `name` None: the default pool.

    A pool of a new name is made; the first one of a project is its default pool. Raises Invalid with every
    field that can't be used. The same values again return the newest version.
    """
    project = stewards_project(actor, project_id)
    found = _entity_problems(legal_entity, country)
    if relation not in Relation.values:
        found.append(f"relation: one of {', '.join(Relation.values)}.")
    if name is not None and not 0 < len(name.strip()) <= 100:
        found.append("name: 1 to 100 characters.")
    if found:
        raise Invalid("This payer can't be named.", found)
    now = at or database_now()
    pool = _pool(project, name.strip() if name else None, actor, now)
    newest = PoolVersion.objects.filter(pool=pool).order_by("-id").first()
    named = {"legal_entity": legal_entity.strip(), "country": country, "relation": relation}
    wanted = named if since is None else {**named, "since": since}
    if newest is not None and all(getattr(newest, field) == value for field, value in wanted.items()):
        return newest
    version = PoolVersion.objects.create(
        pool=pool, since=since or now.date(), created_by=actor, created_at=now, **named
    )
    record(
        actor_id=actor.pk,
        action="wages.set_pool",
        subject=f"project:{project_id}",
        pool=pool.pk,
        version=version.pk,
    )
    return version


@transaction.atomic
def place_in_pool(
    *, actor: User, project_id: UUID, pool_id: int, worker: User, at: datetime | None = None
) -> PoolMember:
    """Put a worker into a pool of the project from now on. Being there already changes nothing."""
    project = stewards_project(actor, project_id)
    pool = _pool_of(project, pool_id)
    newest = PoolMember.objects.filter(project=project, worker=worker).order_by("-id").first()
    if newest is not None and newest.pool_id == pool.pk:
        return newest
    member = PoolMember.objects.create(
        project=project, pool=pool, worker=worker, created_by=actor, created_at=at or database_now()
    )
    record(
        actor_id=actor.pk,
        action="wages.place_in_pool",
        subject=f"project:{project_id}",
        pool=pool.pk,
        worker=worker.pk,
    )
    return member


@transaction.atomic
def set_intermediary(
    *,
    actor: User,
    project_id: UUID,
    pool_id: int,
    legal_entity: str,
    country: str,
    contract_micro: int,
    currency: str,
    attested: bool = False,
    evidence: str = "",
    place: int = 1,
    ended: bool = False,
    at: datetime | None = None,
) -> Intermediary:
    """Write what an intermediary of a pool is paid, as a new version; `ended` takes it out of the chain.

    `attested` needs evidence in words, such as the contract's number. The same values again change nothing.
    """
    project = stewards_project(actor, project_id)
    pool = _pool_of(project, pool_id)
    found = _entity_problems(legal_entity, country)
    found += _contract_problems(contract_micro, currency, attested, evidence, place)
    if found:
        raise Invalid("This intermediary can't be written down.", found)
    values = {
        "legal_entity": legal_entity.strip(),
        "country": country,
        "contract_micro": contract_micro,
        "currency": currency,
        "attested": attested,
        "evidence": evidence.strip(),
        "place": place,
        "ended": ended,
    }
    known = (
        Intermediary.objects.filter(pool=pool, legal_entity=values["legal_entity"]).order_by("-id").first()
    )
    if known is not None and all(getattr(known, field) == value for field, value in values.items()):
        return known
    if known is None and ended:
        raise NotFound("legal_entity: this pool has no such intermediary.")
    row = Intermediary.objects.create(pool=pool, created_by=actor, created_at=at or database_now(), **values)
    record(
        actor_id=actor.pk,
        action="wages.set_intermediary",
        subject=f"project:{project_id}",
        pool=pool.pk,
        intermediary=row.pk,
    )
    return row


def _pool(project: PaidProject, name: str | None, actor: User, now: datetime) -> Pool:
    pools = Pool.objects.filter(project=project)
    found = pools.filter(is_default=True).first() if name is None else pools.filter(name=name).first()
    if found is not None:
        return found
    return Pool.objects.create(
        project=project,
        name=name or DEFAULT_POOL,
        is_default=not pools.exists(),
        created_by=actor,
        created_at=now,
    )


def _pool_of(project: PaidProject, pool_id: int) -> Pool:
    pool = Pool.objects.filter(project=project, pk=pool_id).first()
    if pool is None:
        raise NotFound("pool: this project has no such pool.")
    return pool


def _entity_problems(legal_entity: str, country: str) -> list[str]:
    found = []
    if not legal_entity.strip() or len(legal_entity) > 200:
        found.append("legal_entity: 1 to 200 characters.")
    if not is_country(country):
        found.append("country: an ISO 3166-1 code of two capital letters, such as KE.")
    return found


def _contract_problems(micro: int, currency: str, attested: bool, evidence: str, place: int) -> list[str]:
    found = []
    if not 0 <= micro <= LARGEST_CONTRACT_MICRO:
        found.append("contract_micro: an amount of at least 0.")
    try:
        exponent(currency)
    except UnknownCurrency as error:
        found.append(f"currency: {error}")
    if attested and not evidence.strip():
        found.append("evidence: what attests the amount, such as the number of the contract.")
    if len(evidence) > 500:
        found.append("evidence: at most 500 characters.")
    if not 1 <= place <= FURTHEST_PLACE:
        found.append(f"place: 1 to {FURTHEST_PLACE}.")
    return found
