"""The words that work is named by. Pure. `wages` knows an item as an opaque (kind, id) and nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class WorkKind(StrEnum):
    RANK = "rank"
    COMPARE = "compare"
    WRITE = "write"
    REVIEW = "review"


class Category(StrEnum):
    """What a stretch of time was. While a session is open every millisecond has exactly one of these."""

    TASK = "task"
    GUIDELINES = "guidelines"
    TRAINING = "training"
    QUALIFICATION = "qualification"
    WAITING = "waiting"
    REVIEW = "review"
    ADMIN = "admin"
    BREAK = "break"
    UNKNOWN = "unknown"
    CLAIMED = "claimed"


PAGE_CATEGORIES = frozenset(
    {Category.GUIDELINES, Category.TRAINING, Category.QUALIFICATION, Category.REVIEW, Category.ADMIN}
)
"""What a page that we require may be: its time starts by itself when it opens."""

BEGINNABLE = PAGE_CATEGORIES | {Category.TASK, Category.WAITING, Category.BREAK}
"""What an act may begin. `unknown` comes from silence alone, `claimed` from an answered claim alone."""


@dataclass(frozen=True)
class WorkRef:
    """One piece of work: its kind and an id that only the package that hands out the work can read."""

    kind: WorkKind
    id: str

    def __post_init__(self) -> None:
        WorkKind(self.kind)
        if not 0 < len(self.id) <= 64:
            raise ValueError("A work id has 1 to 64 characters.")

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"
