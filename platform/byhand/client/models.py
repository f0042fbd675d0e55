"""What the API answers, as frozen dataclasses. Fields that a newer site adds are left out, never an error."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

Level = tuple[int, ...]


@dataclass(frozen=True)
class ProjectSummary:
    id: UUID
    title: str
    organisation: UUID
    state: str
    paused_reason: str
    simulated: bool
    k: int
    overlap: int
    overlap_percent: int
    languages: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True)
class Project(ProjectSummary):
    """`etag` is what `update_project` sends, so that nobody's change is overwritten unseen."""

    lease_ms: int
    top_m: int | None
    asks_strength: bool
    dimensions: tuple[str, ...]
    content_warning: str
    support_contact: str
    exposure_ms: int | None
    target_ballots: int | None
    gold_percent: int
    repeat_percent: int
    repeat_after_ms: int
    pilot_ballots: int
    qualification_pass_percent: int | None
    qualification_retries: int
    etag: str = ""


@dataclass(frozen=True)
class Counts:
    prompts: int
    items: int
    items_open: int
    items_done: int
    ballots_wanted: int
    ballots_counted: int
    ballots_surplus: int
    skips: int
    people: int


@dataclass(frozen=True)
class Forecast:
    """`latest` None: at the slow end of the range the work does not end. Amounts in micro-units."""

    assumption: str
    remaining: int
    earliest: datetime
    expected: datetime
    latest: datetime | None
    spend_micro: tuple[int, ...] | None


@dataclass(frozen=True)
class Progress:
    """`cost_micro`: of one ranking that counts; None while fewer than three people have worked."""

    at: datetime
    counts: Counts
    currency: str
    cost_micro: int | None
    forecast: Forecast | None
    flagged_items: int
    items_to_review: int


@dataclass(frozen=True)
class Prompt:
    id: int
    import_id: UUID
    line: int
    group: str
    language: str
    sha256: str
    text: str


@dataclass(frozen=True)
class Generation:
    id: UUID
    policy_name: str
    policy_digest: str
    sampling: dict[str, Any]
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class Item:
    id: int
    role: str
    priority: int
    state: str
    overlap: int
    ballots: int
    generation: UUID
    prompt: int
    group: str
    beginning: str


@dataclass(frozen=True)
class Flag:
    kind: str
    completion: int | None


@dataclass(frozen=True)
class Ballot:
    """A ranking, best first; completions by their index. `unranked` below every group, `unacceptable` below all."""

    id: UUID
    item: int
    pseudonym: str
    standing: str
    day: date
    groups: tuple[Level, ...]
    unranked: Level
    unacceptable: Level
    strengths: tuple[str | None, ...]
    ratings: dict[str, tuple[int | None, ...]]
    flags: tuple[Flag, ...]
    shown_order: Level
    note: str | None


@dataclass(frozen=True)
class Completion:
    index: int
    text: str
    finish_reason: str
    seed: int


@dataclass(frozen=True)
class Skip:
    pseudonym: str
    reason: str
    day: date


@dataclass(frozen=True)
class ItemDetail:
    item: Item
    text: str
    completions: tuple[Completion, ...]
    ballots: tuple[Ballot, ...]
    skips: tuple[Skip, ...]


@dataclass(frozen=True)
class Webhook:
    """`secret` is there only right after it was made or replaced."""

    id: UUID
    organisation: UUID
    url: str
    events: tuple[str, ...]
    description: str
    state: str
    paused_reason: str
    failures: int
    created_at: datetime
    secret: str = ""


@dataclass(frozen=True)
class Delivery:
    id: UUID
    event: UUID
    type: str
    state: str
    tries: int
    next_at: datetime | None
    created_at: datetime
