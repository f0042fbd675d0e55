"""The claim walks indexes and touches a handful of rows, whatever the project's size and whoever asks."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from annotation.models import Item, Lease, QueuePlace
from annotation.selectors.offers import read_situation
from annotation.services import claiming
from annotation.services.submitting import submit_ballot
from annotation.services.taking import take_next
from byhand.accounts.models import User
from byhand.bench.filling import Filling, fill
from byhand.statements import fetch_one
from tests.annotation.world import World, make_open
from wages.services.clock import start_work

ITEMS, FRONT, FULL = 20_000, 4_000, 8_000
BIG = {"annotation_item", "annotation_lease", "annotation_ballot", "annotation_participation"}
ANSWER = {"groups": [[0], [1], [2], [3]]}
A_HANDFUL = 20
BY_INDEX = {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}


@pytest.fixture
def world(own_database: str) -> World:
    """Two own the 4,000 ballots at the front each; two have ranked nothing."""
    made = make_open(annotators=4)
    owners = [worker.pk for worker in made.annotators[:2]]
    fill(made.project, Filling(ITEMS, FRONT, FULL, shown=10), owners=owners, other=made.annotators[2].pk)
    for worker in made.annotators:
        start_work(worker=worker, project_id=made.project.pk, tab="")
    return made


def rank(world: World, worker: User) -> Lease:
    lease = take_next(worker=worker, project=world.project)
    assert lease is not None
    submit_ballot(worker=worker, lease_id=lease.pk, answer=ANSWER, key=f"key-{lease.pk}")
    return lease


def explain(world: World, worker: User, *, repeat: bool = False) -> dict[str, Any]:
    """Return the plan of the claim (or of a repeat's) as it runs, and undo it."""
    situation, now = read_situation(worker, world.project), timezone.now()
    lease = Lease(
        id=uuid.uuid4(), project=world.project, worker=worker, shown_order=[0, 1, 2, 3], taken_at=now, expires_at=now
    )  # fmt: skip
    seen: dict[str, Any] = {}

    def look(statement: str, values: Any) -> Any:
        row = fetch_one(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values)
        assert row is not None
        seen.update((json.loads(row[0]) if isinstance(row[0], str) else row[0])[0]["Plan"])
        return (0,)

    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(claiming, "fetch_one", look)
        claiming.claim_repeat(lease, 0) if repeat else claiming.claim(lease, situation)
        transaction.set_rollback(True)
    return seen


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def touched(node: dict[str, Any]) -> float:
    removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
    return float(node["Actual Loops"] * (node["Actual Rows"] + removed))


@pytest.mark.parametrize("number", [0, 3], ids=["who owns the front", "who has ranked nothing"])
def test_the_claim_reads_by_index_sorts_nothing_and_touches_few_rows(world: World, number: int) -> None:
    worker = world.annotators[number]
    rank(world, worker)  # the first walk passes what this person owns; the next begin behind it
    rank(world, worker)
    plan = list(nodes(explain(world, worker)))
    scans = [node for node in plan if node.get("Relation Name") in BIG and "Scan" in node["Node Type"]]
    assert scans and {node["Node Type"] for node in scans} <= BY_INDEX
    assert "item_free_slots" in {node.get("Index Name") for node in scans}
    assert max(touched(node) for node in plan) <= A_HANDFUL
    sorts = [node for node in plan if node["Node Type"] in {"Sort", "Incremental Sort"}]
    assert sum(touched(node) for node in sorts) <= A_HANDFUL  # what changed behind the place, not the queue


def test_who_owns_the_front_is_given_what_is_free_behind_it_and_others_the_front(world: World) -> None:
    owner, other = world.annotators[0], world.annotators[3]
    need = {lease.item_id: lease.item.need for lease in (rank(world, other), rank(world, owner))}
    front = Item.objects.filter(project=world.project, overlap=3).order_by("pk")
    assert next(iter(need)) == front[0].pk
    assert Item.objects.get(pk=list(need)[1]).overlap != 3
    place = QueuePlace.objects.get(participation__user=owner)
    assert place.need == 1


def test_the_generic_plan_is_no_other_one(world: World) -> None:
    """A prepared statement may be planned without its values; that plan walks the same indexes."""
    worker = world.annotators[0]
    rank(world, worker)
    rank(world, worker)
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_generic_plan")
    plan = list(nodes(explain(world, worker)))
    scans = [node for node in plan if node.get("Relation Name") in BIG and "Scan" in node["Node Type"]]
    assert {node["Node Type"] for node in scans} <= BY_INDEX
    assert max(touched(node) for node in plan) <= A_HANDFUL


def test_a_hidden_repeat_is_found_without_reading_all_that_a_person_ever_ranked(world: World) -> None:
    worker = world.annotators[0]
    for _ in range(6):
        rank(world, worker)
    plan = list(nodes(explain(world, worker, repeat=True)))
    assert not [node for node in plan if node["Node Type"] == "Seq Scan" and node.get("Relation Name") in BIG]
    assert max(touched(node) for node in plan) <= A_HANDFUL
