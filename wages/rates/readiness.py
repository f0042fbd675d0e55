"""Reads everything that publishing a project depends on. Beside services and selectors because both need it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from wages.floors.rows import floor_on
from wages.floors.weeks import tables, terms_of
from wages.models import PaidProject, PayTerms, RateCard
from wages.rates.pools import only_volunteers, pools_of
from wages.rates.publishing import CardFigures, Readiness, worst_case_micro
from wages.reservation import left_micro


def readiness(project: PaidProject, ballots_wanted: int, lease_ms: int, now: datetime) -> Readiness:
    """Return the figures of `project` at `now`; what they mean is decided by `wages.rates.publishing`."""
    cards = RateCard.objects.filter(project=project, period__overlap=DateTimeTZRange(now, None))
    pools, terms, current = pools_of(project.pk), terms_of(project), tables()
    return Readiness(
        currency=project.currency,
        floor_micro=project.declared_floor_micro,
        cards=tuple(figures_of(card) for card in cards.order_by("version")),
        rate_in_force=cards.filter(period__contains=now).exists(),
        payer_named=any(pool.pool.is_default and pool.version for pool in pools),
        left_micro=left_micro(project.pk),
        ballots_wanted=ballots_wanted,
        lease_ms=lease_ms,
        pools_lacking=tuple(pool.lacks for pool in pools if pool.lacks),
        floors=tuple(
            floor_on(current, place, now.date(), project.currency)
            for place in (terms.countries if terms else ())
        ),
        volunteers=only_volunteers(project.pk),
        overhead_micro=terms.overhead_micro if terms else 0,
        fees_permille=fees_permille(terms) if terms else 0,
    )


def figures_of(card: RateCard) -> CardFigures:
    """Return what one card can cost. Premiums add up where they can fall on the same hour."""
    return CardFigures(
        label=f"v{card.version}",
        hourly_micro=card.hourly_micro,
        premium_permille=card.night_permille + card.weekend_permille + card.overtime_permille,
        piece_micro=card.piece_micro,
    )


def fees_permille(terms: PayTerms) -> int:
    """Return all that is paid on top of pay: fees and employer contributions, in parts per thousand."""
    return terms.platform_fee_permille + terms.payment_fee_permille + terms.contributions_permille


@dataclass(frozen=True)
class WorstParts:
    """What the worst case is made of besides ballots and lease limit. Micro-units and parts per thousand."""

    card: CardFigures
    overhead_micro: int
    fees_permille: int

    def micro(self, *, ballots: int, lease_ms: int) -> int:
        """Return what so many ballots can cost at most, in micro-units."""
        return worst_case_micro(
            ballots=ballots,
            lease_ms=lease_ms,
            hourly_micro=self.card.highest_hourly_micro,
            piece_micro=self.card.piece_micro or 0,
            overhead_micro=self.overhead_micro,
            fees_permille=self.fees_permille,
        )


def worst_parts(project: PaidProject, card: RateCard) -> WorstParts:
    """Return the parts of the worst case under one card and the project's terms of now."""
    terms = terms_of(project)
    return WorstParts(
        card=figures_of(card),
        overhead_micro=terms.overhead_micro if terms else 0,
        fees_permille=fees_permille(terms) if terms else 0,
    )
