"""Counts what a writer wrote and what it left out, by reason. One instance an export."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """`rows` by split; `left_out` by reason, in units that the reason names."""

    rows: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
