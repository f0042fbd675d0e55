"""A bundle with 20,000 intervals is written without holding them together."""

from __future__ import annotations

import tracemalloc
import zipfile
from pathlib import Path

import pytest
from django.db import connection

from tests.rights.world import closed_world, write
from wages.models import Interval

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MANY = 20_000
COPY = """
INSERT INTO wages_interval ({columns})
SELECT {values} FROM wages_interval source, generate_series(1, {many}) n WHERE source.id = %s
"""


def test_its_memory_does_not_grow_with_the_time_worked(tmp_path: Path) -> None:
    shop, _other, _period = closed_world()
    source = Interval.objects.filter(worker=shop.worker).order_by("pk")[0]
    columns = [str(field.column) for field in Interval._meta.concrete_fields if field.column != "id"]
    new = {
        "period": "tstzrange(upper(source.period) - n * interval '1 hour',"
        " upper(source.period) - n * interval '1 hour' + interval '1 s')",
        "ms": "1000", "category": "'break'", "rate_card_id": "NULL", "earned_micro": "0", "work_kind": "''",
        "work_id": "''",
    }  # fmt: skip
    values = ", ".join(new.get(column, f"source.{column}") for column in columns)
    with connection.cursor() as cursor:
        cursor.execute(COPY.format(columns=", ".join(columns), values=values, many=MANY), [source.pk])
    tracemalloc.start()
    path = write(shop.worker, tmp_path)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    with zipfile.ZipFile(path) as packed:
        assert packed.read("wages/intervals.jsonl").count(b"\n") > MANY
    assert peak < 40 * 2**20
