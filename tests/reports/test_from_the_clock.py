"""The whole way: six people work by the clock, the week is closed, the report says what they worked and earned."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from tests.reports import world
from tests.wages.factories import MONDAY, after, make_shop, make_user
from wages.reports.models import PublishedReport
from wages.reports.services import publish, rebuild
from wages.services import clock
from wages.services.periods import close_period
from wages.work import Category, WorkKind, WorkRef

pytestmark = pytest.mark.django_db


def six_people_work(*, on_break: bool = False) -> tuple[PublishedReport, list[str]]:
    """Each waits one minute, ranks for ten, and with `on_break` rests five more with the item in hand."""
    shop, leases = make_shop(floor_micro=15_000_000), [f"lease-{uuid4()}" for _ in range(6)]
    for lease in leases:
        worker = make_user()
        clock.start_work(worker=worker, project_id=shop.project_id, tab="a", at=MONDAY)
        with transaction.atomic():
            locked = clock.lock_clock(worker=worker, at=after(minutes=1))
            work = WorkRef(WorkKind.RANK, lease)
            clock.move(locked, category=Category.TASK, project_id=shop.project_id, work=work)
        if on_break:
            clock.take_break(worker=worker, at=after(minutes=11))
        clock.stop(worker=worker, at=after(minutes=16 if on_break else 11))
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    subject = world.subject(
        projects=(shop.project_id,), direct_work=frozenset(f"rank:{lease}" for lease in leases), offered_to={}
    )
    return publish(actor=shop.stewards[0], subject=subject, at=after(days=7) + timedelta(hours=1)), leases


def test_the_clock_the_ledger_and_the_report_agree() -> None:
    """6 x 11 minutes = 1.1 h at USD 18.50 = USD 20.35; 60 of the 66 minutes are rankings in the data set."""
    report, _ = six_people_work()
    document = json.loads(bytes(report.document))
    first = {item["id"]: item["cells"] for item in document["headline"]}
    assert first["hours_worked"][0]["value"] == "1.10"
    assert first["received"][2]["value"] == "20.40"  # three significant figures of 20.350002
    assert first["effective_hourly"][0]["value"] == "18.50"
    assert [(row["id"], row["hours"]) for row in document["time"]["rows"]] == [
        ("direct", "1.00"),
        ("waiting", "0.100"),
    ]
    assert document["time"]["direct"]["reason"] == "90.9%"
    assert (report.period, document["periods"][0]["crew"]) == ("2026-W10", "5 to 9")


def test_a_paid_break_with_an_item_in_hand_is_a_break_and_not_direct() -> None:
    report, _ = six_people_work(on_break=True)
    rows = json.loads(bytes(report.document))["time"]["rows"]
    assert [(row["id"], row["hours"]) for row in rows] == [
        ("direct", "1.00"),
        ("waiting", "0.100"),
        ("break", "0.500"),
    ]


def test_the_closing_of_the_period_is_in_the_log_before_the_report() -> None:
    report, _ = six_people_work()
    part = json.loads(bytes(report.document))["periods"][0]
    # before it: the floor tables and the rate card
    assert (part["log_index"], report.leaf_id) == ("2", 3)


def test_it_is_rebuilt_from_the_frozen_leaves_and_names_no_lease() -> None:
    report, leases = six_people_work()
    assert rebuild(PublishedReport.objects.get()) == bytes(report.document)
    assert not any(lease in bytes(report.document).decode() for lease in leases)
