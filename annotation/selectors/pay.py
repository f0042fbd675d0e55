"""What a person is told before they take work: who pays, how much, how long it takes, what it holds and uses.

Money is read from `wages`, the time from what was measured. Nothing in here is about one person's own work.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from annotation.estimates import Estimate, pay_of
from annotation.models import Project
from annotation.selectors.estimates import data_use, time_estimate
from wages.models import Intermediary, PaidProject, PoolVersion, RateCard, Relation
from wages.rates.pools import pool_for
from wages.selectors import current_rate

# what the person would be to whoever pays, in their own language
RELATIONS: dict[str, Promise] = {
    Relation.EMPLOYEE: _("you are its employee"),
    Relation.CONTRACTOR: _("you are its contractor"),
    Relation.VENDOR_EMPLOYEE: _("you are a vendor's employee"),
    Relation.CROWD: _("you are a crowd worker"),
    Relation.PRISON: _("prison labour"),
    Relation.STUDENT: _("you are a student"),
    Relation.VOLUNTEER: _("you are a volunteer"),
}


@dataclass(frozen=True)
class PaidTerms:
    """`payer` is None while nobody is named; such a project can't be published."""

    currency: str
    hourly_micro: int | None
    declared_floor_micro: int
    payer: PoolVersion | None
    intermediaries: tuple[Intermediary, ...] = ()
    basis: str = "hourly"
    piece_micro: int | None = None


@dataclass(frozen=True)
class Offer:
    """All that is shown before "Start work". `low_micro` to `high_micro`: one ranking at the median and at the
    75th percentile; None while nobody has measured. Data in bytes, without compression.
    """

    project: Project
    paid: PaidTerms | None
    estimate: Estimate | None
    low_micro: int | None
    high_micro: int | None
    item_bytes: int
    hour_bytes: int | None

    @property
    def relation(self) -> Promise | str:
        payer = self.paid.payer if self.paid else None
        return RELATIONS[payer.relation] if payer else ""

    @property
    def item_kilobytes(self) -> int:
        return max(round(self.item_bytes / 1000), 1)

    @property
    def exposure_minutes(self) -> int | None:
        return None if self.project.exposure_ms is None else self.project.exposure_ms // 60_000

    @property
    def hour_megabytes(self) -> int | None:
        """Return whole megabytes, at least 1 and never rounded down to less than it uses."""
        return None if self.hour_bytes is None else -(-self.hour_bytes // 1_000_000)


def paid_terms(project_id: uuid.UUID, worker_id: int | None = None) -> PaidTerms | None:
    """Return the pay as it is in force; a rate that begins later is shown where none is in force yet.

    The payer is the one of the worker's own pool; without a worker, of the pool that holds whoever is in no other.
    """
    paid = PaidProject.objects.filter(pk=project_id).first()
    if paid is None:
        return None
    card = current_rate(project_id) or RateCard.objects.filter(project=project_id).order_by("version").first()
    pool = pool_for(project_id, worker_id)
    return PaidTerms(
        currency=paid.currency,
        hourly_micro=card.hourly_micro if card else None,
        declared_floor_micro=paid.declared_floor_micro,
        payer=pool.version if pool else None,
        intermediaries=pool.intermediaries if pool else (),
        basis=card.basis if card else "hourly",
        piece_micro=card.piece_micro if card else None,
    )


def offer_of(project: Project, worker_id: int | None = None) -> Offer:
    """Return what a person is told before they begin; with a worker, what their own pool's payer is to them."""
    paid, estimate = paid_terms(project.pk, worker_id), time_estimate(project)
    hourly = paid.hourly_micro if paid else None
    one, hour = data_use(project, estimate)
    return Offer(
        project=project,
        paid=paid,
        estimate=estimate,
        low_micro=pay_of(estimate.median_ms, hourly) if estimate and hourly is not None else None,
        high_micro=pay_of(estimate.p75_ms, hourly) if estimate and hourly is not None else None,
        item_bytes=one,
        hour_bytes=hour,
    )
