"""Sums of a snapshot: who contributed what to which slice, and which slices may be shown at all. Pure.

Everything that leaves this module as a public number has passed `disclosure`; the exact sums stay inside
`release` and are rounded there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from wages.reports import disclosure
from wages.reports.snapshot import Leaf, Slice, Snapshot

HOUR_MS = 3_600_000
DIRECT = "direct"
# frozen order of the categories of one-way breakdowns; a new category is a new method version
CATEGORIES = (
    "task",
    "review",
    "guidelines",
    "training",
    "qualification",
    "waiting",
    "admin",
    "break",
    "claimed",
)


@dataclass(frozen=True)
class Workload:
    """`covered` slices may be totalled; `withheld` ones are (slice, reason)."""

    snapshot: Snapshot
    direct_work: frozenset[str]
    covered: tuple[Slice, ...]
    withheld: tuple[tuple[Slice, str], ...]

    @property
    def whole(self) -> bool:
        return bool(self.covered) and not self.withheld

    @property
    def worked(self) -> bool:
        return any(leaf.ms > 0 for part in self.snapshot.slices for leaf in part.leaves)

    def leaves(self, wanted: Callable[[Leaf], bool] = lambda leaf: leaf.on_the_clock) -> list[Leaf]:
        return [leaf for part in self.covered for leaf in part.leaves if wanted(leaf)]

    def ms(self) -> int:
        return sum(leaf.ms for leaf in self.leaves())

    def earned_micro(self, wanted: Callable[[Leaf], bool] = lambda leaf: True) -> int:
        return sum(leaf.earned_micro for leaf in self.leaves() if wanted(leaf))

    def cell(self, leaf: Leaf) -> str:
        """Name the row of the breakdown that the leaf is in. A break with an item in hand is a break."""
        direct = leaf.category in {"task", "review"} and leaf.work in self.direct_work
        return DIRECT if direct else leaf.category

    def by_worker(self, wanted: Callable[[Leaf], bool]) -> list[dict[str, int]]:
        """Return milliseconds by worker, one dictionary per covered slice."""
        return [sum_by_worker(leaf for leaf in part.leaves if wanted(leaf)) for part in self.covered]

    def refusal(self, wanted: Callable[[Leaf], bool]) -> str:
        """Say why the time of the wanted leaves can't be shown; "" if it can."""
        slices = [part.values() for part in self.by_worker(wanted)]
        return disclosure.refusal_in_every_slice(slices, self.snapshot.p_percent)

    def money_refusal(self, wanted: Callable[[Leaf], bool]) -> str:
        """Say why the money of the wanted leaves can't be shown beside the whole; "" if it can.

        What is left of the whole must be safe as well, or the difference would tell it.
        """
        for each in (wanted, lambda leaf: not wanted(leaf)):
            leaves = [
                [leaf for leaf in part.leaves if leaf.on_the_clock and each(leaf)] for part in self.covered
            ]
            slices = [sum_by_worker(part, lambda leaf: leaf.earned_micro).values() for part in leaves]
            if reason := disclosure.refusal_in_every_slice(slices, self.snapshot.p_percent):
                return reason
        return ""

    def breakdown(self) -> tuple[disclosure.Breakdown, dict[str, int]]:
        """Return how the cells group, and the exact milliseconds of every cell."""
        names = (DIRECT, *CATEGORIES)
        cells = {name: self.by_worker(lambda leaf, name=name: self._in(leaf, name)) for name in names}  # type: ignore[misc]
        sizes = {name: sum(sum(part.values()) for part in parts) for name, parts in cells.items()}
        return disclosure.break_down(cells, self.snapshot.p_percent), sizes

    def worker_weeks(self, wanted: Callable[[Leaf], bool] = lambda leaf: True) -> list[tuple[int, int]]:
        """Return (ms, earned in the wanted leaves) of each worker of each covered slice."""
        weeks: list[tuple[int, int]] = []
        for part in self.covered:
            held = [leaf for leaf in part.leaves if leaf.on_the_clock and wanted(leaf)]
            earned = sum_by_worker(held, lambda leaf: leaf.earned_micro)
            weeks.extend((ms, earned[worker]) for worker, ms in sum_by_worker(held).items() if ms > 0)
        return weeks

    def smallest_crew(self) -> int:
        return min((crew(part) for part in self.covered), default=0)

    def largest_crew(self) -> int:
        return max((crew(part) for part in self.snapshot.slices), default=0)

    def _in(self, leaf: Leaf, name: str) -> bool:
        return leaf.on_the_clock and self.cell(leaf) == name


def make(snapshot: Snapshot, direct_work: frozenset[str]) -> Workload:
    """Sort the slices into those that may be shown and those that may not."""
    refusals = [(part, slice_refusal(part, snapshot.p_percent)) for part in snapshot.slices]
    return Workload(
        snapshot=snapshot,
        direct_work=direct_work,
        covered=tuple(part for part, reason in refusals if not reason),
        withheld=tuple((part, reason) for part, reason in refusals if reason),
    )


def slice_refusal(part: Slice, p_percent: int) -> str:
    """Say why nothing of the slice may be totalled; "" if it may, or if nobody worked in it."""
    time = sum_by_worker(leaf for leaf in part.leaves if leaf.on_the_clock)
    if not any(time.values()):
        return disclosure.TOO_FEW if crew(part) else ""
    earned = sum_by_worker(
        (leaf for leaf in part.leaves if leaf.on_the_clock), lambda leaf: leaf.earned_micro
    )
    return (
        disclosure.refusal(time.values(), p_percent)
        or (disclosure.refusal(earned.values(), p_percent) if any(earned.values()) else "")
        or disclosure.cap_refusal(time.values(), cap_ms(part))
    )


def cap_ms(part: Slice) -> int:
    """The most one person may be offered in the slice: 8 hours for each day of it, 40 hours for each week."""
    seconds = (datetime.fromisoformat(part.ends) - datetime.fromisoformat(part.starts)).total_seconds()
    days = max(1, -int(-seconds // 86_400))
    return min(8 * days, 40 * -(-days // 7)) * HOUR_MS


def crew(part: Slice) -> int:
    return len({leaf.worker for leaf in part.leaves if leaf.ms > 0})


def sum_by_worker(
    leaves: Iterable[Leaf], value: Callable[[Leaf], int] = lambda leaf: leaf.ms
) -> dict[str, int]:
    sums: dict[str, int] = {}
    for leaf in leaves:
        sums[leaf.worker] = sums.get(leaf.worker, 0) + value(leaf)
    return sums
