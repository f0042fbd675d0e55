"""What a project promised about disputes: how long they stay open, and whom a second appeal goes to. Reads only."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import Max

from wages.models import PayTerms
from wages.models.terms import DISPUTE_YEARS


def open_for(project_id: UUID) -> timedelta:
    """Return how long pay can be claimed, disputed and appealed: the longest term that was ever promised.

    A year counts 366 days, so that no term ends early.
    """
    promised = PayTerms.objects.filter(project=project_id).aggregate(years=Max("dispute_years"))["years"]
    return timedelta(days=366 * (promised or DISPUTE_YEARS))


def appeal_contact(project_id: UUID) -> str:
    """Return the outside contact for a second appeal as the newest terms name it; blank: none."""
    newest = PayTerms.objects.filter(project=project_id).order_by("-version")
    return newest.values_list("appeal_contact", flat=True).first() or ""
