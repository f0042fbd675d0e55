"""Reviewers' decisions in a frozen dataset: which rankings they replace, and the rows they become. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ACCOMPANY, REPLACE = "accompany", "replace"
ADJUDICATION = {
    ACCOMPANY: "every ranking stays; how many items a reviewer decided is counted",
    REPLACE: "one decided ranking stands in place of those that it was made on",
}


@dataclass(frozen=True, eq=False)
class Decided:
    """The decision that stands for one item. `answer` None: it can't be ranked. `ballots`: made on these."""

    decision: str
    answer: Mapping[str, Any] | None
    reviewer_id: Any
    ballots: frozenset[str]

    def instead(self, adjudication: str) -> str | None:
        """Return why the ballots are left out, or None where they stay."""
        if self.answer is None:
            return "not_rankable"
        return "adjudicated" if adjudication == REPLACE else None


@dataclass(frozen=True)
class DecidedRow:
    """A decision in the shape of a ballot, with the texts of a ballot that it was made on."""

    decision: str
    prompt_id: Any
    prompt_group: str
    prompt: str
    completions: Sequence[str]
    groups: Sequence[Sequence[int]]
    unranked: Sequence[int]
    unacceptable: Sequence[int]
    strengths: Sequence[str | None]
    worker_id: Any


def by_ballot(decisions: Sequence[Decided]) -> dict[str, Decided]:
    """Return the decision that each ballot was seen in."""
    return {ballot: decided for decided in decisions for ballot in decided.ballots}


def row_of(decided: Decided, ballot: Any) -> DecidedRow:
    """Return the row of a decision that has an answer."""
    answer = decided.answer or {}
    return DecidedRow(
        decision=decided.decision,
        prompt_id=ballot.prompt_id,
        prompt_group=ballot.prompt_group,
        prompt=ballot.prompt,
        completions=ballot.completions,
        groups=answer["groups"],
        unranked=answer.get("unranked", []),
        unacceptable=answer.get("unacceptable", []),
        strengths=answer.get("strengths", []),
        worker_id=decided.reviewer_id,
    )
