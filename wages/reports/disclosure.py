"""What may be said in public about a crew without saying what one of its members earned. Pure; policy version
1.

Contributions are one number per worker of one closed slice. Every rule is applied to each slice by itself, so
that no comparison of two reports over different weeks can give away a week that was too small to be shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

POLICY_VERSION = "1"
MIN_CREW = 5
QUANTILE_CREW = 10
CAP_SLACK_PERCENT = 25
P_PERCENT = 10
TOO_FEW = "fewer than 5 people contributed"
TOO_CONCENTRATED = "one contribution could be worked out from the total"
TOO_CLOSE_TO_CAP = "the total is so near the most the crew could work that it tells what each worked"
OTHER = "other"

POLICY = (
    "Rate cards, floors, payers and instructions are published at any crew size, except a rate card that was "
    "offered to fewer than 5 people, or to a number of people that is not known.",
    "Hours and money are published for a period in which at least 5 people contributed. With fewer, the report "
    "says "
    '"fewer than 5" and whether any work was done, and gives no hours, money, top-ups, disputes or counts '
    "of work.",
    "A concentration rule (p%) withholds a total from which the second largest contributor could work out the "
    "largest; p is kept in the snapshot for auditors.",
    "A total is withheld if it comes so near the most that the crew could have worked (8 hours a day, 40 hours "
    "a week) that less than 25% is left: it would tell what each person worked.",
    "The size of the crew is given as a band, never as a number.",
    "Quantiles are given from 10 contributors: the 10th, 50th and 90th percentile, rounded to 0.05. Never the "
    "smallest or the largest value.",
    "Hours are broken down in one way only, by fixed categories. Small categories are put together until the "
    "group passes the same rules; if no group passes, there is no breakdown.",
    "A withheld figure is withheld in every form of the report. The web page and the JSON are one object.",
    "A period that is withheld stays listed, with its reason. Carrying it forward into a later total, and "
    "testing each report against every earlier one, are not in this version of the policy.",
)

_BANDS = ((5, "fewer than 5"), (10, "5 to 9"), (25, "10 to 24"), (100, "25 to 99"), (250, "100 to 249"))


def crew_band(crew: int) -> str:
    """Return the band that may be published for a crew."""
    return next((name for below, name in _BANDS if crew < below), "250 or more")


def refusal(contributions: Iterable[int], p_percent: int) -> str:
    """Say why the total of one slice can't be shown; "" if it can. Contributions of zero count for nobody."""
    ordered = sorted((value for value in contributions if value > 0), reverse=True)
    if len(ordered) < MIN_CREW:
        return TOO_FEW
    rest = sum(ordered[2:])
    return TOO_CONCENTRATED if rest * 100 < p_percent * ordered[0] else ""


def cap_refusal(contributions: Iterable[int], cap: int) -> str:
    """Say so if the total leaves less than the slack below crew x cap; "" if it is far enough."""
    ordered = [value for value in contributions if value > 0]
    most = len(ordered) * cap
    return TOO_CLOSE_TO_CAP if (most - sum(ordered)) * 100 < CAP_SLACK_PERCENT * most else ""


def refusal_in_every_slice(slices: Iterable[Iterable[int]], p_percent: int) -> str:
    """The first reason found among slices; a slice in which nobody contributed gives nothing away."""
    for contributions in slices:
        held = [value for value in contributions if value > 0]
        reason = refusal(held, p_percent) if held else ""
        if reason:
            return reason
    return ""


@dataclass(frozen=True)
class Breakdown:
    """Which cells stand alone, and which were put together under OTHER. Both empty: no breakdown may be
    shown.
    """

    alone: tuple[str, ...]
    together: tuple[str, ...]


def break_down(cells: Mapping[str, Sequence[Mapping[str, int]]], p_percent: int) -> Breakdown:
    """Group cells so that each group passes in every slice.

    `cells` maps a name to its contributions by worker, slice by slice (every cell has as many slices). The total
    is published too, so a single small cell could be found by subtraction: the smallest safe cells join it
    until the group passes by itself.
    """
    used = {name: slices for name, slices in cells.items() if _size(slices)}
    alone = {name for name, slices in used.items() if not _refused([slices], p_percent)}
    together = set(used) - alone
    while together and _refused([used[name] for name in sorted(together)], p_percent):
        if not alone:
            return Breakdown((), ())
        smallest = min(alone, key=lambda name: (_size(used[name]), name))
        alone.remove(smallest)
        together.add(smallest)
    if not alone:
        return Breakdown((), ())
    return Breakdown(
        tuple(name for name in cells if name in alone), tuple(name for name in cells if name in together)
    )


def _refused(group: list[Sequence[Mapping[str, int]]], p_percent: int) -> str:
    merged: list[dict[str, int]] = []
    for parts in zip(*group, strict=True):
        slice_sums: dict[str, int] = {}
        for part in parts:
            for worker, value in part.items():
                slice_sums[worker] = slice_sums.get(worker, 0) + value
        merged.append(slice_sums)
    return refusal_in_every_slice((sums.values() for sums in merged), p_percent)


def _size(slices: Sequence[Mapping[str, int]]) -> int:
    return sum(sum(part.values()) for part in slices)


def quantile(values: Sequence[int], percent: int) -> int:
    """Return the nearest-rank quantile: the smallest value that `percent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-percent * len(ordered) // 100) - 1)]
