"""Weights and flags are advice: whatever they say, the same items are offered and the same pay is posted."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from annotation.models import AnnotatorQuality, Item, ItemQuality, Participation, QualitySnapshot
from annotation.services.projects import publish_project
from annotation.services.taking import take_next
from tests.annotation.rankings import give, order
from tests.annotation.world import World, add_annotator, fill, fund, make_draft
from wages.models import Interval, Posting
from wages.services.clock import start_work

pytestmark = pytest.mark.django_db
BEGIN = datetime(2030, 3, 4, 9, 0, tzinfo=UTC)
PEOPLE = 3


def a_world(slug: str) -> World:
    world = make_draft(k=4, overlap=2, slug=slug)
    fill(world, 6)
    fund(world)
    publish_project(actor=world.engineer, project=world.project)
    for number in range(PEOPLE):
        add_annotator(world, f"{slug}.worker{number}")
    return world


def advise(world: World, weights: list[float], flagged: list[int]) -> None:
    """Store what a computation would: weights, flags, and items that need a review."""
    snapshot = QualitySnapshot.objects.create(
        project=world.project, job_id=uuid.uuid4(), method="quality/1", as_of=timezone.now(), items=6, ballots=9,
        figures={},
    )  # fmt: skip
    for at, (worker, weight) in enumerate(zip(world.annotators, weights, strict=True)):
        pseudonym = Participation.objects.get(project=world.project, user=worker).pseudonym
        flags = [{"kind": "straight_line", "evidence": {}, "chance": 1e-9}] if at in flagged else []
        AnnotatorQuality.objects.create(
            snapshot=snapshot,
            pseudonym=pseudonym,
            ballots=9,
            weight=weight,
            low=weight,
            high=weight,
            flags=flags,
        )
    for at, item in enumerate(Item.objects.filter(project=world.project).order_by("pk")):
        ItemQuality.objects.create(
            item=item, project=world.project, ballots=2, tau=weights[at % PEOPLE], computed_at=timezone.now()
        )


def a_day_of_work(
    world: World, pace: int = 61
) -> tuple[list[list[int]], list[list[tuple[str, int, int]]], list[int]]:
    """Return which items each was offered in which order, their intervals with pay, and all sums of postings."""
    items = list(Item.objects.filter(project=world.project).order_by("pk").values_list("pk", flat=True))
    offered: list[list[int]] = []
    for at, worker in enumerate(world.annotators):
        moment = BEGIN + timedelta(minutes=at)
        offered.append([])
        start_work(worker=worker, project_id=world.project.pk, tab="test", at=moment)
        while (lease := take_next(worker=worker, project=world.fresh(), at=moment)) is not None:
            offered[-1].append(items.index(lease.item_id))
            moment += timedelta(seconds=pace + 7 * at)
            give(worker, lease, order(0, 1, 2, 3), moment)
    mine = Interval.objects.filter(project=world.project.pk)
    spent = [
        list(mine.filter(worker=worker).order_by("pk").values_list("category", "ms", "earned_micro"))
        for worker in world.annotators
    ]
    postings = Posting.objects.filter(entry__project=world.project.pk).order_by("pk")
    return offered, spent, list(postings.values_list("amount_micro", flat=True))


def outcome(slug: str, weights: list[float] | None, flagged: list[int]) -> Any:
    world = a_world(slug)
    if weights is not None:
        advise(world, weights, flagged)
    return a_day_of_work(world)


def test_no_weight_and_no_flag_moves_an_offer_or_a_posting() -> None:
    plain = outcome("plain", None, [])
    assert [len(items) for items in plain[0]] == [6, 6, 0]
    assert sum(amount for amount in plain[2] if amount > 0) > 0
    for slug, weights, flagged in (
        ("good", [0.9, 0.1, -0.5], []),
        ("turned", [-0.5, 0.9, 0.1], [0, 1, 2]),
        ("bad", [-1.0, -1.0, -1.0], [0]),
    ):
        assert outcome(slug, weights, flagged) == plain


def test_the_comparison_sees_one_more_second() -> None:
    """The negative control: another pace shows in intervals and in postings, other items in the offers."""
    plain = a_day_of_work(a_world("plain"), pace=61)
    slower = a_day_of_work(a_world("slower"), pace=62)
    assert plain[0] == slower[0]
    assert plain[1] != slower[1]
    assert plain[2] != slower[2]
    world = a_world("fewer")
    Item.objects.filter(pk=Item.objects.filter(project=world.project).order_by("pk")[0].pk).update(overlap=0)
    assert a_day_of_work(world, pace=61)[0] != plain[0]
