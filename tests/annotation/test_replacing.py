"""Who gave a ranking may replace it until a dataset is frozen from it; the first one stays on record."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from annotation.errors import BallotFrozen, KeyReused
from annotation.models import Ballot, BallotNote, CurrentBallot
from annotation.ranking import InvalidRanking
from annotation.services.replacing import mark_frozen, replace_ballot
from annotation.services.submitting import SubmitResult, submit_ballot
from byhand.errors import NotFound
from tests.annotation.world import World, make_open, only_item, take
from wages.models import Interval, WorkerClock

pytestmark = pytest.mark.django_db
FIRST, SECOND = {"groups": [[0], [1], [2], [3]]}, {"groups": [[3], [2]], "unacceptable": [0, 1]}


@pytest.fixture
def world() -> World:
    return make_open(overlap=2, annotators=2)


def submitted(world: World) -> SubmitResult:
    lease = take(world)
    at = lease.taken_at + timedelta(seconds=60)
    return submit_ballot(worker=world.worker, lease_id=lease.pk, answer=FIRST, key="key-number-1", at=at)


def replace(world: World, first: SubmitResult, **options: Any) -> SubmitResult:
    values = {
        "worker": world.worker,
        "lease_id": first.ballot.lease_id,
        "answer": SECOND,
        "key": "key-number-2",
    }
    return replace_ballot(**{**values, **options})


def state() -> tuple[Any, ...]:
    return Ballot.objects.count(), CurrentBallot.objects.get().ballot_id, Interval.objects.count()


def test_the_new_answer_stands_and_the_first_stays_on_record(world: World) -> None:
    first = submitted(world)
    clock = WorkerClock.objects.values().get(worker=world.worker)
    second = replace(world, first, note=" I looked again. ")
    assert (second.status, second.ballot.supersedes_id) == ("counted", first.ballot.pk)
    assert CurrentBallot.objects.get().ballot_id == second.ballot.pk
    assert (only_item(world).ballots_count, only_item(world).live_leases) == (1, 0)
    assert Ballot.objects.get(pk=first.ballot.pk).groups == [[0], [1], [2], [3]]
    assert BallotNote.objects.get(ballot=second.ballot).text == "I looked again."
    assert WorkerClock.objects.values().get(worker=world.worker) == clock


def test_a_replacement_is_replaced_in_turn_and_replayed_by_its_key(world: World) -> None:
    first = submitted(world)
    second = replace(world, first)
    third = replace(world, first, answer=FIRST, key="key-number-3")
    assert third.ballot.supersedes_id == second.ballot.pk
    before = state()
    assert replace(world, first).status == "replayed"
    with pytest.raises(KeyReused):
        replace(world, first, answer=FIRST)
    assert state() == before


def test_after_the_freeze_nothing_is_replaced(world: World) -> None:
    first = submitted(world)
    mark_frozen([first.ballot.pk])
    mark_frozen([first.ballot.pk])
    before = state()
    with pytest.raises(BallotFrozen):
        replace(world, first)
    assert state() == before


def test_the_api_takes_a_replacement(world: World, client: Client) -> None:
    first = submitted(world)
    client.force_login(world.worker)
    body = {"lease": str(first.ballot.lease_id), **SECOND, "key": "key-number-2"}
    path = f"/api/v1/work/{world.project.pk}/replace"
    answer = client.post(path, json.dumps(body), content_type="application/json")
    assert (answer.status_code, answer.json()["status"]) == (200, "counted")
    assert str(CurrentBallot.objects.get().ballot_id) == answer.json()["ballot"]


def test_nobody_replaces_for_somebody_else_or_what_was_never_given(world: World) -> None:
    first = submitted(world)
    other = take(world, world.annotators[1])
    before = state()
    with pytest.raises(NotFound):
        replace(world, first, worker=world.annotators[1])
    with pytest.raises(NotFound):
        replace(world, first, worker=world.annotators[1], lease_id=other.pk)
    with pytest.raises(InvalidRanking):
        replace(world, first, answer={"groups": [[0]]})
    assert state() == before
