"""Taking and naming: who may review which item, when, and what they see of it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from annotation.errors import (
    NoOffer,
    NotAccepted,
    NothingToDo,
    NotInvited,
    NotOpen,
    NotReviewer,
)
from annotation.models import (
    Ballot,
    BallotNote,
    GoldAnswer,
    Item,
    ItemQuality,
    Project,
    Review,
    Reviewer,
    ReviewState,
)
from annotation.selectors.review_page import review_page
from annotation.selectors.reviews import waiting_for
from annotation.services.decisions import decide_review
from annotation.services.documents import write_document
from annotation.services.reviewers import end_reviewer, name_reviewer
from annotation.services.reviews import release_review, take_review
from annotation.services.states import pause_project
from byhand.accounts.models import InboxMessage, User
from byhand.errors import NotAllowed
from tests.annotation.rankings import add_reviewer, disagreeing, groups, measure, rank_all
from tests.annotation.world import World, add_annotator, make_open, person
from wages.models import Interval, WorkerClock
from wages.services.clock import start_work

pytestmark = pytest.mark.django_db
WHY = "Answer 1 names the right place; the others do not."


@pytest.fixture
def world() -> World:
    made = make_open(k=4, overlap=2, items=3, annotators=2)
    disagreeing(made)
    measure(made)
    return made


@pytest.fixture
def reviewer(world: World) -> User:
    return add_reviewer(world)


def take(world: World, reviewer: User, **options: Any) -> Review:
    return take_review(reviewer=reviewer, project=world.fresh(), **options)


def decide(review: Review, reviewer: User, **fields: Any) -> Any:
    given = {"decision": "consensus", "reason": WHY, "key": uuid.uuid4().hex, **fields}
    return decide_review(reviewer=reviewer, review_id=review.pk, **given)


def test_the_item_people_agree_on_least_comes_first_and_each_comes_once(world: World, reviewer: User) -> None:
    ItemQuality.objects.filter(item=Item.objects.order_by("pk")[1]).update(tau=None)
    taken = []
    for _ in range(3):
        review = take(world, reviewer)
        taken.append(review.item_id)
        decide(review, reviewer)
    items = list(Item.objects.order_by("pk").values_list("pk", flat=True))
    assert taken == [items[1], items[0], items[2]]
    with pytest.raises(NothingToDo):
        take(world, reviewer)


def test_taking_again_returns_what_is_held(world: World, reviewer: User) -> None:
    assert take(world, reviewer) == take(world, reviewer)
    assert Review.objects.count() == 1


def test_nothing_to_review_starts_no_clock(reviewer: User, world: World) -> None:
    ItemQuality.objects.update(needs_review=False)
    before = Interval.objects.count()
    with pytest.raises(NothingToDo):
        take(world, reviewer)
    assert WorkerClock.objects.filter(worker=reviewer).exclude(category="").count() == 0
    assert Interval.objects.count() == before


def test_two_reviewers_hold_different_items(world: World, reviewer: User) -> None:
    other = add_reviewer(world, "second")
    assert take(world, reviewer).item_id != take(world, other).item_id


def test_who_worked_on_an_item_never_reviews_it(world: World) -> None:
    name_reviewer(actor=world.engineer, project=world.project, email=world.worker.email)
    assert waiting_for(world.worker, world.project.pk, world.project.created_at) == 0
    with pytest.raises(NothingToDo):
        take(world, world.worker)
    item = Item.objects.order_by("pk")[0]
    with pytest.raises(DatabaseError, match="never reviews"), transaction.atomic():
        Review.objects.create(
            project=world.project, item=item, reviewer=world.worker, shown_ballots=[],
            taken_at=world.project.created_at, expires_at=world.project.created_at,
        )  # fmt: skip


def test_items_that_still_collect_rankings_wait(world: World, reviewer: User) -> None:
    Item.objects.update(overlap=3)
    with pytest.raises(NothingToDo):
        take(world, reviewer)


def test_annotators_who_were_not_named_are_refused(world: World) -> None:
    plain = add_annotator(world, "plain")
    with pytest.raises(NotReviewer):
        take(world, plain)
    assert Review.objects.count() == 0


def test_an_engineer_who_does_not_take_part_is_refused_in_words(world: World) -> None:
    with pytest.raises(NotInvited, match="paid like everybody"):
        name_reviewer(actor=world.engineer, project=world.project, email=world.engineer.email)
    with pytest.raises(NotReviewer):
        take(world, world.engineer)
    assert Reviewer.objects.count() == 0


def test_only_an_engineer_names_and_ends_reviewers(world: World, reviewer: User) -> None:
    row = Reviewer.objects.get(user=reviewer)
    for actor in (world.steward, world.worker, person("stranger")):
        with pytest.raises(NotAllowed):
            name_reviewer(actor=actor, project=world.project, email=world.worker.email)
        with pytest.raises(NotAllowed):
            end_reviewer(actor=actor, project=world.project, reviewer_id=row.pk)
    assert Reviewer.objects.filter(ended_at__isnull=True).count() == 1


def test_naming_twice_is_once_and_tells_the_person_once(world: World, reviewer: User) -> None:
    again = name_reviewer(actor=world.engineer, project=world.project, email=reviewer.email.upper())
    assert (again.user, Reviewer.objects.count()) == (reviewer, 1)
    assert InboxMessage.objects.filter(user=reviewer, link__endswith="/review/").count() == 1


def test_who_is_ended_finishes_what_they_hold_and_gets_no_more(world: World, reviewer: User) -> None:
    review = take(world, reviewer)
    row = Reviewer.objects.get(user=reviewer)
    end_reviewer(actor=world.engineer, project=world.project, reviewer_id=row.pk)
    assert take(world, reviewer) == review
    assert decide(review, reviewer).status == "decided"
    with pytest.raises(NotReviewer):
        take(world, reviewer)


def test_giving_back_frees_the_item_and_the_time_is_paid(world: World, reviewer: User) -> None:
    review = take(world, reviewer)
    release_review(reviewer=reviewer, review_id=review.pk, at=review.taken_at + timedelta(minutes=2))
    release_review(reviewer=reviewer, review_id=review.pk, at=review.taken_at + timedelta(minutes=3))
    assert Interval.objects.get(worker=reviewer, category="review").ms == 120_000
    assert take(world, add_reviewer(world, "second")).item_id == review.item_id


def test_figures_that_were_computed_before_a_decision_do_not_offer_it_again(
    world: World, reviewer: User
) -> None:
    """The job read the item as open and wrote after the decision: the claim looks for itself."""
    review = take(world, reviewer)
    decide(review, reviewer)
    ItemQuality.objects.filter(item=review.item_id).update(needs_review=True)
    assert take(world, reviewer).item_id != review.item_id


def test_new_terms_come_before_a_review(world: World, reviewer: User) -> None:
    write_document(actor=world.engineer, project=world.project, kind="terms", text="New terms.")
    with pytest.raises(NotAccepted):
        take(world, reviewer)


def test_a_paused_project_offers_no_review_but_what_is_held_is_finished(world: World, reviewer: User) -> None:
    review = take(world, reviewer)
    pause_project(actor=world.engineer, project=world.project, reason="engineer")
    assert decide(review, reviewer).status == "decided"
    with pytest.raises(NotOpen):
        take(world, reviewer)


def test_the_page_shows_letters_texts_and_notes_and_no_person(world: World, reviewer: User) -> None:
    BallotNote.objects.create(ballot=Ballot.objects.order_by("created_at")[0], text="my rationale")
    page = review_page(take(world, reviewer))
    assert [ballot.letter for ballot in page.ballots] == ["A", "B"]
    assert page.reasons == ("low_agreement",)
    assert {ballot.places for ballot in page.ballots} == {("1", "2", "3", "4"), ("4", "3", "2", "1")}
    assert page.consensus_places == ("1 (tied)",) * 4
    assert [ballot.note for ballot in page.ballots if ballot.note] == ["my rationale"]
    names = {p.pseudonym for p in world.project.participations.all()} | {u.name for u in world.annotators}
    assert [name for name in names if name in repr(page.rows) + repr(page.ballots)] == []


def test_the_page_shows_what_is_known_and_what_was_flagged(world: World, reviewer: User) -> None:
    review = take(world, reviewer)
    GoldAnswer.objects.create(
        item_id=review.item_id,
        better=[[1, 0]],
        unacceptable=[3],
        explanation="Because.",
        created_by=world.engineer,
    )
    item = Item.objects.get(pk=review.item_id)
    item.overlap = 3
    item.save(update_fields=["overlap"])
    flags = [{"kind": "harmful", "completion": 2}, {"kind": "other", "completion": None}]
    third = add_annotator(world, "third")
    rank_all(world, lambda lease, worker: groups([0], [1], [2], [3], flags=flags), [third])
    release_review(reviewer=reviewer, review_id=review.pk)
    page = review_page(take(world, reviewer))
    assert page.known is not None
    assert (page.known.better, page.known.unacceptable, page.known.explanation) == (
        ((2, 1),),
        (4,),
        "Because.",
    )
    assert sorted(flag for ballot in page.ballots for flag in ballot.flags if flag[1]) == [("harmful", 3)]
    client = Client()
    client.force_login(reviewer)
    text = client.get(f"/work/{world.project.pk}/review/").content.decode()
    assert "Answer 2 stands above answer 1." in text
    assert "Harmful (answer 3)" in text


def test_money_that_does_not_cover_another_review_offers_none(world: World, reviewer: User) -> None:
    Project.objects.filter(pk=world.project.pk).update(lease_ms=10**12)
    with pytest.raises(NotOpen, match="money"):
        take(world, reviewer)
    assert Review.objects.count() == 0


def test_a_target_that_is_reached_stops_no_review(world: World, reviewer: User) -> None:
    Project.objects.filter(pk=world.project.pk).update(target_ballots=1)
    assert take(world, reviewer).state == ReviewState.LIVE


def test_the_cap_of_a_day_stops_offers_and_what_is_in_hand_is_finished(world: World, reviewer: User) -> None:
    begin = datetime(2030, 3, 4, 6, 0, tzinfo=UTC)
    review = take(world, reviewer, at=begin)
    moment = begin
    for _ in range(4 * 8 + 1):  # an act every quarter of an hour: nobody is silent, nobody has gone
        moment += timedelta(minutes=15)
        mark_present(reviewer, world, moment)
    assert take(world, reviewer, at=moment) == review
    decide(review, reviewer, at=moment)
    with pytest.raises(NoOffer) as refused:
        take(world, reviewer, at=moment + timedelta(minutes=1))
    assert refused.value.details["reason"] == "cap_day"
    assert sum(i.ms for i in Interval.objects.filter(worker=reviewer, category="review")) == 8.25 * 3_600_000


def mark_present(reviewer: User, world: World, moment: datetime) -> None:
    start_work(worker=reviewer, project_id=world.project.pk, tab="test", at=moment)
    take(world, reviewer, at=moment)
