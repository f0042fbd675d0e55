"""Proofs of presence: beats, the presence question, and the sweep that closes what has gone silent.

A beat never begins a session and never pays by itself; it only moves the last proof of presence, which the
rules read when the stretch is closed. So the pay does not depend on how often beats come.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core import signing
from django.db import connection, transaction
from django.db.models import Q

from byhand.accounts.models import User
from byhand.errors import Invalid
from wages.errors import BadClockToken
from wages.models import Interval, WorkerClock
from wages.rules import ANSWER_WITHIN, ASK_NOT_BEFORE, LONGEST_GAP
from wages.services.acts import close_silence, going_on, lock_present, move, resume
from wages.services.locking import LockedClock, lock
from wages.services.stretch import mark_seen
from wages.work import Category, WorkRef

_SALT = "wages.clock"
_TAB = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LARGEST = 2**53 - 1
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
    """What a page is told after a beat: "running", "break", "unknown" or "stopped"."""

    state: str
    category: str
    asked: bool


def clock_token(worker: User, session: str) -> str:
    """Return the signed token that lets this session's pages send beats, carried in the body.

    It outlives the login that it was made in, so that an expired login loses no minute; it opens nothing else.
    `session` is the session's key; only a digest of it goes into the token.
    """
    digest = hashlib.sha256(f"clock:{session}".encode()).hexdigest()[:16]
    return signing.dumps({"worker": worker.pk, "session": digest}, salt=_SALT, compress=False)


def read_token(token: str) -> tuple[int, str]:
    """Return the worker's id and the session's digest; raises BadClockToken."""
    try:
        body = signing.loads(token, salt=_SALT, max_age=2 * settings.SESSION_COOKIE_AGE)
        return int(body["worker"]), str(body["session"])
    except (signing.BadSignature, KeyError, TypeError, ValueError) as error:
        raise BadClockToken("This page's clock token is not valid any more. Reload the page.") from error


@transaction.atomic
def beat(
    *,
    token: str,
    tab: str,
    seq: int,
    elapsed_ms: int,
    work: WorkRef | None = None,
    focused: bool = False,
    at: datetime | None = None,
) -> ClockState:
    """Store one beat and take it as proof of presence. A replayed or out-of-order beat changes nothing."""
    worker_id, session = read_token(token)
    _check_beat(tab, seq, elapsed_ms)
    clock = lock_present(worker_id, at)
    values: dict[str, Any] = {
        "id": uuid4(),
        "worker": worker_id,
        "session": session,
        "tab": tab,
        "seq": seq,
        "elapsed_ms": elapsed_ms,
        "work_kind": work.kind.value if work else "",
        "work_id": work.id if work else "",
        "focused": focused,
        "at": clock.at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STORE, values)
        stored = cursor.fetchone()
    if stored == (True,):
        _present(clock, tab, work if focused else None)
    return state_of(clock)


@transaction.atomic
def ask_presence(*, token: str, at: datetime | None = None) -> ClockState:
    """Note that the page has asked "Still working?". Ignored sooner than 20 minutes after the last act."""
    worker_id, _session = read_token(token)
    clock = lock_present(worker_id, at)
    running = clock.category not in {None, Category.BREAK, Category.UNKNOWN}
    if running and clock.asked is None and clock.at - clock.since >= ASK_NOT_BEFORE:
        clock.asked = clock.seen = clock.at
        WorkerClock.objects.filter(pk=worker_id).update(asked_at=clock.at, seen_at=clock.at)
    return state_of(clock)


@transaction.atomic
def answer_presence(*, token: str, at: datetime | None = None) -> ClockState:
    """Answer the question. In time: everything before is paid. Late: unknown since the question; work goes on."""
    worker_id, _session = read_token(token)
    clock = lock_present(worker_id, at)
    if clock.category is Category.UNKNOWN:
        resume(clock)
    elif clock.asked is not None and clock.category is not None and clock.project_id is not None:
        move(clock, category=clock.category, project_id=clock.project_id, work=clock.work, tab=clock.tab)
    return state_of(clock)


def sweep(at: datetime | None = None) -> int:
    """Close every stretch whose session has ended without an act. Returns how many. Harmless to run twice."""
    now = at or _now()
    silent = WorkerClock.objects.exclude(category__in=["", Category.BREAK, Category.UNKNOWN]).filter(
        Q(seen_at__lt=now - LONGEST_GAP) | Q(asked_at__lte=now - ANSWER_WITHIN)
    )
    return sum(_sweep_one(worker_id, at) for worker_id in silent.values_list("worker_id", flat=True))


@transaction.atomic
def _sweep_one(worker_id: int, at: datetime | None) -> bool:
    return close_silence(lock(worker_id, at))


def _present(clock: LockedClock, tab: str, focused_on: WorkRef | None) -> None:
    """Take a fresh beat as presence. It proves a return to an item in hand; after a question a person answers."""
    if clock.category is Category.UNKNOWN and clock.asked is None:
        resume(clock)
    if clock.category in {None, Category.BREAK, Category.UNKNOWN} or clock.project_id is None:
        return
    mark_seen(clock)
    elsewhere = focused_on is not None and focused_on != clock.work and tab != clock.tab
    if elsewhere and focused_on is not None and _shown_before(clock, focused_on):
        move(clock, category=going_on(focused_on), project_id=clock.project_id, work=focused_on, tab=tab)


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


def state_of(clock: LockedClock) -> ClockState:
    names = {None: "stopped", Category.BREAK: "break", Category.UNKNOWN: "unknown"}
    category = clock.category.value if clock.category else ""
    return ClockState(names.get(clock.category, "running"), category, clock.asked is not None)


def _now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
