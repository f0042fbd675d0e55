"""Reads of who pays: a project's pools with their newest versions, intermediaries and sizes.

It lies beside services and selectors because both need it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from uuid import UUID

from django.db import connection

from wages.models import Intermediary, Pool, PoolMember, PoolVersion, Relation

_SIZES = """
SELECT pool_id, count(*) FROM (
    SELECT DISTINCT ON (worker_id) worker_id, pool_id FROM wages_poolmember
    WHERE project_id = %s ORDER BY worker_id, id DESC) newest
GROUP BY pool_id
"""


@dataclass(frozen=True)
class PoolView:
    """A pool as it stands. `version` is None while nobody is named as its payer; `placed` counts those put into it."""

    pool: Pool
    version: PoolVersion | None
    intermediaries: tuple[Intermediary, ...]
    placed: int

    @property
    def name(self) -> str:
        return self.pool.name

    @property
    def lacks(self) -> str:
        """Return what keeps the project from being published, or ""."""
        if self.version is None:
            return f"Pool {self.name}: its payer is not named."
        if self.version.relation == Relation.VENDOR_EMPLOYEE and not self.intermediaries:
            return f"Pool {self.name}: its workers are a vendor's employees, but no vendor is named with its contract."
        return ""


def pools_of(project_id: UUID) -> list[PoolView]:
    """Return the pools of a project, the default one first. Four queries."""
    pools = list(Pool.objects.filter(project_id=project_id).order_by("-is_default", "name"))
    versions = {row.pool_id: row for row in PoolVersion.objects.filter(pool__in=pools).order_by("id")}
    chains = _chains(pools)
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, [project_id])
        sizes = dict(cursor.fetchall())
    return [
        PoolView(pool, versions.get(pool.pk), chains.get(pool.pk, ()), sizes.get(pool.pk, 0))
        for pool in pools
    ]


def pool_for(project_id: UUID, worker_id: int | None = None) -> PoolView | None:
    """Return the pool that a worker of the project belongs to; without a worker the default one."""
    views = pools_of(project_id)
    placed = None
    if worker_id is not None:
        newest = PoolMember.objects.filter(project_id=project_id, worker_id=worker_id).order_by("-id")
        placed = newest.values_list("pool_id", flat=True).first()
    default = next((view for view in views if view.pool.is_default), None)
    return next((view for view in views if view.pool.pk == placed), default)


def payers_of(project_id: UUID, worker_ids: Sequence[int], at: datetime) -> dict[int, PoolVersion]:
    """Return, by worker, who paid the pool that they belonged to at `at`. Three queries for any number of workers.

    Who was in no pool then was in the default one. The newest version counts that holds `since` before then; a pool
    whose versions all begin later has its first payer.
    """
    versions = _versions_at(project_id, at)
    default = Pool.objects.filter(project_id=project_id, is_default=True).values_list("pk", flat=True).first()
    members = PoolMember.objects.filter(project_id=project_id, worker__in=worker_ids, created_at__lt=at)
    placed = dict(
        members.order_by("id").values_list("worker_id", "pool_id")
    )  # the newest comes last and stays
    pools = {worker: placed.get(worker, default) for worker in worker_ids}
    return {worker: versions[pool] for worker, pool in pools.items() if pool in versions}


def _versions_at(project_id: UUID, at: datetime) -> dict[int | None, PoolVersion]:
    found: dict[int | None, PoolVersion] = {}
    for row in PoolVersion.objects.filter(pool__project_id=project_id).order_by("id"):
        if row.pool_id not in found or datetime.combine(row.since, time.min, UTC) < at:
            found[row.pool_id] = row
    return found


def only_volunteers(project_id: UUID) -> bool:
    """Return whether every pool of the project is one of volunteers: only then may its rate be nothing.

    In a project with paid pools volunteers are paid like everyone, so that nobody can be relabelled out of pay.
    """
    newest = (
        PoolVersion.objects.filter(pool__project_id=project_id)
        .order_by("pool_id", "-id")
        .distinct("pool_id")
        .values_list("relation", flat=True)
    )
    relations = set(newest)
    return relations == {Relation.VOLUNTEER}


def _chains(pools: list[Pool]) -> dict[int, tuple[Intermediary, ...]]:
    newest: dict[tuple[int, str], Intermediary] = {}
    for row in Intermediary.objects.filter(pool__in=pools).order_by("id"):
        newest[row.pool_id, row.legal_entity] = row
    chains: dict[int, list[Intermediary]] = {}
    for row in sorted(newest.values(), key=lambda each: (each.place, each.legal_entity)):
        if not row.ended:
            chains.setdefault(row.pool_id, []).append(row)
    return {pool: tuple(rows) for pool, rows in chains.items()}
