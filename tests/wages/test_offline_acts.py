"""Offline work is work: acts that the browser measured are paid for when they were made, whenever they arrive."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from byhand.errors import Invalid
from tests.wages.factories import MONDAY, Shop, after, make_shop
from tests.wages.test_clock import ONE, TWO, rows, show, start
from wages.models import Beat, Interval, WorkerClock
from wages.rules import LONGEST_GAP, Stretch, close, made_at, measured, seen_after
from wages.services import clock
from wages.verification import verify
from wages.work import Category, WorkKind, WorkRef

THREE = WorkRef(WorkKind.RANK, "three")
MS = timedelta(milliseconds=1)
database = pytest.mark.django_db


@transaction.atomic
def submit(
    shop: Shop, minute: float, *, arrives: float, then: WorkRef | None, stamp: float | None = 0
) -> None:
    """Answer the item in hand at `minute` by the browser, `then` on screen; the server hears of it later."""
    locked = clock.lock_clock(worker=shop.worker, at=after(minutes=arrives))
    clock.move_measured(
        locked,
        elapsed_ms=int((minute - (stamp or 0)) * 60_000),
        stamp=None if stamp is None else after(minutes=stamp),
        category=Category.TASK if then else Category.WAITING,
        project_id=shop.project_id,
        work=then,
    )


def begun() -> tuple[Shop, str]:
    shop = make_shop()
    start(shop)
    show(shop, ONE, MONDAY)
    return shop, clock.clock_token(shop.worker, "session")


def times(shop: Shop) -> list[tuple[str, str, int, bool]]:
    found = Interval.objects.filter(worker=shop.worker).order_by("period")
    return [(row.category, row.work_id, row.ms // 1000, row.rate_card_id is not None) for row in found]


@database
def test_forty_minutes_offline_with_three_submits_are_paid_without_a_question() -> None:
    shop, _token = begun()
    submit(shop, 10, arrives=40.1, then=TWO)
    submit(shop, 25, arrives=40.2, then=THREE)
    submit(shop, 40, arrives=40.3, then=None)
    clock.stop(worker=shop.worker, at=after(minutes=41))
    assert times(shop) == [
        ("task", ONE.id, 600, True),
        ("task", TWO.id, 900, True),
        ("task", THREE.id, 900, True),
        ("waiting", "", 60, True),
    ]
    assert [finding.bad for finding in verify() if finding.bad] == []


@database
@pytest.mark.parametrize("sweeps", [(), (21,), (21, 22, 39, 40.15, 40.25)])
def test_the_sweep_changes_nothing_about_offline_work(sweeps: tuple[float, ...]) -> None:
    shop, _token = begun()
    acts = [(10, 40.1, TWO), (25, 40.2, THREE), (40, 40.3, None)]
    events: list[tuple[float, tuple[float, WorkRef | None] | None]] = [(minute, None) for minute in sweeps]
    events += [(arrives, (made, then)) for made, arrives, then in acts]
    for minute, act in sorted(events, key=lambda event: event[0]):
        if act is None:
            clock.sweep(at=after(minutes=minute))
        else:
            submit(shop, act[0], arrives=minute, then=act[1])
    clock.stop(worker=shop.worker, at=after(minutes=41))
    paid = [(work, seconds) for _category, work, seconds, is_paid in times(shop) if is_paid and work]
    assert sum(seconds for work, seconds in paid if work == ONE.id) == 600
    assert sum(seconds for work, seconds in paid if work == TWO.id) == 900
    assert sum(seconds for work, seconds in paid if work == THREE.id) == 900
    assert [row for row in times(shop) if row[0] == "unknown"] == []


@database
def test_half_an_hour_on_one_item_offline_is_paid_in_full() -> None:
    shop, _token = begun()
    submit(shop, 35, arrives=36, then=None)
    clock.stop(worker=shop.worker, at=after(minutes=36))
    assert times(shop) == [("task", ONE.id, 2100, True), ("waiting", "", 60, True)]


@database
@pytest.mark.parametrize("claimed", [41, 600, 10**9])
def test_a_claim_larger_than_the_gap_is_cut_to_it_and_is_no_error(claimed: int) -> None:
    shop, _token = begun()
    submit(shop, claimed, arrives=40, then=TWO)
    clock.stop(worker=shop.worker, at=after(minutes=41))
    assert times(shop) == [("task", ONE.id, 2400, True), ("task", TWO.id, 60, True)]


@database
def test_a_claim_before_what_is_known_already_adds_nothing() -> None:
    shop, _token = begun()
    show(shop, TWO, after(minutes=10))
    submit(shop, 5, arrives=12, then=None)
    clock.stop(worker=shop.worker, at=after(minutes=15))
    assert times(shop) == [("task", ONE.id, 600, True), ("waiting", "", 300, True)]


@database
def test_without_a_stamp_the_last_proof_of_presence_is_the_ground() -> None:
    shop, token = begun()
    clock.beat(token=token, tab="a", seq=1, elapsed_ms=1, at=after(minutes=5))
    submit(shop, 30, arrives=40, then=TWO, stamp=None)
    clock.stop(worker=shop.worker, at=after(minutes=40))
    assert times(shop) == [("task", ONE.id, 2100, True), ("task", TWO.id, 300, True)]


@database
def test_a_question_that_nobody_answered_stands_against_a_late_act() -> None:
    shop, token = begun()
    clock.beat(token=token, tab="a", seq=1, elapsed_ms=1, at=after(minutes=15))
    clock.ask_presence(token=token, at=after(minutes=25))
    submit(shop, 60, arrives=61, then=None)
    clock.stop(worker=shop.worker, at=after(minutes=61))
    assert times(shop)[:2] == [("task", ONE.id, 1500, True), ("unknown", ONE.id, 2100, False)]


@database
@pytest.mark.parametrize("elapsed", [-1, 2**53])
def test_a_figure_that_no_clock_shows_is_refused_and_nothing_written(elapsed: int) -> None:
    shop, _token = begun()
    before = WorkerClock.objects.filter(worker=shop.worker).values().get()
    with pytest.raises(Invalid), transaction.atomic():
        clock.move_measured(
            clock.lock_clock(worker=shop.worker, at=after(minutes=1)),
            elapsed_ms=elapsed,
            category=Category.WAITING,
            project_id=shop.project_id,
            work=None,
        )
    assert WorkerClock.objects.filter(worker=shop.worker).values().get() == before
    assert rows(shop) == []


# --- beats that an outage held back ----------------------------------------------------------------------


def send(token: str, seq: int, minute: float, missed: list[tuple[int, float]] | None = None) -> str:
    late = [(number, int(at * 60_000)) for number, at in missed or []]
    return clock.beat(
        token=token, tab="a", seq=seq, elapsed_ms=int(minute * 60_000), missed=late, at=after(minutes=minute)
    ).state


@database
@pytest.mark.parametrize("spacing", [0.25, 1, 9, 18])
def test_beats_of_an_outage_keep_reading_paid_whatever_their_spacing(spacing: float) -> None:
    shop, token = begun()
    send(token, 1, 2)
    marks = [(2 + n, 2 + spacing * (n + 1)) for n in range(int(48 / spacing)) if 2 + spacing * (n + 1) < 50]
    for sliced in [marks[:: max(1, len(marks) // 60)]]:
        send(token, 1000, 50, sliced)
    clock.stop(worker=shop.worker, at=after(minutes=51))
    assert times(shop) == [("task", ONE.id, 3060, True)]


@database
@pytest.mark.parametrize("swept", [False, True])
def test_beats_that_leave_a_gap_of_more_than_twenty_minutes_leave_it_unknown(swept: bool) -> None:
    shop, token = begun()
    send(token, 1, 2)
    if swept:
        clock.sweep(at=after(minutes=30))
    send(token, 9, 60, [(2, 10), (3, 35), (4, 50)])
    clock.stop(worker=shop.worker, at=after(minutes=61))
    found = times(shop)
    assert [row for row in found if row[0] == "unknown"] == [("unknown", ONE.id, 1500, False)]
    assert sum(row[2] for row in found if row[3]) == 61 * 60 - 1500


@database
def test_beats_before_or_after_the_answers_of_the_same_outage_pay_the_same() -> None:
    results = []
    for beats_first in (True, False):
        shop, token = begun()
        send(token, 1, 1)
        marks = [(2, 15.0), (3, 30.0)]
        if beats_first:
            send(token, 9, 40, marks)
        submit(shop, 10, arrives=40.1, then=TWO)
        submit(shop, 25, arrives=40.2, then=THREE)
        if not beats_first:
            send(token, 9, 40.3, marks)
        clock.stop(worker=shop.worker, at=after(minutes=41))
        results.append(times(shop))
    assert (
        results[0]
        == results[1]
        == [
            ("task", ONE.id, 600, True),
            ("task", TWO.id, 900, True),
            ("task", THREE.id, 960, True),
        ]
    )


@database
def test_a_batch_sent_again_changes_nothing() -> None:
    shop, token = begun()
    for _time in range(2):
        send(token, 9, 40, [(2, 15), (3, 30)])
    before = WorkerClock.objects.filter(worker=shop.worker).values().get()
    send(token, 8, 41, [(7, 40)])
    assert WorkerClock.objects.filter(worker=shop.worker).values().get() == before
    assert sorted(Beat.objects.values_list("seq", flat=True)) == [2, 3, 7, 8, 9]


@database
@pytest.mark.parametrize("missed", [[(9, 1)], [(1, 10**9)], [(-1, 1)], [(1, 1)] * 65])
def test_a_batch_that_makes_no_sense_is_refused_whole(missed: list[tuple[int, int]]) -> None:
    _shop, token = begun()
    with pytest.raises(Invalid):
        clock.beat(token=token, tab="a", seq=9, elapsed_ms=60_000, missed=missed, at=after(minutes=1))
    assert not Beat.objects.exists()


@database
@pytest.mark.parametrize(("asked", "answered", "unknown"), [(25, 34, 0), (25, 36, 660)])
def test_a_question_asked_and_answered_without_a_connection_counts_when_it_was(
    asked: int, answered: int, unknown: int
) -> None:
    shop, token = begun()
    clock.ask_presence(token=token, ago_ms=(45 - asked) * 60_000, at=after(minutes=45))
    clock.answer_presence(token=token, ago_ms=(45 - answered) * 60_000, at=after(minutes=45))
    clock.stop(worker=shop.worker, at=after(minutes=45))
    found = times(shop)
    assert sum(row[2] for row in found if row[0] == "unknown") == unknown
    assert sum(row[2] for row in found if row[3]) == 45 * 60 - unknown


# --- the rules as properties -----------------------------------------------------------------------------

QUEUE = st.lists(st.integers(0, 5_400_000), max_size=8).map(sorted)


def at(ms: int) -> datetime:
    return MONDAY + ms * MS


def play(acts: list[int], arrivals: list[int], stamps: list[int]) -> list[tuple[int, int, int]]:
    """Close a stretch by each act in turn; return (item, start, end) in milliseconds of what is paid."""
    stretch, found = Stretch(Category.TASK, MONDAY, MONDAY, None, held=True), []
    for item, (act, arrival, stamp) in enumerate(zip(acts, arrivals, stamps, strict=True)):
        now = max(at(arrival), stretch.since)
        made = made_at(stretch.since, now, stamp=at(stamp), elapsed_ms=max(0, act - stamp))
        proven = measured(stretch, made)
        found += [
            (item, (piece.start - MONDAY) // MS, (piece.end - MONDAY) // MS)
            for piece in close(proven, made).pieces
            if piece.paid
        ]
        stretch = Stretch(Category.TASK, made, seen_after(max(proven.seen, made), now), None, held=True)
    return found


@given(QUEUE, st.data())
def test_batching_changes_no_item_of_the_queue(acts: list[int], data: st.DataObject) -> None:
    end = max(acts, default=0)
    together = [end] * len(acts)
    delays = data.draw(st.lists(st.integers(0, 5_400_000), min_size=len(acts), max_size=len(acts)))
    apart = [act + delay for act, delay in zip(acts, delays, strict=True)]
    zero = [0] * len(acts)
    stamps = [data.draw(st.integers(0, act)) for act in acts]
    assert play(acts, together, zero) == play(acts, apart, zero) == play(acts, together, stamps)


@given(QUEUE)
def test_honest_offline_acts_pay_all_of_the_time_up_to_the_last(acts: list[int]) -> None:
    assert sum(end - start for _item, start, end in play(acts, acts, [0] * len(acts))) == max(acts, default=0)


@given(
    st.lists(st.tuples(*[st.integers(0, 5_400_000)] * 3), max_size=8),
)
def test_no_claim_overlaps_or_reaches_beyond_its_arrival(claims: list[tuple[int, int, int]]) -> None:
    """Whatever is claimed, in whatever order it arrives."""
    paid = play(*map(list, zip(*claims, strict=True))) if claims else []
    for earlier, later in pairwise(paid):
        assert earlier[2] <= later[1]
    assert all(end <= max(arrival for _act, arrival, _stamp in claims) for _item, _start, end in paid)


@given(st.integers(0, 5_400_000), st.integers(0, 5_400_000), st.integers(0, 1_200_000))
def test_a_measured_act_never_lowers_what_an_unmeasured_one_pays(act: int, seen: int, wait: int) -> None:
    now = at(max(act, seen) + wait)
    stretch = Stretch(Category.TASK, MONDAY, at(seen), None, held=True)
    plain = sum(piece.ms for piece in close(stretch, now).pieces if piece.paid)
    made = made_at(MONDAY, now, stamp=MONDAY, elapsed_ms=act)
    proven = measured(stretch, made)
    first = sum(piece.ms for piece in close(proven, made).pieces if piece.paid)
    rest = Stretch(Category.TASK, made, max(made, seen_after(proven.seen, now)), None, held=True)
    assert first + sum(piece.ms for piece in close(rest, now).pieces if piece.paid) >= plain
    assert timedelta(minutes=20) == LONGEST_GAP
