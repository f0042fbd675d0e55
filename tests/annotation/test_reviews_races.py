"""Two reviewers after one item, one decision sent five times, figures asked for twice: each with its control."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections

from annotation.errors import NothingToDo
from annotation.models import Adjudication, Item, Review
from annotation.services import decisions, quality, reviews
from annotation.services.decisions import decide_review
from annotation.services.quality import request_quality
from annotation.services.reviews import take_review
from byhand.accounts.models import User
from byhand.jobs import services as jobs
from byhand.jobs.models import Job
from tests.annotation.rankings import add_reviewer, disagreeing, give, measure, order
from tests.annotation.world import World, add_annotator, make_open, take
from wages.services import clock as clocks

REVIEWERS = 6


def at_once(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run every act in a thread of its own, all let go together; return results and exceptions in order."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            gate.wait(timeout=30)
            return act()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def one_open_question() -> tuple[World, list[User]]:
    world = make_open(k=4, overlap=2, items=1, annotators=2)
    disagreeing(world)
    measure(world)
    return world, [add_reviewer(world, f"reviewer{n}") for n in range(REVIEWERS)]


def everybody_takes(world: World, people: list[User]) -> list[Any]:
    return at_once([partial(take_review, reviewer=user, project=world.project) for user in people])


def test_six_reviewers_after_one_item_and_one_gets_it(own_database: str) -> None:
    world, people = one_open_question()
    results = everybody_takes(world, people)
    assert Counter(type(result).__name__ for result in results) == {"Review": 1, "NothingToDo": REVIEWERS - 1}
    assert Review.objects.count() == 1


def test_without_lock_and_second_look_they_run_into_the_last_barrier(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: all read the item as free; only the unique index keeps it with one of them."""
    world, people = one_open_question()
    gate = threading.Barrier(REVIEWERS)
    monkeypatch.setattr(reviews, "PICK", reviews.PICK.replace("FOR UPDATE OF item {waiting}", ""))
    hold = reviews._hold

    def together(*args: Any) -> Any:
        gate.wait(timeout=30)
        return hold(*args)

    monkeypatch.setattr(reviews, "_hold", together)
    results = everybody_takes(world, people)
    assert Counter(type(result).__name__ for result in results) == {
        "Review": 1,
        "IntegrityError": REVIEWERS - 1,
    }


def send(review: Review, reviewer: User, key: str) -> Any:
    return decide_review(
        reviewer=reviewer, review_id=review.pk, decision="consensus", reason="All alike.", key=key
    )


def test_one_decision_sent_five_times_is_one_decision_and_four_replays(own_database: str) -> None:
    world, people = one_open_question()
    review = take_review(reviewer=people[0], project=world.project)
    results = at_once([partial(send, review, people[0], "the-same-key")] * 5)
    assert Counter(result.status for result in results) == {"decided": 1, "replayed": 4}
    assert Adjudication.objects.count() == 1


def test_five_different_decisions_at_once_are_one_and_four_refusals(own_database: str) -> None:
    world, people = one_open_question()
    review = take_review(reviewer=people[0], project=world.project)
    results = at_once([partial(send, review, people[0], f"key-number-{n}") for n in range(5)])
    assert Counter(type(result).__name__ for result in results) == {"DecideResult": 1, "AlreadyAnswered": 4}
    assert Adjudication.objects.count() == 1


def test_without_the_locks_the_same_decision_meets_the_unique_key(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: all look for the key before any of them writes it."""
    world, people = one_open_question()
    review = take_review(reviewer=people[0], project=world.project)
    gate, require = threading.Barrier(5), decisions._require_open
    free = Review.objects.select_related("project", "item")

    class Clock:
        at = review.taken_at
        work = None

    monkeypatch.setattr(clocks, "lock_clock", lambda **options: Clock())
    monkeypatch.setattr(decisions, "lock_review", lambda reviewer, key: free.get(pk=key))

    def meet(held: Review) -> None:
        gate.wait(timeout=30)
        require(held)

    monkeypatch.setattr(decisions, "_require_open", meet)
    results = at_once([partial(send, review, people[0], "the-same-key")] * 5)
    assert Counter(type(result).__name__ for result in results) == {"DecideResult": 1, "IntegrityError": 4}
    assert all(isinstance(result, IntegrityError) for result in results if isinstance(result, Exception))


def test_two_engineers_asking_at_once_make_one_job(own_database: str) -> None:
    world = make_open(items=1)
    results = at_once([partial(request_quality, actor=world.engineer, project=world.project)] * 4)
    assert (len({result.pk for result in results}), Job.objects.count()) == (1, 1)


def test_without_the_lock_two_askers_make_two_jobs(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_open(items=1)
    gate, enqueue = threading.Barrier(2), jobs.enqueue
    monkeypatch.setattr(quality, "LOCK", "SELECT %s")

    def together(**options: Any) -> Job:
        gate.wait(timeout=30)
        return enqueue(**options)

    monkeypatch.setattr(quality, "enqueue", together)
    at_once([partial(request_quality, actor=world.engineer, project=world.project)] * 2)
    assert Job.objects.count() == 2


def test_nobody_is_left_without_the_item_when_its_holder_gives_up(own_database: str) -> None:
    """A hold that ran out is free for exactly one of the others."""
    world, people = one_open_question()
    review = take_review(reviewer=people[0], project=world.project)
    results = at_once(
        [
            partial(take_review, reviewer=user, project=world.project, at=review.expires_at)
            for user in people[1:]
        ]
    )
    assert Counter(type(result).__name__ for result in results) == {
        "Review": 1, NothingToDo.__name__: REVIEWERS - 2
    }  # fmt: skip


def test_a_ranking_that_comes_while_it_is_decided_is_never_passed_over(own_database: str) -> None:
    """Whichever commits first: both are kept, and the item is asked about again because of the new one."""
    world, people = one_open_question()
    review = take_review(reviewer=people[0], project=world.project)
    Item.objects.update(overlap=3)
    third = add_annotator(world, "third")
    lease = take(world, third)
    results = at_once(
        [partial(send, review, people[0], "the-same-key"), partial(give, third, lease, order(1, 0, 3, 2))]
    )
    assert [type(result).__name__ for result in results] == ["DecideResult", "Ballot"]
    assert len(Adjudication.objects.get().ballots) == 2
    measure(world)
    again = take_review(reviewer=people[0], project=world.project)
    assert (again.item_id, len(again.shown_ballots)) == (review.item_id, 3)
