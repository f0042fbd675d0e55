"""Rate cards: versions of what a project pays. A later one never reaches back, and work in hand keeps its own."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from byhand.accounts.models import User
from byhand.accounts.selectors import require_steward
from byhand.audit.services import record
from byhand.errors import Invalid
from byhand.money import format_money
from wages.errors import RateOverlaps
from wages.models import Basis, PaidProject, RateCard
from wages.services.acting import database_now, locked_project, require_member
from wages.services.floor_tables import log_floor_tables
from wages.transparency import services as log

LARGEST_HOURLY_MICRO = 10**15
LARGEST_PERMILLE = 10_000
LARGEST_MS = 10 * 366 * 24 * 3_600_000


@dataclass(frozen=True)
class Terms:
    """All that one card says. Amounts in micro-units of the project's currency, premiums in parts per thousand."""

    hourly_micro: int
    basis: str = Basis.HOURLY.value
    piece_micro: int | None = None
    night_permille: int = 0
    weekend_permille: int = 0
    overtime_permille: int = 0
    overtime_after_ms: int | None = None
    bonus_micro: int = 0
    bonus_after_ms: int | None = None

    def problems(self, project: PaidProject) -> list[str]:
        """Return every field that can't be used, with the reason."""
        found = self._rate_problems(project)
        found += self._basis_problems()
        for name in ("night_permille", "weekend_permille", "overtime_permille"):
            if not 0 <= getattr(self, name) <= LARGEST_PERMILLE:
                found.append(f"{name}: 0 to {LARGEST_PERMILLE} parts per thousand.")
        found += _paired(
            "overtime_permille", self.overtime_permille, "overtime_after_ms", self.overtime_after_ms
        )
        if not 0 <= self.bonus_micro <= LARGEST_HOURLY_MICRO:
            found.append("bonus_micro: an amount of at least 0, in micro-units.")
        found += _paired("bonus_micro", self.bonus_micro, "bonus_after_ms", self.bonus_after_ms)
        return found

    def _rate_problems(self, project: PaidProject) -> list[str]:
        if not 0 <= self.hourly_micro <= LARGEST_HOURLY_MICRO:
            return ["hourly_micro: an hourly amount of at least 0, in micro-units."]
        if self.hourly_micro < project.declared_floor_micro:
            paid, floor = (
                format_money(micro, project.currency, exact=True)
                for micro in (self.hourly_micro, project.declared_floor_micro)
            )
            return [f"hourly_micro: {paid} an hour is below the declared floor of {floor}."]
        return []

    def _basis_problems(self) -> list[str]:
        if self.basis not in Basis.values:
            return [f"basis: one of {', '.join(Basis.values)}."]
        if self.basis == Basis.PIECE and self.piece_micro is None:
            return ["piece_micro: a card by the piece needs the price of one piece."]
        if self.basis == Basis.PIECE and not 0 < (self.piece_micro or 0) <= LARGEST_HOURLY_MICRO:
            return ["piece_micro: an amount above 0, in micro-units."]
        if self.basis == Basis.HOURLY and self.piece_micro is not None:
            return ["piece_micro: a card by the hour has no price of a piece."]
        return []


@transaction.atomic
def set_rate_card(
    *,
    actor: User,
    project_id: UUID,
    hourly_micro: int,
    valid_from: datetime | None = None,
    at: datetime | None = None,
    **more: Any,
) -> RateCard:
    """Set the rate from `valid_from` on (default: now) as a new version; the version before ends there.

    `more` are the other fields of Terms. The first version may be set by an engineer, later ones by stewards
    only. A later version never reaches back: work that has begun keeps the version it began under. Raises
    Invalid with every field that can't be used, RateOverlaps for a beginning that reaches back.
    """
    project = locked_project(project_id)
    newest = RateCard.objects.filter(project=project).order_by("-version").first()
    if newest is None:
        require_member(actor, project.organisation_id)
    else:
        require_steward(actor, project.organisation_id)
    terms = Terms(hourly_micro=hourly_micro, **more)
    if found := terms.problems(project):
        raise Invalid(found[0] if len(found) == 1 else "This rate card can't be set.", found)
    now = at or database_now()
    starts = valid_from or now
    if newest is not None:
        if newest.period.upper is None and newest.period.lower == starts and _same(newest, terms):
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
        period=DateTimeTZRange(starts, None),
        created_by=actor,
        **asdict(terms),
    )
    record(
        actor_id=actor.pk, action="wages.set_rate_card", subject=f"project:{project_id}", version=card.version
    )
    _log(card, project)
    return card


def _same(card: RateCard, terms: Terms) -> bool:
    return all(getattr(card, name) == value for name, value in asdict(terms).items())


def _paired(rate: str, value: int, limit: str, after: int | None) -> list[str]:
    """A premium and the time after which it begins are there together or not at all."""
    if value > 0 and after is None:
        return [f"{limit}: after how many milliseconds {rate} begins."]
    if value == 0 and after is not None:
        return [f"{rate}: above 0, since {limit} is given."]
    if after is not None and not 0 <= after <= LARGEST_MS:
        return [f"{limit}: milliseconds of at least 0."]
    return []


def _log(card: RateCard, project: PaidProject) -> None:
    """Log the card, after the floor tables that it was measured by. Amounts as strings, like all in the log."""
    log_floor_tables()
    terms = {name: None if value is None else str(value) for name, value in asdict(_terms_of(card)).items()}
    body = {"project": str(project.pk), "currency": project.currency, "version": str(card.version)}
    body |= {"from": card.period.lower.isoformat()}
    log.append(kind="rate_card", body={**body, **terms, "simulated": project.simulated})


def _terms_of(card: RateCard) -> Terms:
    return Terms(**{name: getattr(card, name) for name in Terms.__dataclass_fields__})
