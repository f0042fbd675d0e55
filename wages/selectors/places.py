"""Where workers work: one's own history, and for stewards totals that name nobody."""

from __future__ import annotations

from typing import Any

from django.db import connection

from byhand.accounts.models import User
from wages.floors.countries import place_name
from wages.floors.country_names import place_name_here
from wages.models import PaidProject, WorkPlace

LEAST_PEOPLE = 3
# who has time in the project, by the country of their newest place
_BY_COUNTRY = """
SELECT coalesce(place.country, ''), count(*) FROM (
    SELECT DISTINCT worker_id FROM wages_ledgeraccount WHERE project_id = %s AND kind = 'worker_earned') worker
LEFT JOIN LATERAL (SELECT country FROM wages_workplace WHERE worker_id = worker.worker_id
                   ORDER BY created_at DESC, id DESC LIMIT 1) place ON true
GROUP BY 1 ORDER BY 2 DESC, 1
"""


def place_history(worker: User) -> list[dict[str, Any]]:
    """Return every place that the worker declared, newest first."""
    rows = WorkPlace.objects.filter(worker=worker).order_by("-created_at", "-id")
    return [
        {
            "country": row.country,
            "subdivision": row.subdivision,
            "zone": row.zone,
            "name": place_name_here(row.subdivision or row.country),
            "since": row.created_at,
        }
        for row in rows
    ]


def workers_by_country(project: PaidProject) -> list[tuple[str, int | None]]:
    """Return (country, people) for a steward; fewer than three people are not told apart, their number is None.

    The name "" stands for people who have not declared a place.
    """
    with connection.cursor() as cursor:
        cursor.execute(_BY_COUNTRY, [project.pk])
        rows = cursor.fetchall()
    return [(place_name(code) if code else "", people) for code, people in rows if people >= LEAST_PEOPLE] + [
        ("fewer than three people each", None)
        for _ in range(any(people < LEAST_PEOPLE for _c, people in rows))
    ]
