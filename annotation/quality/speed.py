"""Time against agreement, over all people together: never per person, and nothing for fewer than five people.

A relation here says nothing of anybody: people differ in both, items too, and fast agreement may mean easy items.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from math import log, sqrt
from typing import Any

from annotation.quality.intervals import Sums, Totals, add_to
from annotation.quality.reliability import SMALLEST_CROWD

BANDS = (15, 30, 60, 120, 300)
"""Upper ends in seconds; the last band is open."""


@dataclass
class Speed:
    """People, ballots and agreement by band of time; the sums of the correlation go to the caller's."""

    people: dict[int, set[int]] = field(default_factory=dict)
    agreement: Totals = field(default_factory=lambda: defaultdict(float))

    def add(self, person: int, seconds: float | None, agreement: float, sums: Totals) -> None:
        if seconds is None or seconds <= 0:
            return
        band = bisect_right(BANDS, seconds)
        self.people.setdefault(band, set()).add(person)
        add_to(self.agreement, {("n", band): 1, ("sum", band): agreement})
        x, y = log(seconds), agreement
        moments = {"n": 1.0, "x": x, "y": y, "xx": x * x, "yy": y * y, "xy": x * y}
        add_to(sums, {("speed", name): value for name, value in moments.items()})

    def everybody(self) -> int:
        return len(set().union(*self.people.values())) if self.people else 0

    def bands(self) -> list[dict[str, Any]]:
        """Return ballots and mean agreement per band; a band of fewer than five people says nothing."""
        rows = []
        for band in range(len(BANDS) + 1):
            enough = len(self.people.get(band, ())) >= SMALLEST_CROWD
            n = round(self.agreement[("n", band)])
            rows.append(
                {
                    "from": BANDS[band - 1] if band else 0,
                    "to": BANDS[band] if band < len(BANDS) else None,
                    "ballots": n if enough else None,
                    "agreement": self.agreement[("sum", band)] / n if enough else None,
                }
            )
        return rows


def correlation(sums: Sums) -> float | None:
    """Return Pearson's r of log seconds and agreement with others; None where either does not vary."""
    n, x, y, xx, yy, xy = (sums.get(("speed", name), 0.0) for name in ("n", "x", "y", "xx", "yy", "xy"))
    if n < 2:
        return None
    across, down = n * xx - x * x, n * yy - y * y
    if across <= 1e-9 * n * n or down <= 1e-9 * n * n:
        return None
    return max(-1.0, min(1.0, (n * xy - x * y) / sqrt(across * down)))
