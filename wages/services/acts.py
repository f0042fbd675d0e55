"""The acts that move a worker's time: open a page, start, show, take a break, stop."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from byhand.accounts.models import User
from byhand.errors import Invalid
from wages.errors import ClockStopped
from wages.models import Interval, Release
from wages.rules import by_week, close, made_at, measured, must_be_asked, seen_after
from wages.services.locking import LockedClock, lock
from wages.services.stretch import begin, fall_silent, go_on, halt, mark_seen, source_of, write_piece
from wages.work import BEGINNABLE, PAGE_CATEGORIES, Category, WorkKind, WorkRef

LARGEST_MS = 2**53 - 1


def lock_clock(*, worker: User, at: datetime | None = None) -> LockedClock:
    """Lock the worker's clock for the rest of the caller's transaction; `.at` is now, read after the lock."""
    return lock(worker.pk, at)


def settle(clock: LockedClock) -> Interval | None:
    """Close what runs up to `clock.at` with its pay. Returns the last interval written, if any."""
    if clock.category is None:
        clock.session_since = clock.at
        return None
    verdict = close(clock.stretch(), clock.at)
    source, last = source_of(clock), None
    for piece in by_week(verdict.pieces):
        last = write_piece(source, piece, clock)
    if verdict.broken:
        clock.session_since = clock.at
    return last


def move(
    clock: LockedClock, *, category: Category, project_id: UUID, work: WorkRef | None, tab: str = ""
) -> Interval | None:
    """Close [since, now) as one interval, post its pay, and begin the next stretch, in the caller's transaction.

    Returns the interval just closed, or None if nothing ran. After a broken session the interval returned is
    the last piece of it. Raises NoRateInForce, SimulatedMix or NotFound before anything is kept.
    """
    category = Category(category)
    if category not in BEGINNABLE:
        raise Invalid(f"An act can't begin {category.value!r}.")
    closed = settle(clock)
    begin(clock, category=category, project_id=project_id, work=work, tab=tab)
    return closed


def move_measured(
    clock: LockedClock,
    *,
    elapsed_ms: int,
    stamp: datetime | None = None,
    category: Category,
    project_id: UUID,
    work: WorkRef | None,
    tab: str = "",
) -> Interval | None:
    """Like `move`, for an act that the browser measured and that may arrive late, from an offline queue.

    It was made `elapsed_ms` after `stamp`, a time that the server told the page (without one: after the last
    proof of presence). What fits before the arrival is paid without a question; the next stretch begins there.
    """
    if not 0 <= elapsed_ms <= LARGEST_MS:
        raise Invalid("elapsed_ms: whole milliseconds of at least 0.")
    if clock.category is None:
        return move(clock, category=category, project_id=project_id, work=work, tab=tab)
    arrival = clock.at
    clock.at = made_at(clock.since, arrival, stamp=stamp or clock.seen, elapsed_ms=elapsed_ms)
    prove(clock)
    seen = seen_after(clock.seen, arrival)
    closed = settle(clock)
    begin(clock, category=category, project_id=project_id, work=work, tab=tab, seen=seen)
    clock.at = arrival
    return closed


def prove(clock: LockedClock) -> None:
    """Take what the browser measured as proof of presence up to `clock.at`; the caller writes the clock row.

    A sweep may have taken the silence for an absence in the meantime: with an item in hand that is taken back.
    """
    if clock.category is Category.UNKNOWN and clock.work is not None:
        clock.category = going_on(clock.worker_id, clock.work)
    if clock.category is not None:
        clock.seen = measured(clock.stretch(), clock.at).seen


def lock_present(worker_id: int, at: datetime | None = None) -> LockedClock:
    """Lock the clock and close what a silence has ended already, so that no act depends on when the sweep ran."""
    clock = lock(worker_id, at)
    close_silence(clock)
    return clock


def close_silence(clock: LockedClock) -> bool:
    """Close a stretch whose session has ended without an act: with an item in hand, or after an unanswered
    question, it runs on as `unknown` until the return; else the clock stops at the last proof of presence.
    """
    if clock.category in {None, Category.BREAK, Category.UNKNOWN}:
        return False
    verdict = close(clock.stretch(), clock.at)
    if not verdict.broken:
        return False
    source = source_of(clock)
    for piece in by_week(piece for piece in verdict.pieces if piece.paid):
        write_piece(source, piece, clock)
    gap = next((piece for piece in verdict.pieces if not piece.paid), None)
    if gap is None:
        halt(clock, clock.seen)
    else:
        fall_silent(clock, gap.start)
    return True


def ask_anyway(clock: LockedClock) -> bool:
    """Ask on the server's own account where nobody has acted for hours. Asking is no proof of presence."""
    if clock.category is None or not must_be_asked(clock.stretch(), clock.at):
        return False
    clock.asked = clock.at
    go_on(clock)
    return True


@transaction.atomic
def begin_page(
    *, worker: User, project_id: UUID, category: Category, tab: str, at: datetime | None = None
) -> Interval | None:
    """Start paid time because a page that we require has opened. Opening it again changes nothing."""
    category = Category(category)
    if category not in PAGE_CATEGORIES:
        raise Invalid(f"{category.value!r} is no page that starts the clock by itself.")
    clock = lock_present(worker.pk, at)
    if clock.category is category and clock.project_id == project_id and clock.work is None:
        mark_seen(clock)
        return None
    return move(clock, category=category, project_id=project_id, work=None, tab=tab)


@transaction.atomic
def start_work(*, worker: User, project_id: UUID, tab: str, at: datetime | None = None) -> Interval | None:
    """Start the session: until an item is on screen the time is `waiting`. Does nothing inside a running one.

    A release from waiting ends with it: they have come back by themselves.
    """
    clock = lock_present(worker.pk, at)
    if clock.project_id == project_id and clock.category in {Category.TASK, Category.WAITING}:
        mark_seen(clock)
        return None
    if clock.category is None:
        Release.objects.filter(worker=worker, project=project_id, recalled_at=None).update(
            recalled_at=clock.at
        )
    return move(clock, category=Category.WAITING, project_id=project_id, work=None, tab=tab)


@transaction.atomic
def take_break(*, worker: User, at: datetime | None = None) -> Interval | None:
    """Declare a break; the item in hand stays in hand. Up to 20 minutes of it are paid, longer ones are not."""
    clock = lock_present(worker.pk, at)
    if clock.category is Category.BREAK:
        return None
    if clock.category is None or clock.project_id is None:
        raise ClockStopped(_("Your clock is stopped; there is nothing to take a break from."))
    return move(clock, category=Category.BREAK, project_id=clock.project_id, work=clock.work, tab=clock.tab)


@transaction.atomic
def end_break(*, worker: User, at: datetime | None = None) -> Interval | None:
    """Come back from a break, or from a silence: the item in hand goes on, else waiting."""
    clock = lock_present(worker.pk, at)
    if clock.category in {Category.BREAK, Category.UNKNOWN}:
        return resume(clock)
    if clock.category is not None:
        mark_seen(clock)
    return None


@transaction.atomic
def stop(*, worker: User, at: datetime | None = None) -> Interval | None:
    """Close the running stretch with its pay and stop the clock. Stopping again changes nothing."""
    clock = lock_present(worker.pk, at)
    if clock.category is None:
        return None
    closed = settle(clock)
    halt(clock, clock.at)
    return closed


def resume(clock: LockedClock) -> Interval | None:
    """Go on with the item in hand, or with waiting. The clock must not be stopped."""
    if clock.project_id is None:
        raise ClockStopped(_("Your clock is stopped; press Start work."))
    category = going_on(clock.worker_id, clock.work)
    return move(clock, category=category, project_id=clock.project_id, work=clock.work, tab=clock.tab)


def going_on(worker_id: int, work: WorkRef | None) -> Category:
    """Return the category of going on with an item, or without one: what its last stretch was, before any break."""
    if work is None:
        return Category.WAITING
    if work.kind is WorkKind.REVIEW:
        return Category.REVIEW
    known = Interval.objects.filter(
        worker_id=worker_id,
        work_kind=work.kind,
        work_id=work.id,
        category__in=[Category.TASK, Category.QUALIFICATION],
    )
    last = known.order_by("-id").values_list("category", flat=True).first()
    return Category(last) if last else Category.TASK
