"""Until when a period's pay records must stay: the longest term of its project's countries and of its own promise."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db.models import Max

from wages.models import PaidProject, Payer, PayTerms, Period, PoolVersion
from wages.retiring.terms import term_ends, term_years


def countries_of(project: PaidProject) -> set[str]:
    """Return the countries whose law says how long the project's pay records stay: its payers' and its funder's."""
    named = set(Payer.objects.filter(project=project).values_list("country", flat=True))
    paying = PoolVersion.objects.filter(pool__project=project).values_list("country", flat=True)
    return named | set(paying) | {project.organisation.country}


def kept_until(period: Period) -> date:
    """Return the first day on which the period's rows may be retired."""
    promised = PayTerms.objects.filter(project=period.project_id).aggregate(years=Max("retention_years"))[
        "years"
    ]
    years = term_years(countries_of(period.project), settings.KEEP_YEARS)
    return term_ends(period.ends.date(), max(years, promised or 0))
