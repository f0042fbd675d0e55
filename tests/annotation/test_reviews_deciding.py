"""Deciding a review: what is stored, once, with its reason; ballots and everybody else's pay stay."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from annotation.errors import (
    AlreadyAnswered,
    InvalidDecision,
    KeyReused,
    ReviewEnded,
)
from annotation.models import (
    Adjudication,
    Ballot,
    ItemQuality,
    Review,
    ReviewState,
)
from annotation.selectors.reviews import current_adjudication
from annotation.services.decisions import decide_review
from annotation.services.reviews import release_review, take_review
from byhand.accounts.models import User
from byhand.errors import NotFound
from tests.annotation.rankings import add_reviewer, disagreeing, groups, measure, order, rank_all
from tests.annotation.world import World, add_annotator, make_open
from wages.models import Interval, Posting, WorkerClock
from wages.services.clock import stop

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


def rows() -> tuple[int, int, int]:
    return Adjudication.objects.count(), Review.objects.count(), Interval.objects.count()


def test_it_works(world: World, reviewer: User) -> None:
    review = take(world, reviewer)
    ballot = Ballot.objects.get(pk=review.shown_ballots[0])
    result = decide(review, reviewer, decision="ballot", ballot=ballot.pk)
    made = Adjudication.objects.get()
    assert (result.status, result.reopened, result.adjudication) == ("decided", False, made)
    assert (made.item_id, made.decision, made.ballot_id) == (review.item_id, "ballot", ballot.pk)
    assert made.answer is not None
    assert made.answer["groups"] == ballot.groups
    assert made.reason.text == WHY
    assert sorted(made.ballots) == sorted(str(b.pk) for b in Ballot.objects.filter(item=review.item_id))
    assert current_adjudication(review.item_id) == made
    review.refresh_from_db()
    assert review.state == ReviewState.DECIDED


def test_the_time_of_a_review_is_paid_as_review(world: World, reviewer: User) -> None:
    review = take(world, reviewer)
    decide(review, reviewer, at=review.taken_at + timedelta(minutes=6))
    interval = Interval.objects.get(worker=reviewer, category="review")
    assert (interval.work_kind, interval.work_id, interval.ms) == ("review", str(review.pk), 360_000)
    assert interval.earned_micro == 2_220_000  # six minutes at 22.20 an hour
    assert WorkerClock.objects.get(worker=reviewer).category == "waiting"


def test_ballots_and_everybody_elses_pay_stay_as_they_were(world: World, reviewer: User) -> None:
    ballots = list(Ballot.objects.order_by("pk").values())
    others = list(Posting.objects.order_by("pk").values())
    review = take(world, reviewer)
    decide(review, reviewer, decision="unrankable", at=review.taken_at + timedelta(minutes=1))
    assert list(Ballot.objects.order_by("pk").values()) == ballots
    after = Posting.objects.exclude(account__worker=reviewer).order_by("pk").values()
    assert [row for row in after if row["id"] <= others[-1]["id"]] == others
    assert {p.account.worker_id for p in Posting.objects.filter(pk__gt=others[-1]["id"])} == {
        reviewer.pk,
        None,
    }


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"decision": "consensus"}, [[0, 1, 2, 3]]),
        ({"decision": "ranking", "answer": groups([2], [0, 1], unacceptable=[3])}, [[2], [0, 1]]),
        ({"decision": "unrankable"}, None),
    ],
)
def test_each_decision_keeps_the_answer_that_it_means(
    world: World, reviewer: User, fields: dict[str, Any], answer: Any
) -> None:
    result = decide(take(world, reviewer), reviewer, **fields)
    said = result.adjudication.answer
    assert (said["groups"] if said else None) == answer


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"decision": "maybe"}, "decision"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 2001}, "reason"),
        ({"key": "short"}, "key"),
        ({"decision": "ballot"}, "ballot"),
        ({"ballot": uuid.uuid4()}, "ballot"),
        ({"decision": "ballot", "ballot": uuid.uuid4()}, "ballot"),
        ({"decision": "ranking"}, "answer"),
        ({"answer": order(0, 1, 2, 3)}, "answer"),
        ({"decision": "ranking", "answer": order(0, 1)}, "answer"),
        ({"decision": "ranking", "answer": {"groups": "no"}}, "answer"),
    ],
)
def test_a_decision_that_cannot_be_used_is_refused_and_nothing_changes(
    world: World, reviewer: User, fields: dict[str, Any], problem: str
) -> None:
    review, before = take(world, reviewer), rows()
    with pytest.raises(InvalidDecision) as refused:
        decide(review, reviewer, **fields)
    assert [p for p in refused.value.problems if p.startswith(problem)] != []
    assert (rows(), Review.objects.get(pk=review.pk).state) == (before, ReviewState.LIVE)


def test_the_same_key_again_is_replayed_and_with_another_decision_refused(
    world: World, reviewer: User
) -> None:
    review, key = take(world, reviewer), uuid.uuid4().hex
    first = decide(review, reviewer, key=key)
    before = rows()
    again = decide(review, reviewer, key=key)
    assert (again.status, again.adjudication) == ("replayed", first.adjudication)
    with pytest.raises(KeyReused):
        decide(review, reviewer, key=key, decision="unrankable")
    with pytest.raises(AlreadyAnswered):
        decide(review, reviewer)
    assert rows() == before


def test_a_hold_that_ran_out_goes_to_the_next_and_the_late_decision_is_refused(
    world: World, reviewer: User
) -> None:
    review = take(world, reviewer)
    late = review.expires_at + timedelta(seconds=1)
    other = add_reviewer(world, "second")
    assert take(world, other, at=late).item_id == review.item_id
    before = Adjudication.objects.count()
    with pytest.raises(ReviewEnded):
        decide(review, reviewer, at=late)
    assert Adjudication.objects.count() == before


def test_a_hold_that_ran_out_and_that_nobody_took_still_counts(world: World, reviewer: User) -> None:
    review = take(world, reviewer)
    late = review.expires_at + timedelta(minutes=5)
    Review.objects.filter(pk=review.pk).update(state="expired", ended_at=late)
    assert decide(review, reviewer, at=late).status == "decided"


def test_a_ranking_that_comes_meanwhile_reopens_the_question(world: World, reviewer: User) -> None:
    review = take(world, reviewer)
    world.project.items.filter(pk=review.item_id).update(overlap=3)
    third = add_annotator(world, "third")
    rank_all(world, lambda lease, worker: order(1, 0, 3, 2), [third])
    result = decide(review, reviewer)
    assert (result.status, result.reopened) == ("decided", True)
    assert len(result.adjudication.ballots) == 2
    assert ItemQuality.objects.get(item=review.item_id).needs_review is True
    again = take(world, reviewer)
    assert (again.item_id, len(again.shown_ballots)) == (review.item_id, 3)
    second = decide(again, reviewer)
    assert (second.reopened, second.adjudication.supersedes) == (False, result.adjudication)
    assert current_adjudication(review.item_id) == second.adjudication


def test_new_figures_do_not_reopen_what_was_decided(world: World, reviewer: User) -> None:
    review = take(world, reviewer)
    decide(review, reviewer)
    measure(world)
    decided = ItemQuality.objects.get(item=review.item_id)
    assert (decided.needs_review, decided.reasons) == (False, ["low_agreement"])
    assert ItemQuality.objects.filter(needs_review=True).count() == 2


def test_a_review_of_somebody_else_does_not_exist(world: World, reviewer: User) -> None:
    review, other = take(world, reviewer), add_reviewer(world, "second")
    for act in (decide, lambda r, who: release_review(reviewer=who, review_id=r.pk)):
        with pytest.raises(NotFound):
            act(review, other)
    assert Adjudication.objects.count() == 0


def test_time_elsewhere_is_left_alone_by_a_decision(world: World, reviewer: User) -> None:
    review = take(world, reviewer)
    stop(worker=reviewer)
    decide(review, reviewer)
    assert WorkerClock.objects.get(worker=reviewer).category == ""


def test_a_decision_never_changes(world: World, reviewer: User) -> None:
    decide(take(world, reviewer), reviewer)
    for statement in (
        "UPDATE annotation_adjudication SET decision = 'unrankable'",
        "DELETE FROM annotation_adjudication",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.parametrize(
    "wrong",
    [
        {"answer": {"groups": [[0], [1]], "unranked": [], "unacceptable": []}},
        {"answer": None},
        {"decision": "unrankable"},
        {"decision": "ballot"},
    ],
)
def test_the_database_refuses_half_decisions(world: World, reviewer: User, wrong: dict[str, Any]) -> None:
    review = take(world, reviewer)
    whole = {"groups": [[0], [1], [2], [3]], "unranked": [], "unacceptable": []}
    fields: dict[str, Any] = {"decision": "ranking", "answer": whole, **wrong}
    with pytest.raises(DatabaseError), transaction.atomic():
        Adjudication.objects.create(
            item_id=review.item_id, review=review, reviewer=reviewer, ballots=[], key="k" * 8,
            decision_hash="0" * 64, created_at=review.taken_at, **fields,
        )  # fmt: skip
    assert Adjudication.objects.count() == 0
