"""The clock as other packages call it. What each act does is in the modules it comes from."""

from wages.services.acts import (
    begin_page,
    end_break,
    lock_clock,
    move,
    move_measured,
    start_work,
    stop,
    take_break,
)
from wages.services.locking import LockedClock
from wages.services.presence import answer_presence, ask_presence, beat
from wages.services.sweeping import sweep
from wages.services.tokens import ask_after_ms, clock_token
from wages.services.unknown import answer_unknown

__all__ = [
    "LockedClock",
    "answer_presence",
    "answer_unknown",
    "ask_after_ms",
    "ask_presence",
    "beat",
    "begin_page",
    "clock_token",
    "end_break",
    "lock_clock",
    "move",
    "move_measured",
    "start_work",
    "stop",
    "sweep",
    "take_break",
]
