"""The frozen facts that a report is made from: closed slices with their leaves, and the policies in force.
Pure.

A leaf is one (worker, category, work) of one closed period, as `close_period` froze it. Its worker is a random
name that holds for that period alone, so nothing here can join one person's weeks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from wages.reports.errors import MixedWork

OFF_THE_CLOCK = frozenset({"unknown"})
TOP_UP, COST = "top_up", "cost"
BESIDE_TIME = frozenset({"piece", "bonus", "premium", TOP_UP, COST, "correction"})
"""Categories of leaves that hold money and no time: entries beside accrued work, named after their kind."""


@dataclass(frozen=True)
class Leaf:
    worker: str
    category: str
    work: str | None
    ms: int
    earned_micro: int
    currency: str
    rate_card: str | None
    simulated: bool

    @property
    def beside_time(self) -> bool:
        return self.category in BESIDE_TIME

    @property
    def on_the_clock(self) -> bool:
        """All recorded time but unknown time and unpaid breaks."""
        return self.category not in OFF_THE_CLOCK and not (
            self.category == "break" and self.rate_card is None
        )


@dataclass(frozen=True)
class RateCardFact:
    """`id` is "<project>/v<version>", as leaves name it; times are ISO 8601, "" for open."""

    id: str
    hourly_micro: int
    valid_from: str
    valid_to: str


@dataclass(frozen=True)
class PayerFact:
    legal_entity: str
    country: str
    relation: str


@dataclass(frozen=True)
class ProjectFact:
    id: str
    title: str
    organisation: str
    currency: str
    simulated: bool
    floor_micro: int
    payers: tuple[PayerFact, ...]
    rate_cards: tuple[RateCardFact, ...]


@dataclass(frozen=True)
class Slice:
    """One closed period of one project. `root` commits to the salted leaves; `log_index` is where it is
    logged.
    """

    period_id: int
    project: str
    label: str
    starts: str
    ends: str
    root: str
    log_index: int | None
    leaves: tuple[Leaf, ...] = field(repr=False)


@dataclass(frozen=True)
class Snapshot:
    """Everything a report may draw on. `sent_micro` and `received_micro` are None where nothing is known."""

    projects: tuple[ProjectFact, ...]
    slices: tuple[Slice, ...]
    sent_micro: int | None
    received_micro: int | None
    p_percent: int

    def project(self, project_id: str) -> ProjectFact:
        return next(project for project in self.projects if project.id == project_id)

    @property
    def currency(self) -> str:
        return self.projects[0].currency


def parse_leaf(body: str) -> Leaf | None:
    """Read a frozen leaf; None for padding, which names no worker."""
    data = json.loads(body)
    if not data.get("worker"):
        return None
    return Leaf(
        worker=data["worker"],
        category=data["category"],
        work=data["work"] or None,
        ms=int(data["ms"]),
        earned_micro=int(data["earned_micro"]),
        currency=data["currency"],
        rate_card=data["rate_card"] or None,
        simulated=data["simulated"],
    )


def require_unmixed(snapshot: Snapshot, simulated: bool) -> None:
    """Refuse to total simulated with real work, or one currency with another."""
    for project in snapshot.projects:
        if project.simulated is not simulated:
            raise MixedWork(
                f"The report and project {project.id} disagree on whether the work was simulated."
            )
        if project.currency != snapshot.currency:
            raise MixedWork(
                "The projects behind this model pay in different currencies; method 1 does not add them."
            )
    for part in snapshot.slices:
        for leaf in part.leaves:
            if leaf.simulated is not simulated:
                raise MixedWork(f"Period {part.label} holds simulated and real work; they are never added.")
            if leaf.currency != snapshot.currency:
                raise MixedWork(f"Period {part.label} holds {leaf.currency} beside {snapshot.currency}.")


def relevant(slices: tuple[Slice, ...], direct_work: frozenset[str]) -> tuple[Slice, ...]:
    """Keep each project's slices up to the last one that holds direct work: what came later made other
    models.
    """
    kept: list[Slice] = []
    for project in sorted({part.project for part in slices}):
        own = sorted((part for part in slices if part.project == project), key=lambda part: part.starts)
        holding = [
            place for place, part in enumerate(own) if any(leaf.work in direct_work for leaf in part.leaves)
        ]
        if holding:
            kept.extend(own[: holding[-1] + 1])
    return tuple(sorted(kept, key=lambda part: (part.starts, part.project)))


def frame(snapshot: Snapshot) -> dict[str, Any]:
    """Return the snapshot without its leaves, which stay where they were frozen, as JSON values."""
    slices = [{**asdict(part), "leaves": []} for part in snapshot.slices]
    return {**asdict(snapshot), "slices": slices}


def from_frame(data: Mapping[str, Any], leaves: Mapping[int, tuple[Leaf, ...]]) -> Snapshot:
    """Read back what `frame` wrote, with the leaves of each period id."""
    projects = tuple(
        ProjectFact(
            **{
                **project,
                "payers": tuple(PayerFact(**payer) for payer in project["payers"]),
                "rate_cards": tuple(RateCardFact(**card) for card in project["rate_cards"]),
            }
        )
        for project in data["projects"]
    )
    slices = tuple(Slice(**{**part, "leaves": leaves[part["period_id"]]}) for part in data["slices"])
    return Snapshot(**{**data, "projects": projects, "slices": slices})
