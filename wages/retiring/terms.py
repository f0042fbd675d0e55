"""For how long what is kept: raw beats 90 days after their pay arrived, pay records for the legal term. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

BEATS_STAY = timedelta(days=90)
"""How long raw beats stay after the settlement of their period."""


def term_years(countries: Iterable[str], years: Mapping[str, int]) -> int:
    """Return the longest legal term of several countries; `years` has the general one under ""."""
    return max((years.get(country, years[""]) for country in countries), default=years[""])


def term_ends(ended: date, years: int) -> date:
    """Return the first day on which a period that ended with the day before `ended` may be retired."""
    try:
        return ended.replace(year=ended.year + years)
    except ValueError:  # 29 February
        return ended.replace(year=ended.year + years, month=3, day=1)
