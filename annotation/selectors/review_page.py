"""What a reviewer sees of one item: texts, rankings side by side, what they come to, and what is known of it.

Rankings come under letters that are shuffled for each review. No time, no name, no pseudonym.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from annotation.models import Ballot, BallotNote, Completion, GoldAnswer, ItemQuality, Review
from annotation.quality.orders import order_of
from annotation.quality.verdict import Consensus, Judged, consensus

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class ShownBallot:
    """One ranking as the reviewer sees it. `places` says of each completion "1", "2 (tied)", "unacceptable" ...;
    `flags` are (kind, number of the completion from 1, None for the whole item).
    """

    letter: str
    ballot_id: uuid.UUID
    answer: Mapping[str, Any]
    places: tuple[str, ...]
    flags: tuple[tuple[str, int | None], ...]
    note: str

    @property
    def key(self) -> str:
        return str(self.ballot_id)


@dataclass(frozen=True)
class Known:
    """What is known about a gold item, numbers from 1: (better, worse) pairs, unacceptables, and why."""

    better: tuple[tuple[int, int], ...]
    unacceptable: tuple[int, ...]
    explanation: str


@dataclass(frozen=True)
class ReviewPage:
    """Everything on the page of one review."""

    review: Review
    prompt: str
    completions: tuple[str, ...]
    ballots: tuple[ShownBallot, ...]
    consensus: Consensus
    consensus_places: tuple[str, ...]
    reasons: tuple[str, ...]
    known: Known | None

    @property
    def rows(self) -> list[tuple[int, str, tuple[str, ...], str]]:
        """Return (number from 1, text, place by each ballot, place by consensus) of every completion."""
        return [
            (at + 1, text, tuple(ballot.places[at] for ballot in self.ballots), self.consensus_places[at])
            for at, text in enumerate(self.completions)
        ]


def letter_of(position: int) -> str:
    """Return A to Z, then AA, AB, ..."""
    first, second = divmod(position, len(LETTERS))
    return (LETTERS[first - 1] if first else "") + LETTERS[second]


def review_page(review: Review) -> ReviewPage:
    """Return what the reviewer sees: the texts, and the ballots that were there when they took the item."""
    item = review.item
    texts = Completion.objects.filter(generation=item.generation_id, prompt=item.prompt_id).order_by("index")
    completions = tuple(texts.values_list("text", flat=True))
    rows = shown_ballots(review)
    agreed = consensus_of(rows, len(completions))
    quality = ItemQuality.objects.filter(item=item).first()
    notes = dict(BallotNote.objects.filter(ballot__in=rows).values_list("ballot", "text"))
    shown = (
        ShownBallot(
            letter_of(at),
            ballot.pk,
            answer_of(ballot),
            places_of(answer_of(ballot), len(completions)),
            tuple((flag["kind"], _number(flag.get("completion"))) for flag in ballot.flags),
            notes.get(ballot.pk, ""),
        )
        for at, ballot in enumerate(rows)
    )
    return ReviewPage(
        review=review,
        prompt=item.prompt.text,
        completions=completions,
        ballots=tuple(shown),
        consensus=agreed,
        consensus_places=places_of(agreed.as_answer(), len(completions)),
        reasons=tuple(quality.reasons) if quality else (),
        known=_known(item.pk),
    )


def _known(item_id: int) -> Known | None:
    gold = GoldAnswer.objects.filter(item=item_id, retired_at__isnull=True).first()
    if gold is None:
        return None
    better = tuple((upper + 1, lower + 1) for upper, lower in gold.better)
    return Known(better, tuple(index + 1 for index in gold.unacceptable), gold.explanation)


def _number(index: int | None) -> int | None:
    return None if index is None else index + 1


def shown_ballots(review: Review) -> list[Ballot]:
    """Return the ballots of a review in the order of their letters."""
    found = {str(ballot.pk): ballot for ballot in Ballot.objects.filter(pk__in=review.shown_ballots)}
    return [found[key] for key in review.shown_ballots]


def consensus_of(ballots: list[Ballot], k: int) -> Consensus:
    """Return what these ballots come to together."""
    judged = [
        Judged(order_of(ballot.groups, ballot.unranked, ballot.unacceptable), frozenset(ballot.unacceptable))
        for ballot in sorted(ballots, key=lambda ballot: str(ballot.pk))
    ]
    return consensus(judged, k)


def answer_of(ballot: Ballot) -> dict[str, Any]:
    """Return a ballot's answer in the shape that all of annotation shares."""
    names = ("groups", "unranked", "unacceptable", "strengths", "ratings", "flags")
    return {name: getattr(ballot, name) for name in names}


def places_of(answer: Mapping[str, Any], k: int) -> tuple[str, ...]:
    """Return what an answer says of each completion, in words."""
    places = [""] * k
    rank = 1
    for group in answer["groups"]:
        for index in group:
            places[index] = _("%(rank)s (tied)") % {"rank": rank} if len(group) > 1 else str(rank)
        rank += len(group)
    for index in answer["unranked"]:
        places[index] = _("unranked")
    for index in answer["unacceptable"]:
        places[index] = _("unacceptable")
    return tuple(places)
