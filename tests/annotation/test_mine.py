"""An annotator looks back at their own rankings and changes one; nobody else's are shown."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from annotation.models import Ballot, CurrentBallot, Lease, LeaseState
from annotation.selectors.mine import own_rankings
from annotation.services.replacing import mark_frozen
from annotation.services.submitting import submit_ballot
from tests.annotation.world import World, add_annotator, make_open, take

TEXTS = ["first", "second <b>", "third\u202e", "fourth"]
ANSWER = {"groups": [[2], [0, 3]], "unacceptable": [1]}


@pytest.fixture
def world(db: None) -> World:
    return make_open(k=4, items=2, overlap=2, texts=TEXTS)


def rank(world: World, key: str) -> Lease:
    lease = take(world)
    submit_ballot(worker=world.worker, lease_id=lease.pk, answer=ANSWER, key=key, note="hard")
    return lease


def test_the_newest_ranking_comes_first_with_places_texts_and_note(world: World) -> None:
    rank(world, "one-" * 4)
    lease = rank(world, "two-" * 4)
    newest, older = own_rankings(world.worker, world.project)
    place = {index: at for at, index in enumerate(lease.shown_order, start=1)}
    tiers = [(tier.name, [(answer.place, answer.text) for answer in tier.answers]) for tier in newest.tiers]
    assert tiers == [
        (1, [(place[2], "third\u202e")]),
        (2, [(place[0], "first"), (place[3], "fourth")]),
        ("unacceptable", [(place[1], "second <b>")]),
    ]
    assert newest.note == "hard"
    assert newest.at > older.at


def test_an_item_in_hand_again_is_not_shown(world: World) -> None:
    lease = rank(world, "one-" * 4)
    Lease.objects.create(
        project=world.project,
        item=lease.item,
        worker=world.worker,
        shown_order=lease.shown_order,
        repeat=True,
        state=LeaseState.LIVE,
        taken_at=lease.taken_at,
        expires_at=lease.expires_at,
    )
    assert own_rankings(world.worker, world.project) == []


def test_the_page_is_the_workers_own_and_shows_text_as_text(world: World, client: Client) -> None:
    rank(world, "one-" * 4)
    client.force_login(world.worker)
    page = client.get(f"/work/{world.project.pk}/mine/").content.decode()
    assert "second &lt;b&gt;" in page
    assert "third⟦RLO⟧" in page
    client.force_login(add_annotator(world, "other"))
    assert (
        "You have ranked nothing here yet." in client.get(f"/work/{world.project.pk}/mine/").content.decode()
    )
    client.force_login(world.engineer)
    assert client.get(f"/work/{world.project.pk}/mine/").status_code == 404


def test_a_ranking_is_changed_by_the_form_that_shows_it_as_it_stands(world: World, client: Client) -> None:
    lease = rank(world, "one-" * 4)
    client.force_login(world.worker)
    path = f"/work/{world.project.pk}/mine/{lease.pk}/"
    page = client.get(path).content.decode()
    assert re.findall(r'name="rank_(\d)" value="(\d?)"', page) == [
        (str(index), {2: "1", 0: "2", 3: "2", 1: ""}[index]) for index in lease.shown_order
    ]
    assert 'name="unacceptable_1" value="1" checked' in page
    refused = client.post(path, {"rank_0": "1", "key": "k" * 16})
    assert refused.status_code == 422
    assert Ballot.objects.count() == 1
    answer = {f"rank_{index}": "1" for index in range(4)}
    changed = client.post(path, {**answer, "key": "k" * 16, "note": "all alike"})
    assert changed.headers["Location"] == f"/work/{world.project.pk}/mine/"
    (newest,) = own_rankings(world.worker, world.project)
    assert [tier.name for tier in newest.tiers] == [1]
    assert newest.note == "all alike"
    assert CurrentBallot.objects.get().ballot.groups == [[0, 1, 2, 3]]
    assert Ballot.objects.count() == 2  # what was said before is kept


def test_a_frozen_ranking_is_not_changed(world: World, client: Client) -> None:
    lease = rank(world, "one-" * 4)
    mark_frozen(Ballot.objects.values_list("pk", flat=True))
    client.force_login(world.worker)
    assert "can't be changed any more" in client.get(f"/work/{world.project.pk}/mine/").content.decode()
    answer = {f"rank_{index}": "1" for index in range(4)}
    assert (
        client.post(f"/work/{world.project.pk}/mine/{lease.pk}/", {**answer, "key": "k" * 16}).status_code
        == 409
    )
    assert Ballot.objects.count() == 1


def test_nobody_changes_what_another_one_said(world: World, client: Client) -> None:
    lease = rank(world, "one-" * 4)
    client.force_login(add_annotator(world, "other"))
    answer = {f"rank_{index}": "1" for index in range(4)}
    assert (
        client.post(f"/work/{world.project.pk}/mine/{lease.pk}/", {**answer, "key": "k" * 16}).status_code
        == 404
    )
    assert Ballot.objects.count() == 1
