"""What an annotator has ranked in a project: their own answers with the texts, newest first. Read only."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef
from django.utils.translation import gettext as _

from annotation.models import (
    Ballot,
    BallotNote,
    Completion,
    FrozenBallot,
    Lease,
    LeaseState,
    Project,
    WithdrawnBallot,
)
from byhand.accounts.models import User
from byhand.errors import NotFound

RECENT = 30


@dataclass(frozen=True)
class Placed:
    """An answer where its author put it. `place` is where it stood on the page."""

    place: int
    text: str


@dataclass(frozen=True)
class Tier:
    """Answers that stand together: a rank from 1, "unranked" or "unacceptable". `strength`: above the next by."""

    name: int | str
    answers: tuple[Placed, ...]
    strength: str | None = None


@dataclass(frozen=True)
class OwnRanking:
    """`frozen`: a dataset was made from it, so that it can't be changed any more."""

    lease_id: uuid.UUID
    prompt: str
    at: datetime
    tiers: tuple[Tier, ...]
    note: str
    frozen: bool
    withdrawn: bool = False


def own_rankings(user: User, project: Project) -> list[OwnRanking]:
    """Return the newest rankings of `user`. An item in their hands is left out: it is to be judged afresh."""
    in_hand = Lease.objects.filter(item=OuterRef("item"), worker=user, state=LeaseState.LIVE)
    ballots = list(
        Ballot.objects.filter(worker=user, lease__project=project, superseded_by=None)
        .exclude(Exists(in_hand))
        .select_related("item__prompt")
        .order_by("-created_at", "-pk")[:RECENT]
    )
    texts = _texts(ballots)
    notes = dict(BallotNote.objects.filter(ballot__in=ballots).values_list("ballot_id", "text"))
    frozen = set(FrozenBallot.objects.filter(ballot__in=ballots).values_list("ballot_id", flat=True))
    withdrawn = set(WithdrawnBallot.objects.filter(ballot__in=ballots).values_list("ballot_id", flat=True))
    return [
        OwnRanking(
            lease_id=ballot.lease_id,
            prompt=ballot.item.prompt.text,
            at=ballot.created_at,
            tiers=tuple(_tiers(ballot, texts)),
            note=notes.get(ballot.pk, ""),
            frozen=ballot.pk in frozen,
            withdrawn=ballot.pk in withdrawn,
        )
        for ballot in ballots
    ]


@dataclass(frozen=True)
class GivenIn:
    """How many rankings of a person stand in a project, and how many of them they have withdrawn."""

    project: Project
    given: int
    withdrawn: int

    @property
    def lent(self) -> int:
        return self.given - self.withdrawn


def given_in(user: User) -> list[GivenIn]:
    """Return every project that `user` has ranked in."""
    counts = {
        row["lease__project"]: (row["given"], row["taken_back"])
        for row in Ballot.objects.filter(worker=user, superseded_by=None)
        .values("lease__project")
        .annotate(given=Count("pk"), taken_back=Count("withdrawn"))
    }
    projects = Project.objects.filter(pk__in=counts).order_by("title", "pk")
    return [GivenIn(project, *counts[project.pk]) for project in projects]


def own_ballot(user: User, project: Project, lease_id: uuid.UUID) -> Ballot:
    """Return what `user` says in this lease now, or raise NotFound."""
    found = Ballot.objects.filter(
        worker=user, lease=lease_id, lease__project=project, superseded_by=None
    ).select_related("lease")
    ballot = found.first()
    if ballot is None:
        raise NotFound(_("You have given no such ranking."))
    return ballot


def _texts(ballots: Sequence[Ballot]) -> dict[tuple[Any, Any, int], str]:
    """Return every completion of these ballots by (generation, prompt, index)."""
    rows = Completion.objects.filter(
        generation__in={ballot.item.generation_id for ballot in ballots},
        prompt__in={ballot.item.prompt_id for ballot in ballots},
    ).values_list("generation_id", "prompt_id", "index", "text")
    return {(generation, prompt, index): text for generation, prompt, index, text in rows}


def _tiers(ballot: Ballot, texts: dict[tuple[Any, Any, int], str]) -> list[Tier]:
    def placed(indexes: Sequence[int]) -> tuple[Placed, ...]:
        key = (ballot.item.generation_id, ballot.item.prompt_id)
        return tuple(Placed(ballot.shown_order.index(i) + 1, texts[(*key, i)]) for i in indexes)

    strengths = [*ballot.strengths, *[None] * len(ballot.groups)]
    ranks = [
        Tier(rank, placed(group), strengths[rank - 1]) for rank, group in enumerate(ballot.groups, start=1)
    ]
    rest = [("unranked", ballot.unranked), ("unacceptable", ballot.unacceptable)]
    return ranks + [Tier(name, placed(indexes)) for name, indexes in rest if indexes]
