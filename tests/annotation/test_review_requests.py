"""An engineer sends an item to review; who reviewed an item never ranks it; reviews in hand cost as rankings may."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.errors import InvalidDecision
from annotation.models import Adjudication, Item, ItemQuality, Lease, Review, ReviewRequest
from annotation.selectors.offers import pay_facts, read_situation
from annotation.selectors.reviews import waiting_for
from annotation.services.decisions import decide_review
from annotation.services.review_requests import send_to_review
from annotation.services.reviews import take_review
from annotation.services.taking import has_work, take_next
from byhand.accounts.models import User
from byhand.errors import NotAllowed
from tests.annotation.rankings import add_reviewer, measure, order, rank_all
from tests.annotation.world import World, add_annotator, make_open
from wages.reservation import left_micro
from wages.selectors import current_rate
from wages.services.clock import start_work

pytestmark = pytest.mark.django_db
WHY = "The prompt asks for two things at once."


@pytest.fixture
def world() -> World:
    """Two people agree on both items, so that nothing goes to review by the figures."""
    made = make_open(k=4, overlap=2, items=2, annotators=2)
    rank_all(made, lambda lease, worker: order(0, 1, 2, 3))
    measure(made)
    return made


def item_of(world: World, number: int = 0) -> Item:
    return Item.objects.filter(project=world.project).order_by("pk")[number]


def send(world: World, reason: str = WHY, actor: User | None = None) -> ReviewRequest:
    return send_to_review(actor=actor or world.engineer, item=item_of(world), reason=reason)


def waiting(world: World, reviewer: User) -> int:
    return waiting_for(reviewer, world.project.pk, timezone.now())


def decide(review: Review, reviewer: User) -> Any:
    return decide_review(
        reviewer=reviewer, review_id=review.pk, decision="unrankable", reason=WHY, key=uuid.uuid4().hex
    )


def test_an_item_that_nobody_disagrees_on_is_reviewed_on_an_engineers_word(world: World) -> None:
    reviewer = add_reviewer(world)
    assert waiting(world, reviewer) == 0
    asked = send(world)
    assert (asked.reason, asked.requested_by, asked.closed_at) == (WHY, world.engineer, None)
    assert ItemQuality.objects.get(item=item_of(world)).reasons == ["by_hand"]
    review = take_review(reviewer=reviewer, project=world.fresh())
    assert review.item_id == item_of(world).pk
    decide(review, reviewer)
    assert ReviewRequest.objects.get().closed_at is not None
    assert waiting(world, reviewer) == 0


def test_new_figures_leave_it_in_the_queue(world: World) -> None:
    reviewer = add_reviewer(world)
    send(world)
    measure(world)
    assert ItemQuality.objects.get(item=item_of(world)).reasons == ["by_hand"]
    assert waiting(world, reviewer) == 1


def test_asking_again_is_one_request_and_after_a_decision_a_new_one(world: World) -> None:
    reviewer = add_reviewer(world)
    first = send(world)
    assert send(world, "Something else altogether.") == first
    assert ReviewRequest.objects.get().reason == WHY
    decide(take_review(reviewer=reviewer, project=world.fresh()), reviewer)
    assert send(world) != first
    assert waiting(world, reviewer) == 1
    decide(take_review(reviewer=reviewer, project=world.fresh()), reviewer)
    assert Adjudication.objects.filter(superseded_by=None).count() == 1
    assert Adjudication.objects.count() == 2


def test_an_item_that_was_never_measured_can_be_sent_and_waits_for_its_rankings(world: World) -> None:
    reviewer = add_reviewer(world)
    Item.objects.filter(pk=item_of(world).pk).update(overlap=3)
    ItemQuality.objects.all().delete()
    send(world)
    assert (ItemQuality.objects.get().needs_review, waiting(world, reviewer)) == (True, 0)
    Item.objects.filter(pk=item_of(world).pk).update(overlap=2)
    assert waiting(world, reviewer) == 1


@pytest.mark.parametrize("reason", ["", "  x ", "a\x00b", "x" * 2001])
def test_a_reason_is_required_and_nothing_changes_without(world: World, reason: str) -> None:
    with pytest.raises(InvalidDecision):
        send(world, reason)
    assert not ReviewRequest.objects.exists()
    assert not ItemQuality.objects.filter(needs_review=True).exists()


def test_only_engineers_send_items(world: World) -> None:
    for actor in (world.steward, world.worker):
        with pytest.raises(NotAllowed):
            send(world, actor=actor)
    assert not ReviewRequest.objects.exists()


def test_the_page_sends_it_and_shows_the_decision_with_its_reason(world: World, client: Client) -> None:
    client.force_login(world.engineer)
    page = reverse("item", args=[world.project.pk, item_of(world).pk])
    refused = client.post(f"{page}review/", {"reason": "x"})
    assert (refused.status_code, ReviewRequest.objects.count()) == (422, 0)
    assert client.post(f"{page}review/", {"reason": "<b>Look</b> again"}).status_code == 302
    assert "&lt;b&gt;Look&lt;/b&gt; again" in client.get(page).content.decode()
    reviewer = add_reviewer(world)
    decide(take_review(reviewer=reviewer, project=world.fresh()), reviewer)
    shown = client.get(page).content.decode()
    assert "Not rankable" in shown
    assert shown.count(WHY) == 2  # the section and the history
    assert "Why should a reviewer look at it again?" in shown


def test_the_api_sends_it_and_shows_both(world: World, client: Client) -> None:
    client.force_login(world.engineer)
    at = f"/api/v1/projects/{world.project.pk}/items/{item_of(world).pk}/"
    answer = client.post(f"{at}review", {"reason": WHY}, content_type="application/json")
    assert (answer.status_code, answer.json()["reason"], answer.json()["closed_at"]) == (200, WHY, None)
    assert client.get(at).json()["review_asked"]["id"] == answer.json()["id"]
    reviewer = add_reviewer(world)
    decide(take_review(reviewer=reviewer, project=world.fresh()), reviewer)
    found = client.get(at).json()
    assert found["review_asked"] is None
    assert (found["decision"]["decision"], found["decision"]["reason"]) == ("unrankable", WHY)


# --- who reviewed does not rank; a review in hand is a cost that may come ----------------------------------------


def test_who_reviewed_an_item_is_never_given_it_to_rank_and_others_are(world: World) -> None:
    reviewer = add_reviewer(world)
    send(world)
    decide(take_review(reviewer=reviewer, project=world.fresh()), reviewer)
    Item.objects.filter(pk=item_of(world).pk).update(overlap=4)  # it takes rankings again
    start_work(worker=reviewer, project_id=world.project.pk, tab="t")
    assert not has_work(worker=reviewer, project=world.fresh())
    assert take_next(worker=reviewer, project=world.fresh()) is None
    assert not Lease.objects.filter(worker=reviewer).exists()
    other = add_annotator(world, "other")
    start_work(worker=other, project_id=world.project.pk, tab="t")
    lease = take_next(worker=other, project=world.fresh())
    assert lease is not None
    assert lease.item_id == item_of(world).pk


def test_a_review_in_hand_is_a_hold_on_the_reservation_as_a_lease_is(world: World) -> None:
    reviewer, worker = add_reviewer(world), world.worker
    before = read_situation(worker, world.fresh())
    assert (before.live_leases, before.live_reviews) == (0, 0)
    send(world)
    take_review(reviewer=reviewer, project=world.fresh())
    situation = read_situation(worker, world.fresh())
    assert (situation.live_leases, situation.live_reviews) == (0, 1)
    # as much time in a lease as the reservation still covers once, but not twice
    at = timezone.now() + timedelta(seconds=1)
    covers = [
        pay_facts(worker, world.project, replace(each, lease_ms=_just_one(world)), at).covered
        for each in (before, situation)
    ]
    assert covers == [True, False]


def _just_one(world: World) -> int:
    rate = current_rate(world.project.pk)
    assert rate is not None
    return left_micro(world.project.pk) * 3_600_000 // rate.hourly_micro * 9 // 10
