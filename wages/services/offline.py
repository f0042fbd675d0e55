"""Break, resume and Stop that were pressed without a connection, and arrive later from the outbox.

Each carries when it was made, measured by the browser from a time that the server told. It takes effect then, not on
arrival. An act that something later has overtaken changes nothing, so sending it twice is harmless.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction

from byhand.accounts.models import User
from byhand.errors import Invalid
from wages.rules import made_at
from wages.services.acts import LARGEST_MS, going_on, move_measured, prove, settle
from wages.services.locking import LockedClock, lock
from wages.services.presence import ClockState, state_of
from wages.services.stretch import halt
from wages.work import Category


class OfflineAct(StrEnum):
    BREAK = "break"
    RESUME = "resume"
    STOP = "stop"


@transaction.atomic
def act_offline(
    *, worker: User, act: OfflineAct, stamp: datetime, elapsed_ms: int, at: datetime | None = None
) -> ClockState:
    """Let a break, a return or a stop take effect `elapsed_ms` after `stamp`; what fits before it is paid.

    Does nothing where the clock is stopped already, or where a later act has arrived before. Raises Invalid.
    """
    if type(elapsed_ms) is not int or not 0 <= elapsed_ms <= LARGEST_MS:
        raise Invalid("elapsed_ms: whole milliseconds of at least 0.")
    clock = lock(worker.pk, at)
    open_ms = max(0, (clock.at - stamp) // timedelta(milliseconds=1))
    made = stamp + timedelta(milliseconds=min(elapsed_ms, open_ms))
    if clock.category is not None and made > clock.since:
        _apply(clock, act, stamp, elapsed_ms)
    return state_of(clock)


def _apply(clock: LockedClock, act: OfflineAct, stamp: datetime, elapsed_ms: int) -> None:
    if act is OfflineAct.STOP:
        clock.at = made_at(clock.since, clock.at, stamp=stamp, elapsed_ms=elapsed_ms)
        prove(clock)
        settle(clock)
        halt(clock, clock.at)
        return
    away = clock.category in {Category.BREAK, Category.UNKNOWN}
    if clock.project_id is None or (act is OfflineAct.RESUME) != away:
        return
    category = Category.BREAK if act is OfflineAct.BREAK else going_on(clock.worker_id, clock.work)
    move_measured(
        clock,
        elapsed_ms=elapsed_ms,
        stamp=stamp,
        category=category,
        project_id=clock.project_id,
        work=clock.work,
        tab=clock.tab,
    )
