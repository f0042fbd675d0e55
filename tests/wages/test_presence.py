"""Beats, the presence question and the sweep: they prove presence and pay nothing by themselves."""

from __future__ import annotations

import pytest
from django.core import signing
from django.db import transaction

from byhand.errors import Invalid
from tests.wages.factories import MONDAY, Shop, after, make_shop
from tests.wages.test_clock import ONE, TWO, rows, show, start
from wages.errors import BadClockToken
from wages.models import Beat, Interval, WorkerClock
from wages.selectors import clock_view
from wages.services import clock

pytestmark = pytest.mark.django_db


def begun(shop: Shop) -> str:
    """Start, put an item on screen, and return the token for beats."""
    start(shop)
    show(shop, ONE, MONDAY)
    return clock.clock_token(shop.worker, "session")


def send(token: str, seq: int, minute: float, tab: str = "a") -> str:
    return clock.beat(
        token=token, tab=tab, seq=seq, elapsed_ms=int(minute * 60_000), work=ONE, at=after(minutes=minute)
    ).state


def test_beats_keep_a_session_whole_however_rare_up_to_twenty_minutes() -> None:
    totals = []
    for step in (1, 5, 20):
        shop = make_shop()
        token = begun(shop)
        for seq, minute in enumerate(range(step, 121, step)):
            send(token, seq, minute)
        clock.stop(worker=shop.worker, at=after(minutes=125))
        totals.append(rows(shop))
    assert totals[0] == totals[1] == totals[2] == [("task", 7_500_000, 38_541_667)]


def test_a_replayed_and_an_out_of_order_beat_change_nothing() -> None:
    shop = make_shop()
    token = begun(shop)
    send(token, 5, 1)
    for seq in (5, 4, 0):
        send(token, seq, 15)
    assert WorkerClock.objects.get(worker=shop.worker).seen_at == after(minutes=1)
    assert sorted(Beat.objects.values_list("seq", flat=True)) == [0, 4, 5]  # kept raw, the replay once
    assert rows(shop) == []


def test_a_return_after_more_than_twenty_minutes_leaves_an_unknown_gap() -> None:
    shop = make_shop()
    token = begun(shop)
    send(token, 1, 10)
    assert send(token, 2, 35) == "running"
    clock.stop(worker=shop.worker, at=after(minutes=40))
    assert rows(shop) == [
        ("task", 600_000, 3_083_334),
        ("unknown", 1_500_000, 0),
        ("task", 300_000, 1_541_666),
    ]


def test_the_sweep_changes_no_result() -> None:
    results = []
    for swept in (False, True):
        shop = make_shop()
        token = begun(shop)
        send(token, 1, 10)
        if swept:
            assert clock.sweep(at=after(minutes=31)) == 1
            assert clock.sweep(at=after(minutes=32)) == 0
            assert clock_view(shop.worker, after(minutes=32)).state == "unknown"
        send(token, 2, 35)
        clock.stop(worker=shop.worker, at=after(minutes=40))
        results.append(rows(shop))
    assert results[0] == results[1]


def test_the_sweep_leaves_live_sessions_and_breaks_alone() -> None:
    shop = make_shop()
    token = begun(shop)
    send(token, 1, 10)
    assert clock.sweep(at=after(minutes=30)) == 0
    clock.take_break(worker=shop.worker, at=after(minutes=30))
    assert clock.sweep(at=after(hours=9)) == 0
    assert rows(shop) == [("task", 1_800_000, 9_250_000)]


def test_a_silent_wait_ends_at_the_last_beat_and_no_beat_begins_a_session() -> None:
    shop = make_shop()
    start(shop)
    token = clock.clock_token(shop.worker, "session")
    send(token, 1, 5)
    assert clock.sweep(at=after(hours=1)) == 1
    assert rows(shop) == [("waiting", 300_000, 1_541_667)]
    assert send(token, 2, 70) == "stopped"
    assert rows(shop) == [("waiting", 300_000, 1_541_667)]


def test_a_tab_that_beats_all_night_is_paid_until_the_question() -> None:
    shop = make_shop()
    token = begun(shop)
    for seq in range(1, 97):  # every five minutes for eight hours
        send(token, seq, seq * 5)
        if seq == 6:
            assert clock.ask_presence(token=token, at=after(minutes=30)).asked
        if seq % 20 == 0:
            clock.sweep(at=after(minutes=seq * 5))
    assert clock_view(shop.worker, after(hours=8)).state == "unknown"
    clock.answer_presence(token=token, at=after(hours=8))
    clock.stop(worker=shop.worker, at=after(hours=8, minutes=10))
    assert [(category, ms) for category, ms, _ in rows(shop)] == [
        ("task", 1_800_000),
        ("unknown", 27_000_000),
        ("task", 600_000),
    ]


def test_a_question_answered_in_time_pays_everything() -> None:
    shop = make_shop()
    token = begun(shop)
    send(token, 1, 15)
    clock.ask_presence(token=token, at=after(minutes=25))
    clock.answer_presence(token=token, at=after(minutes=34))
    clock.stop(worker=shop.worker, at=after(minutes=40))
    assert [(category, ms) for category, ms, _ in rows(shop)] == [("task", 2_040_000), ("task", 360_000)]


def test_an_act_answers_the_question() -> None:
    shop = make_shop()
    token = begun(shop)
    send(token, 1, 15)
    clock.ask_presence(token=token, at=after(minutes=25))
    show(shop, TWO, after(minutes=34))
    assert not clock_view(shop.worker, after(minutes=35)).asked
    assert [(category, ms) for category, ms, _ in rows(shop)] == [("task", 2_040_000)]


def test_a_question_sooner_than_twenty_minutes_after_an_act_is_ignored() -> None:
    shop = make_shop()
    token = begun(shop)
    assert not clock.ask_presence(token=token, at=after(minutes=19, seconds=59)).asked


@pytest.mark.parametrize(
    "token",
    ["", "x", signing.dumps({"worker": 1, "session": "s"}, salt="other")],
    ids=["empty", "no token", "other salt"],
)
def test_a_forged_token_is_refused(token: str) -> None:
    with pytest.raises(BadClockToken):
        clock.beat(token=token, tab="a", seq=1, elapsed_ms=1)
    assert not Beat.objects.exists()


def test_a_beat_that_makes_no_sense_is_refused_with_every_reason() -> None:
    shop = make_shop()
    token = begun(shop)
    with pytest.raises(Invalid) as refused, transaction.atomic():
        clock.beat(token=token, tab="not a tab!", seq=-1, elapsed_ms=2**60)
    assert [problem.split(":")[0] for problem in refused.value.problems] == ["tab", "seq", "elapsed_ms"]
    assert not Beat.objects.exists()
    assert not Interval.objects.exists()


def kept_open(shop: Shop, hours: float) -> str:
    """Beats every ten minutes from a page that never asks."""
    token = begun(shop)
    for seq in range(1, int(hours * 6) + 1):
        send(token, seq, seq * 10)
    return token


def test_a_page_that_beats_and_never_asks_is_asked_by_the_server_after_four_hours() -> None:
    shop = make_shop()
    token = kept_open(shop, 3.9)
    assert WorkerClock.objects.get().asked_at is None
    assert clock.beat(token=token, tab="a", seq=99, elapsed_ms=14_400_000, work=ONE, at=after(hours=4)).asked
    assert WorkerClock.objects.get().asked_at == after(hours=4)


def test_an_open_tab_is_not_paid_overnight() -> None:
    shop = make_shop()
    kept_open(shop, 12)
    clock.stop(worker=shop.worker, at=after(hours=12))
    assert [row[:2] for row in rows(shop)] == [("task", 4 * 3_600_000), ("unknown", 8 * 3_600_000)]


def test_the_servers_question_answered_in_time_pays_all_of_it() -> None:
    shop = make_shop()
    token = kept_open(shop, 4)
    clock.answer_presence(token=token, at=after(hours=4, minutes=9, seconds=59))
    clock.stop(worker=shop.worker, at=after(hours=4, minutes=10))
    assert {row[0] for row in rows(shop)} == {"task"}
    assert sum(row[1] for row in rows(shop)) == 250 * 60_000


def test_the_sweep_asks_too_and_asking_proves_nothing() -> None:
    shop = make_shop()
    kept_open(shop, 3.9)
    assert clock.sweep(at=after(hours=4)) == 0
    found = WorkerClock.objects.get()
    assert (found.asked_at, found.seen_at) == (after(hours=4), after(minutes=230))
    assert clock.sweep(at=after(hours=4, minutes=10)) == 1
    clock.stop(worker=shop.worker, at=after(hours=5))
    assert [row[:2] for row in rows(shop)] == [("task", 4 * 3_600_000), ("unknown", 3_600_000)]


def test_a_page_whose_items_take_long_may_ask_only_later() -> None:
    shop = make_shop()
    start(shop)
    show(shop, ONE, MONDAY)
    token = clock.clock_token(shop.worker, "session", estimate_ms=15 * 60_000)
    send(token, 1, 20)
    send(token, 2, 40)
    assert not clock.ask_presence(token=token, at=after(minutes=44)).asked
    assert clock.ask_presence(token=token, at=after(minutes=45)).asked


def test_a_short_estimate_leaves_the_token_as_it_was() -> None:
    shop = make_shop()
    assert clock.clock_token(shop.worker, "s", 400_000).count(".") == clock.clock_token(
        shop.worker, "s"
    ).count(".")
