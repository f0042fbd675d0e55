"""The floor test of a whole crew: its inputs come in three queries, and the tables' hashes go into the log once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from byhand.money import MS_PER_HOUR
from tests.wages.factories import MONDAY, Shop, after, make_shop, make_user
from tests.wages.test_floors_data import GOOD, written
from wages.floors.tables import BadTable
from wages.floors.week_test import FloorStatus, WeekFigures
from wages.floors.weeks import floor_inputs, floor_tests, own_floor, tables
from wages.models import PayTerms, WorkPlace
from wages.rules import week_start
from wages.services.floor_tables import log_floor_tables
from wages.transparency.models import LogLeaf

pytestmark = pytest.mark.django_db
STARTS = week_start(MONDAY)
ENDS = STARTS + timedelta(days=7)


def terms(shop: Shop, *countries: str, **values: Any) -> PayTerms:
    version = PayTerms.objects.filter(project=shop.project).count() + 1
    return PayTerms.objects.create(
        project=shop.project,
        version=version,
        countries=list(countries),
        created_by=shop.stewards[0],
        created_at=MONDAY - timedelta(days=30),
        **values,
    )


def declared(worker_id: int, code: str, at: Any = MONDAY) -> None:
    WorkPlace.objects.create(
        worker_id=worker_id,
        country=code[:2],
        subdivision=code if "-" in code else "",
        zone="UTC",
        created_at=at,
    )


def test_a_crew_is_tested_in_three_queries() -> None:
    shop = make_shop(countries=())
    terms(shop, "US-CA", data_hourly_micro=100_000)
    workers = [make_user().pk for _ in range(30)]
    for worker in workers[:15]:
        declared(worker, "US-CA")
    figures = {worker: WeekFigures(MS_PER_HOUR, 16_000_000) for worker in workers}
    with CaptureQueriesContext(
        connection,
    ) as queries:
        results = floor_tests(project=shop.project, starts=STARTS, ends=ENDS, figures=figures)
    assert len(queries) == 3
    assert [results[worker].status for worker in workers] == [FloorStatus.TOPPED_UP] * 15 + [
        FloorStatus.UNKNOWN
    ] * 15
    assert {result.top_up_micro for result in results.values()} == {1_000_000}


def test_the_places_are_those_of_the_week() -> None:
    shop = make_shop()
    for code, at in [
        ("DK", STARTS - timedelta(days=9)),
        ("DE", STARTS - timedelta(days=2)),
        ("US-CA", STARTS + timedelta(days=3)),
        ("GB", ENDS),
    ]:
        declared(shop.worker.pk, code, at)
    found = floor_inputs(shop.project, [shop.worker.pk], STARTS, ENDS)[shop.worker.pk]
    assert [place.code for place in found.places] == ["DE", "US-CA"]


def test_terms_set_after_the_week_do_not_reach_back() -> None:
    shop = make_shop(countries=())
    terms(shop, "US-CA")
    PayTerms.objects.create(
        project=shop.project,
        version=2,
        countries=["DK"],
        created_by=shop.stewards[0],
        created_at=ENDS + timedelta(1),
    )
    assert floor_inputs(shop.project, [1], STARTS, ENDS)[1].countries == ("US-CA",)


def test_one_workers_own_floor_now() -> None:
    shop = make_shop()
    declared(shop.worker.pk, "US-CA")
    assert own_floor(shop.project, shop.worker.pk, after(days=1)).floor_micro == 16_900_000


def test_the_tables_are_read_again_when_they_change(tmp_path: Path, settings: Any) -> None:
    settings.FLOORS_DIR = written(tmp_path, GOOD)
    assert len(tables().floors) == 1
    written(tmp_path, GOOD, GOOD | {"country": "DE", "currency": "EUR", "amount": "13.90"})
    assert len(tables().floors) == 2
    written(tmp_path, GOOD | {"source_url": ""})
    with pytest.raises(BadTable):
        tables()


def test_a_change_of_the_tables_is_logged_once(tmp_path: Path, settings: Any) -> None:
    assert log_floor_tables() is not None
    assert log_floor_tables() is None
    settings.FLOORS_DIR = written(tmp_path, GOOD)
    assert log_floor_tables() is not None
    assert log_floor_tables() is None
    assert LogLeaf.objects.filter(kind="floors").count() == 2
