"""Reads for generation and for datasets: the only way `rewardmodel` sees prompts and ballots."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, QuerySet

from annotation.models import Ballot, Completion, Generation, Item


@dataclass(frozen=True)
class BallotRow:
    """One ballot that was not replaced, with the texts it judged.

    Surplus, hidden repeats and those of gold and qualification items are among them: `surplus`, `repeat`, `role`.
    """

    ballot_id: uuid.UUID
    prompt_id: int
    prompt_group: str
    prompt: str
    completions: tuple[str, ...]
    groups: tuple[tuple[int, ...], ...]
    unranked: tuple[int, ...]
    unacceptable: tuple[int, ...]
    strengths: tuple[str | None, ...]
    worker_id: int
    lease_id: uuid.UUID
    surplus: bool
    repeat: bool
    role: str
    created_at: datetime


def prompts_to_generate(generation_id: uuid.UUID) -> list[tuple[int, str]]:
    """Return (prompt id, text) of what this generation still lacks.

    A prompt that already has an item from the same policy is left out: another generation with that policy
    fills up new prompts, and one with another policy begins a new round over all of them.
    """
    generation = Generation.objects.select_related("project").get(pk=generation_id)
    complete = (
        Completion.objects.filter(generation=generation)
        .values("prompt")
        .annotate(n=Count("id"))
        .filter(n=generation.project.k)
        .values("prompt")
    )
    answered = Item.objects.filter(
        project=generation.project_id, generation__policy_digest=generation.policy_digest
    ).values("prompt")
    prompts = generation.project.prompts.exclude(Q(pk__in=complete) | Q(pk__in=answered)).order_by("pk")
    return list(prompts.values_list("pk", "text"))


def ballots_for_dataset(project_id: uuid.UUID) -> Iterator[BallotRow]:
    """Yield every ballot that was not replaced, oldest first, each with the marks that may leave it out.

    What its author has withdrawn is not among them.
    """
    ballots = (
        Ballot.objects.filter(item__project=project_id, superseded_by__isnull=True, withdrawn__isnull=True)
        .select_related("item__prompt", "lease")
        .annotate(texts=ArraySubquery(_texts()))
        .order_by("created_at", "pk")
    )
    for ballot in ballots.iterator(chunk_size=500):
        item = ballot.item
        yield BallotRow(
            ballot_id=ballot.pk,
            prompt_id=item.prompt_id,
            prompt_group=item.prompt.prompt_group,
            prompt=item.prompt.text,
            completions=tuple(ballot.texts),
            groups=tuple(tuple(group) for group in ballot.groups),
            unranked=tuple(ballot.unranked),
            unacceptable=tuple(ballot.unacceptable),
            strengths=tuple(ballot.strengths),
            worker_id=ballot.worker_id,
            lease_id=ballot.lease_id,
            surplus=ballot.surplus,
            repeat=ballot.lease.repeat,
            role=item.role,
            created_at=ballot.created_at,
        )


def _texts() -> QuerySet[Completion, Any]:
    """Return the texts of a ballot's item in the order of their index, as a subquery."""
    rows = Completion.objects.filter(generation=OuterRef("item__generation"), prompt=OuterRef("item__prompt"))
    return rows.order_by("index").values("text")
