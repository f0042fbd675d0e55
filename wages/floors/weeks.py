"""What the floor test needs, read in a constant number of queries however many workers there are.

    results = floor_tests(project=project, starts=period.starts, ends=period.ends,
                          figures={worker_id: WeekFigures(paid_ms=..., basic_micro=...)})

gives {worker_id: FloorResult}. The caller sums each worker's paid time and their pay for time alone (accruals
without `pieces_micro`; no bonus, premium or refund) over all rate cards of the period, in batches of any size.
`floor_inputs` is the same without the test; `own_floor` says what one worker must be offered at least.

Reads only. It lies beside services and selectors because both need it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import connection

from wages.floors.tables import FLOORS, FX, PACKAGE, Tables, load
from wages.floors.week_test import (
    FloorInputs,
    FloorResult,
    Place,
    WeekFigures,
    WeekFloor,
    run,
    week_floor,
)
from wages.models import PaidProject, PayTerms
from wages.rates.pools import only_volunteers

# each worker's places that were in force at some moment of the span, oldest first
_PLACES = """
SELECT place.worker_id, coalesce(nullif(place.subdivision, ''), place.country), place.zone, place.created_at
FROM wages_workplace place
WHERE place.worker_id = ANY(%(workers)s) AND place.created_at < %(ends)s
  AND NOT EXISTS (SELECT 1 FROM wages_workplace later WHERE later.worker_id = place.worker_id
                  AND (later.created_at, later.id) > (place.created_at, place.id)
                  AND later.created_at <= %(starts)s)
ORDER BY place.worker_id, place.created_at, place.id
"""


def tables() -> Tables:
    """Return the tables of FLOORS_DIR, read again only when a file has changed. Raises BadTable."""
    folder = Path(settings.FLOORS_DIR)
    stamps = tuple((folder / name).stat().st_mtime_ns for name in (PACKAGE, FLOORS, FX))
    return _tables(folder, stamps)


@lru_cache(maxsize=4)
def _tables(folder: Path, _stamps: tuple[int, ...]) -> Tables:
    return load(folder)


def terms_of(project: PaidProject, at: datetime | None = None) -> PayTerms | None:
    """Return the terms in force at `at` (default: the newest); before the first version, the first."""
    versions = PayTerms.objects.filter(project=project)
    if at is not None:
        past = versions.filter(created_at__lte=at).order_by("-version").first()
        return past or versions.order_by("version").first()
    return versions.order_by("-version").first()


def places_of(worker_ids: Iterable[int], starts: datetime, ends: datetime) -> dict[int, tuple[Place, ...]]:
    """Return the places of [starts, ends) by worker, oldest first; whoever never declared one is left out."""
    found: dict[int, list[Place]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, {"workers": list(worker_ids), "starts": starts, "ends": ends})
        for worker, code, zone, since in cursor.fetchall():
            found.setdefault(worker, []).append(Place(code, zone, since))
    return {worker: tuple(places) for worker, places in found.items()}


def floor_inputs(
    project: PaidProject, worker_ids: Collection[int], starts: datetime, ends: datetime
) -> dict[int, FloorInputs]:
    """Return the inputs of the floor test of [starts, ends) by worker. Three queries."""
    terms, places = terms_of(project, ends), places_of(worker_ids, starts, ends)
    shared = FloorInputs(
        starts=starts,
        ends=ends,
        currency=project.currency,
        declared_micro=project.declared_floor_micro,
        countries=tuple(terms.countries) if terms else (),
        places=(),
        terms_version=terms.version if terms else 0,
        data_hourly_micro=terms.data_hourly_micro if terms else 0,
        fx_spread_permille=terms.fx_spread_permille if terms else 0,
        volunteers=only_volunteers(project.pk),
    )
    return {worker: replace(shared, places=places.get(worker, ())) for worker in worker_ids}


def floor_tests(
    *, project: PaidProject, starts: datetime, ends: datetime, figures: Mapping[int, WeekFigures]
) -> dict[int, FloorResult]:
    """Run the floor test for each worker of one workweek. Three queries; nothing is written."""
    current, floors = tables(), dict[FloorInputs, WeekFloor]()
    results = {}
    for worker, inputs in floor_inputs(project, list(figures), starts, ends).items():
        if inputs not in floors:
            floors[inputs] = week_floor(current, inputs)
        results[worker] = run(current, inputs, figures[worker], floors[inputs])
    return results


def own_floor(project: PaidProject, worker_id: int, at: datetime) -> WeekFloor:
    """Return the floor that holds for one worker in one project at a moment."""
    ends = at + timedelta(milliseconds=1)
    return week_floor(tables(), floor_inputs(project, [worker_id], at, ends)[worker_id])
