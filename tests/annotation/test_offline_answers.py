"""Answers that come from an offline queue: counted, and paid for the items that they were worked on."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from annotation.models import Ballot, Lease
from annotation.services.leases import sweep_leases
from annotation.services.submitting import submit_ballot
from annotation.services.taking import reserve_next
from tests.annotation.world import World, make_open, take
from wages.models import Interval
from wages.services import clock

pytestmark = pytest.mark.django_db
ANSWER = {"groups": [[0], [1], [2], [3]], "unacceptable": []}


@pytest.fixture
def world() -> World:
    return make_open(k=4, items=2)


def two_items(world: World) -> tuple[Lease, Lease, datetime]:
    """Return the item on screen, the one held in advance, and the last time that the server told."""
    first = take(world)
    second = reserve_next(worker=world.worker, project=world.fresh())
    assert second is not None
    return first, second, Interval.objects.get(category="waiting", worker=world.worker).period.upper


def later(moment: datetime, minutes: float) -> datetime:
    return moment + timedelta(minutes=minutes)


@pytest.mark.parametrize("swept", [False, True], ids=["in time", "after the leases ended"])
def test_two_answers_after_forty_minutes_offline_count_and_each_is_paid_its_own_time(
    world: World, swept: bool
) -> None:
    first, second, stamp = two_items(world)
    if swept:
        clock.sweep(at=later(stamp, 30))
        assert sweep_leases(at=later(stamp, 30)) == 2
    statuses = [
        submit_ballot(
            worker=world.worker,
            lease_id=lease.pk,
            answer=ANSWER,
            key=f"answer-{lease.pk}",
            showing=showing,
            elapsed_ms=minutes * 60_000,
            stamp=stamp,
            at=later(stamp, 40),
        ).status
        for lease, showing, minutes in ((first, second.pk, 15), (second, None, 38))
    ]
    clock.stop(worker=world.worker, at=later(stamp, 41))
    assert statuses == ["counted", "counted"]
    paid = Interval.objects.filter(worker=world.worker, period__startswith__gte=stamp).order_by("period")
    assert [(row.category, row.work_id, row.ms // 60_000) for row in paid] == [
        ("task", str(first.pk), 15),
        ("task", str(second.pk), 23),
        ("waiting", "", 3),
    ]
    assert all(row.rate_card_id for row in paid)


def test_the_same_answer_from_the_queue_again_pays_nothing_more(world: World) -> None:
    first, second, stamp = two_items(world)
    for _time in range(2):
        result = submit_ballot(
            worker=world.worker,
            lease_id=first.pk,
            answer=ANSWER,
            key="the-one-key",
            showing=second.pk,
            elapsed_ms=600_000,
            stamp=stamp,
            at=later(stamp, 12),
        )
    assert result.status == "replayed"
    assert list(Interval.objects.filter(work_id=str(first.pk)).values_list("ms", flat=True)) == [600_000]
    assert Ballot.objects.count() == 1


def test_the_api_takes_the_stamp_and_refuses_figures_that_no_clock_shows(
    world: World, client: Client
) -> None:
    first, second, stamp = two_items(world)
    client.force_login(world.worker)
    body = {"lease": str(first.pk), **ANSWER, "key": "the-one-key", "showing": str(second.pk)}
    url = f"/api/v1/work/{world.project.pk}/submit"
    for wrong in ({"elapsed_ms": -1}, {"stamp_ms": -1}, {"stamp_ms": 10**18}, {"showing": "next"}):
        refused = client.post(url, {**body, **wrong}, content_type="application/json")
        assert refused.status_code == 422
    assert not Ballot.objects.exists()
    said = {"elapsed_ms": 10**9, "stamp_ms": int(stamp.timestamp() * 1000)}
    taken = client.post(url, {**body, **said}, content_type="application/json")
    assert (taken.status_code, taken.json()["status"]) == (200, "counted")
    assert Interval.objects.filter(work_id=str(first.pk)).count() == 1
