"""Reads of single items and ballots, for the engineer's pages and the API alike.

Whoever ranked is a pseudonym of this project and a day, never an account, an hour or a duration: what engineers
read holds nobody's speed. Every list is walked by an index; nothing here counts rows.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Exists, Max, Min, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Lower

from annotation.models import (
    Adjudication,
    Ballot,
    Completion,
    Generation,
    GoldAnswer,
    Item,
    ItemQuality,
    Participation,
    Project,
    Prompt,
    ReviewRequest,
    Skip,
)
from annotation.models.prompts import BEGINS, DONE, OPEN
from byhand.errors import NotFound

LEAST_BEGINNING, MOST_BEGINNING = 2, 60
STANDINGS = ("counts", "surplus", "repeat", "replaced")


def items_of(project: Project, filters: Mapping[str, Any]) -> QuerySet[Item]:
    """Return the items that fit: state, role, import_id, group, begins, flagged, needs_review, most_tau."""
    found = Item.objects.filter(project=project).select_related("prompt", "generation")
    if state := filters.get("state"):
        found = found.filter(OPEN if state == "open" else DONE)
    if role := filters.get("role"):
        found = found.filter(role=role)
    if import_id := filters.get("import_id"):
        found = found.filter(prompt__prompt_import=import_id)
    if group := filters.get("group"):
        found = found.filter(prompt__project=project, prompt__prompt_group=group)
    if begins := filters.get("begins"):
        found = found.filter(prompt__in=_beginning(project, begins))
    if filters.get("flagged"):
        found = found.filter(Exists(Ballot.objects.filter(item=OuterRef("pk")).exclude(flags=[])))
    if filters.get("needs_review"):
        found = found.filter(
            pk__in=ItemQuality.objects.filter(project=project, needs_review=True).values("pk")
        )
    if (most := filters.get("most_tau")) is not None:
        found = found.filter(pk__in=ItemQuality.objects.filter(project=project, tau__lte=most).values("pk"))
    return found


def _beginning(project: Project, begins: str) -> QuerySet[Prompt, Any]:
    """Return the ids of prompts that begin so, in any case; of a long beginning, its first 60 characters."""
    wanted = Lower(Value(begins[:MOST_BEGINNING], output_field=CharField()))
    prompts = Prompt.objects.annotate(start=BEGINS, wanted=wanted)
    return prompts.filter(project=project, start__startswith=begins[:MOST_BEGINNING].lower()).values("pk")


def prompts_of(project: Project, filters: Mapping[str, Any]) -> QuerySet[Prompt]:
    found = Prompt.objects.filter(project=project).select_related("prompt_import")
    if import_id := filters.get("import_id"):
        found = found.filter(prompt_import=import_id)
    if group := filters.get("group"):
        found = found.filter(prompt_group=group)
    if begins := filters.get("begins"):
        found = found.filter(pk__in=_beginning(project, begins))
    return found


def generations_of(project: Project) -> QuerySet[Generation]:
    return Generation.objects.filter(project=project)


def ballots_of(project: Project, filters: Mapping[str, Any]) -> QuerySet[Ballot]:
    """Return ballots with `pseudonym`, `standing` and `day`: of one item, of some days, or all, by item."""
    item = filters.get("item")
    found = Ballot.objects.filter(item__project=project, **({"item": item} if item else _span(project)))
    if first := filters.get("from_day"):
        found = found.filter(created_at__gte=_midnight(first))
    if last := filters.get("to_day"):
        found = found.filter(created_at__lt=_midnight(last) + timedelta(days=1))
    return found.select_related("note", "lease").annotate(
        pseudonym=_pseudonym(project, "worker"), standing=_standing()
    )


def _span(project: Project) -> dict[str, int]:
    """Return between which ids the project's items lie, so that a walk by item begins where they begin."""
    ends = Item.objects.filter(project=project).aggregate(first=Min("pk"), last=Max("pk"))
    return {"item__gte": ends["first"] or 0, "item__lte": ends["last"] or 0}


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _pseudonym(project: Project, worker: str) -> Subquery:
    people = Participation.objects.filter(project=project, user=OuterRef(worker))
    return Subquery(people.values("pseudonym")[:1])


def _standing() -> Case:
    replaced = Exists(Ballot.objects.filter(supersedes=OuterRef("pk")))
    return Case(
        When(replaced, then=Value("replaced")),
        When(lease__repeat=True, then=Value("repeat")),
        When(surplus=True, then=Value("surplus")),
        default=Value("counts"),
        output_field=CharField(),
    )


@dataclass(frozen=True)
class ItemDetail:
    """One item with everything that is known of it. `completions` stand in the order of their index."""

    item: Item
    completions: tuple[Completion, ...]
    ballots: tuple[Ballot, ...]
    skips: tuple[Skip, ...]
    gold: GoldAnswer | None
    quality: ItemQuality | None
    adjudications: tuple[Adjudication, ...]
    requests: tuple[ReviewRequest, ...]

    @property
    def decision(self) -> Adjudication | None:
        """The decision that stands: each later one supersedes the one before."""
        return self.adjudications[-1] if self.adjudications else None

    @property
    def review_asked(self) -> ReviewRequest | None:
        return next((each for each in self.requests if each.closed_at is None), None)


def item_of(project: Project, item_id: int) -> Item:
    """Return one item of the project; raises NotFound for any other."""
    found = Item.objects.select_related("prompt__prompt_import", "generation", "project")
    item = found.filter(project=project, pk=item_id).first()
    if item is None:
        raise NotFound("This project has no such item.")
    return item


def item_detail(project: Project, item_id: int) -> ItemDetail:
    """Return one item of the project; raises NotFound for any other."""
    item = item_of(project, item_id)
    skips = Skip.objects.filter(lease__item=item).annotate(pseudonym=_pseudonym(project, "worker"))
    return ItemDetail(
        item=item,
        completions=tuple(
            Completion.objects.filter(generation=item.generation_id, prompt=item.prompt_id).order_by("index")
        ),
        ballots=tuple(ballots_of(project, {"item": item.pk}).order_by("created_at", "pk")),
        skips=tuple(skips.order_by("created_at", "pk")),
        gold=GoldAnswer.objects.filter(item=item).first(),
        quality=ItemQuality.objects.filter(item=item).first(),
        adjudications=tuple(
            Adjudication.objects.filter(item=item).select_related("reason").order_by("created_at", "pk")
        ),
        requests=tuple(ReviewRequest.objects.filter(item=item).order_by("created_at", "pk")),
    )


def ballot_of(project: Project, ballot_id: uuid.UUID) -> Ballot:
    """Return one ballot of the project as `ballots_of` does; raises NotFound for any other."""
    found = Ballot.objects.filter(item__project=project, pk=ballot_id).values_list("item", flat=True).first()
    if found is None:
        raise NotFound("This project has no such ballot.")
    return ballots_of(project, {"item": found}).get(pk=ballot_id)
