"""When a delivery is tried again. Pure."""

from __future__ import annotations

from datetime import timedelta

MOST_TRIES = 9
FIRST, FACTOR, LONGEST = timedelta(seconds=30), 4, timedelta(hours=12)
FAILURES_THAT_PAUSE = 30  # in a row, over all deliveries of an endpoint
OLD_SECRET_LIVES = timedelta(hours=24)


def wait_after(tries: int, draw: float) -> timedelta | None:
    """Return how long to wait after `tries` failed tries; None: no more. `draw` in [0, 1) spreads by 20 %.

    30 s, 2 min, 8 min, 32 min, 2 h 8 min, 8 h 32 min, 12 h, 12 h: a day and a half, then it is given up.
    """
    if tries >= MOST_TRIES:
        return None
    wait: timedelta = min(FIRST * int(FACTOR ** (tries - 1)), LONGEST) * (0.8 + 0.4 * draw)
    return wait


def succeeded(status: int) -> bool:
    return 200 <= status < 300
