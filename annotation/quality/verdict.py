"""What the rankings of one item come to: a consensus answer, and whether somebody should look again, and why.

The rule is whole and shown on the engineer's page. It chooses what people look at, never what they are paid.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from annotation.quality.agreement import entropy, mean_pairwise
from annotation.quality.consensus import Strengths, pairwise
from annotation.quality.majority import Majorities, majorities
from annotation.quality.orders import Order

LOW_TAU = 0.2
"""Below this mean tau-b an item is looked at again: of any two pairs of completions people agree on about 6 in 10."""
MOST_COMPARED = 60
"""Of more ballots on one item (known answers collect them) the first so many are compared two by two."""
FLAGGED_BY = 2
"""So many people must have flagged the item; one flag is read, not adjudicated."""
LOW_AGREEMENT, CYCLE, UNDEFINED, SPLIT, GOLD, FLAGS = (
    "low_agreement", "cycle", "no_order", "split_unacceptable", "gold_conflict", "flagged",
)  # fmt: skip
BY_HAND = "by_hand"
"""No finding of the rule: an engineer asked for a second look."""
REASONS = {
    LOW_AGREEMENT: f"agreement (mean tau-b) below {LOW_TAU}",
    CYCLE: "majorities go in a circle",
    UNDEFINED: "the rankings differ, and some of them put no answer above another",
    SPLIT: "more than a third contradict the others about what is unacceptable",
    GOLD: "most rankings contradict the known answer",
    FLAGS: f"flagged by {FLAGGED_BY} or more people",
}


@dataclass(frozen=True)
class Judged:
    """One ballot on an item, as the rule sees it. No person, no time."""

    order: Order
    unacceptable: frozenset[int] = frozenset()
    flags: frozenset[str] = frozenset()
    gold_wrong: bool = False


@dataclass(frozen=True)
class ItemVerdict:
    tau: float | None
    entropy: float | None
    cycle: bool
    reasons: tuple[str, ...]

    @property
    def needs_review(self) -> bool:
        return bool(self.reasons)


def assess(ballots: Sequence[Judged], k: int) -> ItemVerdict:
    """Return the figures of one item and the reasons to look at it again, if any.

    With fewer than two ballots there is nothing to disagree on; only a contradicted gold answer is a reason.
    """
    orders = [ballot.order for ballot in ballots[:MOST_COMPARED]]
    agreed, cycle = mean_pairwise(orders), bool(majorities(orders, k).cycles)
    found = {
        LOW_AGREEMENT: agreed.mean is not None and agreed.mean < LOW_TAU,
        CYCLE: cycle,
        UNDEFINED: agreed.mean is None and len({order.signs() for order in orders}) > 1,
        SPLIT: _split(ballots, k),
        GOLD: 2 * sum(ballot.gold_wrong for ballot in ballots) > len(ballots),
        FLAGS: sum(bool(ballot.flags) for ballot in ballots) >= FLAGGED_BY,
    }
    reasons = tuple(reason for reason in REASONS if found[reason])
    return ItemVerdict(agreed.mean, entropy(orders), cycle, reasons)


def _split(ballots: Sequence[Judged], k: int) -> bool:
    """Whether on some completion more than a third contradict the others about its being unacceptable."""
    said = [sum(index in ballot.unacceptable for ballot in ballots) for index in range(k)]
    return any(3 * min(times, len(ballots) - times) > len(ballots) for times in said)


@dataclass(frozen=True)
class Consensus:
    """The answer that the ballots come to, in the shape of a ballot's, and what they leave open."""

    groups: tuple[tuple[int, ...], ...]
    unacceptable: tuple[int, ...]
    strengths: Strengths
    majorities: Majorities

    def as_answer(self) -> dict[str, Any]:
        """Return the answer as ballots, the API and exports write it."""
        return {
            "groups": [list(group) for group in self.groups],
            "unranked": [],
            "unacceptable": list(self.unacceptable),
            "strengths": [],
            "ratings": {},
            "flags": [],
        }


def consensus(ballots: Sequence[Judged], k: int) -> Consensus:
    """Return the Bradley-Terry order of all pairs; unacceptable is what more than half call so.

    Completions of one strength are a tie: it is said, never broken. Raises ValueError where there is no ballot.
    """
    if not ballots:
        raise ValueError("no ballots, no consensus")
    orders = [ballot.order for ballot in ballots]
    refused = _refused([ballot.unacceptable for ballot in ballots], k)
    strengths = pairwise(orders, k)
    kept = (tuple(i for i in tier if i not in refused) for tier in strengths.tiers)
    groups = tuple(tier for tier in kept if tier)
    return Consensus(groups, tuple(sorted(refused)), strengths, majorities(orders, k))


def _refused(said: Sequence[Collection[int]], k: int) -> set[int]:
    return {index for index in range(k) if 2 * sum(index in one for one in said) > len(said)}
