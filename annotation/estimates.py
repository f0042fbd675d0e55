"""How long one ranking takes, what that comes to, and how much data an hour of it uses. Pure.

Measured on rankings that people were paid for, never guessed. Percentiles are nearest-rank, so that each figure
is the time of a ranking that somebody made. Integer milliseconds, bytes and micro-units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from byhand.money import MS_PER_HOUR, ceil_div

FIRST_PAGE_BYTES = 120_000  # scripts, styles and icons, loaded once; the ranking page has to stay below it
ITEM_OVERHEAD_BYTES = 15_000  # the markup around the texts of one item, and the answer that is sent
COMPLETION_OVERHEAD_BYTES = 5_000  # the buttons and fields of one completion
BEAT_BYTES_PER_HOUR = 60 * 4 * 1_200  # a beat each 15 s, headers included


@dataclass(frozen=True)
class Estimate:
    """Half of `ballots` rankings took at most `median_ms`, three quarters at most `p75_ms`."""

    median_ms: int
    p75_ms: int
    ballots: int
    measured_at: datetime | None = None


def measure(durations_ms: Sequence[int], *, at_least: int) -> Estimate | None:
    """Return the estimate, or None where fewer than `at_least` (and never fewer than one) rankings were timed."""
    if len(durations_ms) < max(at_least, 1):
        return None
    ordered = sorted(durations_ms)
    return Estimate(nearest_rank(ordered, 50), nearest_rank(ordered, 75), len(ordered))


def nearest_rank(ordered: Sequence[int], percent: int) -> int:
    """Return the smallest value that at least `percent` of the ordered values do not exceed."""
    return ordered[max(ceil_div(len(ordered) * percent, 100), 1) - 1]


def pay_of(duration_ms: int, hourly_micro: int) -> int:
    """Return what so much time is worth, rounded down: a promise is never larger than the pay."""
    return duration_ms * hourly_micro // MS_PER_HOUR


def bytes_per_hour(*, text_bytes: int, completions: int, median_ms: int) -> int:
    """Return the data an hour of ranking uses at the median pace, without compression, the first page included."""
    per_item = item_bytes(text_bytes=text_bytes, completions=completions)
    return FIRST_PAGE_BYTES + BEAT_BYTES_PER_HOUR + per_item * MS_PER_HOUR // max(median_ms, 1)


def item_bytes(*, text_bytes: int, completions: int) -> int:
    """Return what one item's page takes: the stored texts and the markup around them."""
    return text_bytes + ITEM_OVERHEAD_BYTES + completions * COMPLETION_OVERHEAD_BYTES
