"""Proofs of presence: beats and the presence question.

A beat never begins a session and never pays by itself; it only moves the last proof of presence, which the
rules read when the stretch is closed. So the pay does not depend on how often beats come.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import connection, transaction

from byhand.errors import Invalid
from wages.models import Beat, Interval
from wages.rules import LONGEST_GAP, ask_after, made_at
from wages.services.acts import ask_anyway, close_silence, going_on, lock_present, move, prove, resume
from wages.services.locking import LockedClock, lock
from wages.services.stretch import go_on, mark_seen
from wages.services.tokens import read_token
from wages.work import Category, WorkRef

_TAB = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LARGEST = 2**53 - 1
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_MISSED = 64
Missed = Sequence[tuple[int, int]]
"""Beats that could not be sent when they were due: (sequence number, elapsed milliseconds of the tab)."""
_STORE = """
INSERT INTO wages_beat (id, worker_id, session, tab, seq, elapsed_ms, work_kind, work_id, focused, at)
VALUES (%(id)s, %(worker)s, %(session)s, %(tab)s, %(seq)s, %(elapsed_ms)s, %(work_kind)s, %(work_id)s, %(focused)s,
        %(at)s)
ON CONFLICT (worker_id, tab, seq) DO NOTHING
RETURNING NOT EXISTS (SELECT 1 FROM wages_beat later
                      WHERE later.worker_id = %(worker)s AND later.tab = %(tab)s AND later.seq > %(seq)s)
"""


@dataclass(frozen=True)
class ClockState:
    """What a page is told after a beat: "running", "break", "unknown" or "stopped".

    `at_ms` is the server's time in milliseconds since 1970: the stamp from which the page measures its acts.
    """

    state: str
    category: str
    asked: bool
    at_ms: int


@transaction.atomic
def beat(
    *,
    token: str,
    tab: str,
    seq: int,
    elapsed_ms: int,
    work: WorkRef | None = None,
    focused: bool = False,
    missed: Missed = (),
    at: datetime | None = None,
) -> ClockState:
    """Store one beat, and those before it that an outage held back, as proofs of presence.

    A replayed or out-of-order beat changes nothing.
    """
    worker_id, session, _estimate = read_token(token)
    _check_beat(tab, seq, elapsed_ms)
    _check_missed(missed, seq, elapsed_ms)
    clock = lock(worker_id, at)
    arrival, raw = clock.at, {"worker": worker_id, "session": session, "tab": tab, "at": clock.at}
    anchor = _anchor(worker_id, tab, elapsed_ms, arrival) if missed else (arrival, elapsed_ms)
    late = [
        (number, elapsed) for number, elapsed in sorted(missed) if _store(raw, number, elapsed, work, focused)
    ]
    fresh = _store(raw, seq, elapsed_ms, work, focused)
    if fresh:
        _catch_up(clock, anchor, [elapsed for _number, elapsed in late])
    clock.at = max(arrival, clock.since)
    close_silence(clock)
    if fresh:
        _present(clock, tab, work if focused else None)
    ask_anyway(clock)
    return state_of(clock)


def _store(raw: dict[str, Any], seq: int, elapsed_ms: int, work: WorkRef | None, focused: bool) -> bool:
    """Keep a beat as it came. Return whether it is new and the last one of its tab."""
    named = {"work_kind": work.kind.value if work else "", "work_id": work.id if work else ""}
    values = {"id": uuid4(), "seq": seq, "elapsed_ms": elapsed_ms, "focused": focused, **named, **raw}
    with connection.cursor() as cursor:
        cursor.execute(_STORE, values)
        return bool(cursor.fetchone() == (True,))


def _anchor(worker_id: int, tab: str, elapsed_ms: int, arrival: datetime) -> tuple[datetime, int]:
    """Return a moment of the server and what the tab's clock said then: the last beat that came, else this one.

    A reload begins the tab's clock anew, so an earlier beat with a higher figure says nothing.
    """
    last = (
        Beat.objects.filter(worker=worker_id, tab=tab)
        .order_by("-seq")
        .values_list("at", "elapsed_ms")
        .first()
    )
    return last if last is not None and last[1] <= elapsed_ms else (arrival, elapsed_ms)


def _catch_up(clock: LockedClock, anchor: tuple[datetime, int], elapsed: list[int]) -> None:
    """Take each late beat as presence at the time when it was due. Only an item in hand is worked on offline."""
    stamp, base = anchor
    arrival = clock.at
    for ms in elapsed:
        if clock.work is None or clock.category is Category.BREAK:
            return
        shift = timedelta(milliseconds=min(0, ms - base))
        due = made_at(clock.seen, arrival, stamp=stamp + shift, elapsed_ms=max(0, ms - base))
        if due <= clock.seen:
            continue
        clock.at = due
        if clock.category is Category.UNKNOWN and clock.asked is None and due - clock.since <= LONGEST_GAP:
            prove(clock)
            go_on(clock)
            continue
        close_silence(clock)
        _present(clock, clock.tab, None)


@transaction.atomic
def ask_presence(*, token: str, ago_ms: int = 0, at: datetime | None = None) -> ClockState:
    """Note that the page has asked "Still working?". Ignored sooner than 20 minutes after the last act, or than three
    times the item's estimate where the page's token names one.

    `ago_ms`: how long ago that was, where the page had no connection then.
    """
    clock = _then(token, ago_ms, at)
    running = clock.category not in {None, Category.BREAK, Category.UNKNOWN}
    estimate = timedelta(minutes=read_token(token).estimate_minutes)
    if running and clock.asked is None and clock.at - clock.since >= ask_after(estimate):
        clock.asked, clock.seen = clock.at, max(clock.at, clock.seen)
        go_on(clock)
    return state_of(clock)


@transaction.atomic
def answer_presence(*, token: str, ago_ms: int = 0, at: datetime | None = None) -> ClockState:
    """Answer the question. In time: everything before is paid. Late: unknown since the question; work goes on."""
    clock = _then(token, ago_ms, at)
    if clock.category is Category.UNKNOWN:
        resume(clock)
    elif clock.asked is not None and clock.category is not None and clock.project_id is not None:
        move(clock, category=clock.category, project_id=clock.project_id, work=clock.work, tab=clock.tab)
    return state_of(clock)


def _then(token: str, ago_ms: int, at: datetime | None) -> LockedClock:
    """Lock the clock of the token's worker as of `ago_ms` before now, which the page proves by having been there."""
    worker_id = read_token(token).worker_id
    if type(ago_ms) is not int or not 0 <= ago_ms <= _LARGEST:
        raise Invalid("ago_ms: a whole number of at least 0.")
    if ago_ms == 0:
        return lock_present(worker_id, at)
    clock = lock(worker_id, at)
    open_ms = (clock.at - clock.since) // timedelta(milliseconds=1)
    clock.at -= timedelta(milliseconds=min(ago_ms, open_ms))
    prove(clock)
    close_silence(clock)
    return clock


def _present(clock: LockedClock, tab: str, focused_on: WorkRef | None) -> None:
    """Take a fresh beat as presence. It proves a return to an item in hand; after a question a person answers."""
    if clock.category is Category.UNKNOWN and clock.asked is None:
        resume(clock)
    if clock.category in {None, Category.BREAK, Category.UNKNOWN} or clock.project_id is None:
        return
    mark_seen(clock)
    elsewhere = focused_on is not None and focused_on != clock.work and tab != clock.tab
    if elsewhere and focused_on is not None and _shown_before(clock, focused_on):
        category = going_on(clock.worker_id, focused_on)
        move(clock, category=category, project_id=clock.project_id, work=focused_on, tab=tab)


def _shown_before(clock: LockedClock, work: WorkRef) -> bool:
    """Say whether the clock has had this work in this session: a tab can't name work that was never handed out."""
    shown = Interval.objects.filter(
        worker_id=clock.worker_id,
        work_kind=work.kind,
        work_id=work.id,
        project_id=clock.project_id,
        period__endswith__gt=clock.session_since,
    )
    return shown.exists()


def _check_beat(tab: str, seq: int, elapsed_ms: int) -> None:
    problems = []
    if not _TAB.fullmatch(tab):
        problems.append("tab: 1 to 64 letters, digits, - or _.")
    for name, value in (("seq", seq), ("elapsed_ms", elapsed_ms)):
        if type(value) is not int or not 0 <= value <= _LARGEST:
            problems.append(f"{name}: a whole number of at least 0.")
    if problems:
        raise Invalid("This beat can't be used.", problems)


def _check_missed(missed: Missed, seq: int, elapsed_ms: int) -> None:
    whole = len(missed) <= MOST_MISSED and all(
        type(number) is int and type(ms) is int and 0 <= number < seq and 0 <= ms <= elapsed_ms
        for number, ms in missed
    )
    if not whole:
        raise Invalid(
            "This beat can't be used.",
            [
                f"missed: at most {MOST_MISSED} pairs of sequence number and elapsed_ms, each before this beat."
            ],
        )


def state_of(clock: LockedClock) -> ClockState:
    names = {None: "stopped", Category.BREAK: "break", Category.UNKNOWN: "unknown"}
    category = clock.category.value if clock.category else ""
    state = names.get(clock.category, "running")
    return ClockState(state, category, clock.asked is not None, epoch_ms(clock.at))


def epoch_ms(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)
