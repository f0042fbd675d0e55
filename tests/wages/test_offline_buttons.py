"""Break, Back to work and Stop without a connection: they take effect when they were pressed, and once."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from byhand.errors import Invalid
from tests.wages.factories import MONDAY, Shop, after, make_shop
from tests.wages.test_clock import ONE, rows, show, start
from wages.models import Interval, WorkerClock
from wages.services import clock
from wages.services.offline import OfflineAct, act_offline
from wages.timekeeping.rederiving import bad_derivation

pytestmark = pytest.mark.django_db
MINUTE = 60_000


def begun(**shop: Any) -> Shop:
    made = make_shop(**shop)
    start(made)
    show(made, ONE, MONDAY)
    return made


def press(shop: Shop, act: str, made: int, arrives: int) -> str:
    """Press a button `made` minutes after nine, in a page that heard of the server at nine."""
    return act_offline(
        worker=shop.worker,
        act=OfflineAct(act),
        stamp=MONDAY,
        elapsed_ms=made * MINUTE,
        at=after(minutes=arrives),
    ).state


def times(shop: Shop) -> list[tuple[str, int]]:
    return [(row[0], row[1] // MINUTE) for row in rows(shop)]


def test_a_stop_takes_effect_when_it_was_pressed_however_late_it_arrives() -> None:
    shop = begun()
    assert press(shop, "stop", 40, arrives=90) == "stopped"
    assert times(shop) == [("task", 40)]
    assert WorkerClock.objects.get().since == after(minutes=40)
    assert bad_derivation() is None


def test_a_break_and_its_end_are_as_long_as_they_were() -> None:
    shop = begun()
    press(shop, "break", 30, arrives=70)
    press(shop, "resume", 45, arrives=70)
    press(shop, "stop", 60, arrives=70)
    assert times(shop) == [("task", 30), ("break", 15), ("task", 15)]
    assert Interval.objects.get(category="break").rate_card_id is not None
    assert bad_derivation() is None


def test_a_sweep_in_between_takes_nothing_away() -> None:
    shop = begun()
    clock.sweep(at=after(minutes=50))
    press(shop, "stop", 40, arrives=90)
    assert times(shop) == [("task", 40)]


@pytest.mark.parametrize("act", ["break", "resume", "stop"])
def test_sending_it_again_changes_nothing(act: str) -> None:
    shop = begun()
    press(shop, "break", 30, arrives=70)
    press(shop, "resume", 40, arrives=70)
    press(shop, "stop", 50, arrives=70)
    clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="a", at=after(minutes=80))
    before = WorkerClock.objects.values().get()
    assert press(shop, act, {"break": 30, "resume": 40, "stop": 50}[act], arrives=85) == "running"
    assert WorkerClock.objects.values().get() == before
    assert times(shop) == [("task", 30), ("break", 10), ("task", 10)]


def test_what_does_not_fit_before_the_arrival_is_cut_off() -> None:
    shop = begun()
    press(shop, "stop", 600, arrives=15)
    assert times(shop) == [("task", 15)]


def test_on_a_stopped_clock_nothing_happens() -> None:
    shop = begun()
    clock.stop(worker=shop.worker, at=after(minutes=5))
    assert press(shop, "break", 30, arrives=31) == "stopped"
    assert times(shop) == [("task", 5)]


@pytest.mark.parametrize("elapsed", [-1, 2**60, 1.5, True, "5"])
def test_a_figure_that_is_none_is_refused(elapsed: Any) -> None:
    shop = begun()
    with pytest.raises(Invalid), transaction.atomic():
        act_offline(worker=shop.worker, act=OfflineAct.STOP, stamp=MONDAY, elapsed_ms=elapsed)
    assert WorkerClock.objects.get().category == "task"


def post(client: Client, body: object) -> Any:
    return client.post(reverse("clock_act"), json.dumps(body), content_type="application/json")


def test_the_address_takes_what_the_outbox_sends(client: Client) -> None:
    shop = begun()
    client.force_login(shop.worker)
    stamp = int(MONDAY.timestamp() * 1000)
    letter = {"act": "stop", "key": "k", "showing": None, "stamp_ms": stamp, "elapsed_ms": 40 * MINUTE}
    answer = post(client, letter)
    assert (answer.status_code, answer.json()["status"]) == (200, "stopped")
    assert times(shop) == [("task", 40)]


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"act": "sleep", "stamp_ms": 1, "elapsed_ms": 1},
        {"act": "stop", "stamp_ms": "x", "elapsed_ms": 1},
        {"act": "stop", "stamp_ms": 10**30, "elapsed_ms": 1},
        {"act": "stop", "stamp_ms": 1, "elapsed_ms": None},
    ],
)
def test_hostile_bodies_are_refused(client: Client, body: object) -> None:
    shop = begun()
    client.force_login(shop.worker)
    assert post(client, body).status_code == 422
    assert WorkerClock.objects.get().category == "task"


def test_nobody_stops_anybody_elses_clock(client: Client) -> None:
    begun()
    answer = post(client, {"act": "stop", "stamp_ms": 1, "elapsed_ms": 1})
    assert answer.status_code in {302, 401, 403}
    assert WorkerClock.objects.get().category == "task"
