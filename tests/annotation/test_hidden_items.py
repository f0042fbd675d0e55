"""Gold items and hidden repeats: drawn, stored and paid like all others; seen by nobody, counted nowhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from annotation.assignment import ITEMS_BETWEEN, Draw, draw
from annotation.models import Ballot, CurrentBallot, Item, ItemRole, Lease, Project, QueuePlace
from annotation.services.gold import set_gold
from annotation.services.leases import sweep_leases
from annotation.services.submitting import SubmitResult, submit_ballot
from annotation.services.taking import take_next
from tests.annotation.world import World, make_open, take
from wages.models import Interval
from wages.services.clock import start_work, stop

pytestmark = pytest.mark.django_db
ANSWER = {"groups": [[0], [1], [2], [3]]}
MINUTE = timedelta(minutes=1)


def always(number: int) -> Callable[[int], int]:
    return lambda _below: number


def change(world: World, **settings: Any) -> None:
    Project.objects.filter(pk=world.project.pk).update(**settings)


def make_gold(world: World, item: Item) -> None:
    set_gold(
        actor=world.engineer,
        item=item,
        better=[[0, 3]],
        unacceptable=[],
        explanation="The last one is wrong.",
    )


def hand_out(world: World, monkeypatch: pytest.MonkeyPatch, kind: Draw) -> None:
    """Let the draw come out as `kind` from now on."""
    monkeypatch.setattr("annotation.services.taking.draw", lambda **_shares: kind)


def next_at(world: World, at: datetime) -> Lease | None:
    return take_next(worker=world.worker, project=world.fresh(), at=at)


def submit(world: World, lease: Lease, at: datetime) -> SubmitResult:
    return submit_ballot(worker=world.worker, lease_id=lease.pk, answer=ANSWER, key=f"key-{lease.pk}", at=at)


def rank(world: World, count: int, at: datetime) -> datetime:
    """Rank so many items, a minute each."""
    for _ in range(count):
        lease = next_at(world, at)
        assert lease is not None
        at += MINUTE
        submit(world, lease, at)
    return at


def begun(world: World) -> datetime:
    lease = take(world)
    submit(world, lease, lease.taken_at + MINUTE)
    return lease.taken_at + MINUTE


def test_the_draw_follows_the_shares() -> None:
    drawn = [draw(gold_percent=10, repeat_percent=5, below=always(at)) for at in range(100)]
    assert [drawn.count(kind) for kind in (Draw.GOLD, Draw.REPEAT, Draw.RANK)] == [10, 5, 85]


def test_with_no_share_nothing_hidden_is_drawn() -> None:
    assert {draw(gold_percent=0, repeat_percent=0, below=always(at)) for at in range(100)} == {Draw.RANK}


def test_a_gold_item_comes_once_a_person_and_holds_no_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_open(items=4)
    gold = Item.objects.filter(project=world.project).order_by("pk")[3]
    make_gold(world, gold)
    hand_out(world, monkeypatch, Draw.GOLD)
    lease = take(world)
    assert lease.item_id == gold.pk
    result = submit(world, lease, lease.taken_at + MINUTE)
    gold.refresh_from_db()
    assert (result.status, result.told, result.ballot.surplus) == ("counted", "counted", False)
    assert (gold.ballots_count, gold.live_leases) == (0, 0)
    assert not CurrentBallot.objects.filter(item=gold).exists()
    assert QueuePlace.objects.filter(counted__gt=0).count() == 0
    assert Interval.objects.get(work_id=str(lease.pk)).ms == 60_000
    assert rank(world, 3, lease.taken_at + MINUTE) and next_at(world, lease.taken_at + 5 * MINUTE) is None
    assert Lease.objects.filter(item=gold).count() == 1


def test_gold_items_are_never_ordinary_work() -> None:
    world = make_open(items=2)
    gold = Item.objects.filter(project=world.project).order_by("pk")[0]
    make_gold(world, gold)
    at = begun(world)
    assert next_at(world, at) is None
    assert Item.objects.get(pk=gold.pk).role == ItemRole.GOLD


def test_a_repeat_is_of_what_one_has_ranked_long_enough_ago_with_others_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = make_open(items=20)
    change(world, repeat_after_ms=600_000)
    at = rank(world, ITEMS_BETWEEN, begun(world))
    hand_out(world, monkeypatch, Draw.REPEAT)
    lease = next_at(world, at)
    assert lease is not None and not lease.repeat  # the first was ranked 5 minutes ago
    submit(world, lease, at + 9 * MINUTE)
    again = next_at(world, at + 9 * MINUTE)
    assert again is not None and again.repeat
    first = Lease.objects.filter(project=world.project).order_by("taken_at")[:3]
    assert again.item_id in {lease.item_id for lease in first}  # 10 minutes old, and five others after it
    result = submit(world, again, at + 10 * MINUTE)
    assert (result.status, result.told) == ("repeat", "counted")


def test_a_repeat_counts_nowhere_stands_for_nothing_and_is_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_open(items=8)
    change(world, repeat_after_ms=0)
    at = rank(world, 7, begun(world))
    hand_out(world, monkeypatch, Draw.REPEAT)
    counted = QueuePlace.objects.get().counted
    pointers = set(CurrentBallot.objects.values_list("item", "ballot"))
    lease = next_at(world, at)
    assert lease is not None and lease.repeat
    item = Item.objects.get(pk=lease.item_id)
    assert (item.ballots_count, item.live_leases) == (1, 0)
    result = submit(world, lease, at + MINUTE)
    item.refresh_from_db()
    assert (item.ballots_count, item.live_leases, QueuePlace.objects.get().counted) == (1, 0, counted)
    assert set(CurrentBallot.objects.values_list("item", "ballot")) == pointers
    assert (result.ballot.supersedes_id, result.ballot.surplus) == (None, False)
    assert Interval.objects.get(work_id=str(lease.pk)).ms == 60_000


def test_no_item_is_repeated_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_open(items=8)
    change(world, repeat_after_ms=0)
    at = rank(world, 7, begun(world))
    hand_out(world, monkeypatch, Draw.REPEAT)
    repeated = []
    while (lease := next_at(world, at)) is not None:
        repeated.append(lease.item_id)
        at += MINUTE
        submit(world, lease, at)
        assert len(repeated) < 20
    assert len(repeated) == len(set(repeated)) == 8


def test_a_repeat_that_ends_frees_no_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_open(items=8)
    change(world, repeat_after_ms=0)
    at = rank(world, 7, begun(world))
    hand_out(world, monkeypatch, Draw.REPEAT)
    lease = next_at(world, at)
    assert lease is not None and lease.repeat
    stop(worker=world.worker, at=at + MINUTE)
    assert sweep_leases(at=lease.expires_at) == 1
    assert set(Item.objects.values_list("live_leases", "ballots_count")) == {(0, 1)}


def test_the_page_and_the_api_show_a_hidden_item_like_any_other(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_open(items=8)
    change(world, repeat_after_ms=0)
    start_work(worker=world.worker, project_id=world.project.pk, tab="")
    client.force_login(world.worker)

    def post(act: str, body: dict[str, Any]) -> dict[str, Any]:
        path = f"/api/v1/work/{world.project.pk}/{act}"
        answer = client.post(path, json.dumps(body), content_type="application/json")
        assert answer.status_code == 200, answer.content
        parsed: dict[str, Any] = answer.json()
        return parsed

    def cycle(number: int) -> tuple[Any, ...]:
        lease = post("next", {})["lease"]
        result = post(
            "submit", {"lease": lease["id"], **ANSWER, "unacceptable": [], "key": f"key-number-{number}"}
        )
        shape = {name: type(value).__name__ for name, value in lease.items()}
        return shape, len(lease["completions"]), result["status"], sorted(result)

    ordinary = [cycle(number) for number in range(7)]
    hand_out(world, monkeypatch, Draw.REPEAT)
    assert cycle(7) == ordinary[0]
    assert Ballot.objects.filter(lease__repeat=True).count() == 1
