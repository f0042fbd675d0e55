"""What a person is told about pay before they work: who pays, and how much an hour. Read from `wages`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from wages.models import PaidProject, Payer, RateCard


@dataclass(frozen=True)
class PaidTerms:
    """`payer` is None while nobody is named; such a project can't be published."""

    currency: str
    hourly_micro: int | None
    declared_floor_micro: int
    payer: Payer | None


def paid_terms(project_id: uuid.UUID) -> PaidTerms | None:
    paid = PaidProject.objects.filter(pk=project_id).first()
    if paid is None:
        return None
    card = RateCard.objects.filter(project=project_id).order_by("-version").first()
    payer = Payer.objects.filter(project=project_id).order_by("-created_at", "-pk").first()
    return PaidTerms(paid.currency, card.hourly_micro if card else None, paid.declared_floor_micro, payer)
