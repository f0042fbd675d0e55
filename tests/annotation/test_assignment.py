"""Which item comes next: by need, never twice, never lost; and what is offered to nobody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from annotation.errors import NoOffer
from annotation.models import AnnotatorQuality, Item, ItemQuality, Lease, Project, QualitySnapshot, QueuePlace
from annotation.services.leases import sweep_leases
from annotation.services.submitting import SubmitResult, skip_item, submit_ballot
from annotation.services.taking import reserve_next, take_next
from byhand.accounts.models import User
from tests.annotation.world import World, make_open, take
from wages.services.clock import start_work, stop
from wages.verification import verify

pytestmark = pytest.mark.django_db
ANSWER = {"groups": [[0], [1], [2], [3]]}


def items_of(world: World) -> list[Item]:
    return list(Item.objects.filter(project=world.project).order_by("pk"))


def change(world: World, **settings: Any) -> None:
    Project.objects.filter(pk=world.project.pk).update(**settings)


def submit(world: World, lease: Lease, worker: User | None = None, **options: Any) -> SubmitResult:
    who = worker or world.worker
    return submit_ballot(worker=who, lease_id=lease.pk, answer=ANSWER, key=f"key-{lease.pk}", **options)


def after(world: World, worker: User | None = None) -> int | None:
    """Take an item, rank it, and return which it was."""
    lease = take_next(worker=worker or world.worker, project=world.fresh())
    if lease is None:
        return None
    submit(world, lease, worker)
    return lease.item_id


def begin(world: World) -> None:
    for worker in world.annotators:
        start_work(worker=worker, project_id=world.project.pk, tab="")


# --- the order of need ---------------------------------------------------------------------------------------


def test_higher_priority_comes_first_then_the_older_item() -> None:
    world = make_open(items=3)
    one, two, three = items_of(world)
    Item.objects.filter(pk=three.pk).update(priority=1)
    begin(world)
    assert [after(world) for _ in range(4)] == [three.pk, one.pk, two.pk, None]


def test_within_one_priority_what_others_have_ranked_comes_first_so_that_overlap_completes() -> None:
    world = make_open(items=3, overlap=2, annotators=2)
    _one, two, three = items_of(world)
    begin(world)
    skipped = take_next(worker=world.annotators[1], project=world.project)
    assert skipped is not None
    skip_item(worker=world.annotators[1], lease_id=skipped.pk, reason="unclear", key="key-number-1")
    assert after(world, world.annotators[1]) == two.pk
    assert after(world) == two.pk
    assert after(world, world.annotators[1]) == three.pk
    assert after(world) == three.pk


def test_priority_outweighs_what_was_begun_also_below_zero() -> None:
    world = make_open(items=3, overlap=2, annotators=2)
    one, two, three = items_of(world)
    begin(world)
    assert after(world, world.annotators[1]) == one.pk
    Item.objects.filter(pk=one.pk).update(priority=-1)
    Item.objects.filter(pk=three.pk).update(priority=2)
    assert [after(world) for _ in range(3)] == [three.pk, two.pk, one.pk]


# --- no slot is lost -------------------------------------------------------------------------------------------


def test_a_slot_that_becomes_free_behind_ones_place_is_given_to_them() -> None:
    world = make_open(items=4, annotators=2)
    one, two, three, four = items_of(world)
    begin(world)
    held = take_next(worker=world.annotators[1], project=world.project)
    assert held is not None and held.item_id == one.pk
    assert [after(world), after(world)] == [two.pk, three.pk]
    place = QueuePlace.objects.get(participation__user=world.worker)
    assert place.item > one.pk
    skip_item(worker=world.annotators[1], lease_id=held.pk, reason="unclear", key="key-number-1")
    assert [after(world), after(world), after(world)] == [one.pk, four.pk, None]


def test_an_item_that_is_raised_behind_ones_place_is_found() -> None:
    world = make_open(items=6, overlap=1)
    items = items_of(world)
    begin(world)
    Item.objects.filter(pk=items[0].pk).update(priority=-5)
    assert [after(world) for _ in range(3)] == [items[1].pk, items[2].pk, items[3].pk]
    Item.objects.filter(pk=items[5].pk).update(priority=9)
    assert [after(world) for _ in range(3)] == [items[5].pk, items[4].pk, items[0].pk]


def test_who_has_walked_to_the_end_finds_what_comes_later() -> None:
    world = make_open(items=2, annotators=2)
    one, _two = items_of(world)
    begin(world)
    held = take_next(worker=world.annotators[1], project=world.project)
    assert held is not None
    assert after(world) is not None
    assert [after(world), after(world)] == [None, None]
    stop(worker=world.annotators[1])
    sweep_leases(at=held.expires_at)
    assert after(world) == one.pk


def test_places_from_another_server_begin_anew() -> None:
    """A restored copy counts its transactions from the beginning: a number of the future says nothing."""
    world = make_open(items=2)
    one, two = items_of(world)
    begin(world)
    assert after(world) == one.pk
    QueuePlace.objects.update(seen_xid=2**60, need=2**30)
    assert after(world) == two.pk


# --- who is offered nothing --------------------------------------------------------------------------------------


def test_a_target_stops_offers_and_counts_what_is_in_hand() -> None:
    world = make_open(items=4, annotators=2)
    change(world, target_ballots=2)
    begin(world)
    assert after(world) is not None
    lease = take_next(worker=world.worker, project=world.fresh())
    assert lease is not None
    with pytest.raises(NoOffer) as held:
        take_next(worker=world.annotators[1], project=world.fresh())
    assert held.value.details["reason"] == "last_items_held"
    submit(world, lease)
    with pytest.raises(NoOffer) as complete:
        take_next(worker=world.annotators[1], project=world.fresh())
    assert complete.value.details["reason"] == "target"
    assert Lease.objects.count() == 2


def test_a_pilot_offers_work_until_its_ballots_count() -> None:
    world = make_open(items=4)
    change(world, state="pilot", pilot_ballots=2)
    begin(world)
    assert after(world) is not None
    assert after(world) is not None
    with pytest.raises(NoOffer) as refused:
        take_next(worker=world.worker, project=world.fresh())
    assert refused.value.details["reason"] == "pilot"
    change(world, state="open")
    assert after(world) is not None


def test_a_cap_stops_offers_and_the_item_in_hand_is_finished_and_paid() -> None:
    world = make_open(items=4)
    lease = take(world)
    since = lease.taken_at
    for minutes in range(19, 481, 19):
        start_work(
            worker=world.worker, project_id=world.project.pk, tab="", at=since + timedelta(minutes=minutes)
        )
    done = since + timedelta(minutes=481)
    assert submit(world, lease, at=done).status == "counted"
    with pytest.raises(NoOffer) as refused:
        take_next(worker=world.worker, project=world.fresh(), at=done)
    assert refused.value.details["reason"] == "cap_day"
    possible = datetime.fromisoformat(refused.value.details["possible_at"])
    assert since + timedelta(days=1) < possible <= since + timedelta(days=1, minutes=3)
    assert f"{possible:%Y-%m-%d %H:%M}" in refused.value.message
    assert reserve_next(worker=world.worker, project=world.fresh(), at=done) is None
    assert (
        take_next(worker=world.worker, project=world.fresh(), at=possible + timedelta(minutes=30)) is not None
    )
    assert not [finding for finding in verify() if finding.bad]


def test_exposure_is_of_this_project_and_of_time_with_items_alone() -> None:
    world = make_open(items=3)
    change(world, exposure_ms=600_000)
    lease = take(world)
    since = lease.taken_at
    submit(world, lease, at=since + timedelta(minutes=9))
    second = take_next(worker=world.worker, project=world.fresh(), at=since + timedelta(minutes=15))
    assert second is not None
    submit(world, second, at=since + timedelta(minutes=16))
    with pytest.raises(NoOffer) as refused:
        take_next(worker=world.worker, project=world.fresh(), at=since + timedelta(minutes=17))
    assert refused.value.details["reason"] == "cap_exposure"


def test_pages_and_api_say_in_words_why_nothing_is_offered(client: Client) -> None:
    world = make_open(items=4)
    begin(world)
    assert after(world) is not None
    change(world, target_ballots=1)
    client.force_login(world.worker)
    words = "all the rankings that it asked for"
    assert words in client.get(f"/work/{world.project.pk}/").content.decode()
    answer = client.post(f"/api/v1/work/{world.project.pk}/next", "{}", content_type="application/json")
    assert answer.json()["status"] == "waiting"
    assert (answer.json()["no_offer"]["reason"], answer.json()["no_offer"]["possible_at"]) == ("target", None)
    assert words in answer.json()["no_offer"]["words"]
    assert words in client.get(f"/api/v1/work/{world.project.pk}/").json()["no_offer"]["words"]
    stop(worker=world.worker)
    refused = client.post(f"/api/v1/work/{world.project.pk}/start", "{}", content_type="application/json")
    assert (refused.status_code, refused.json()["code"], refused.json()["reason"]) == (
        409,
        "no_offer",
        "target",
    )


# --- what assignment does not read ---------------------------------------------------------------------------------


def _judge(world: World, weights: list[float]) -> None:
    """Write what quality says of people and items: good of some, bad of others, and the other way round."""
    QualitySnapshot.objects.filter(project=world.project).exists()
    snapshot = QualitySnapshot.objects.create(
        project=world.project, job_id="0" * 31 + str(len(weights)), method="test", as_of=timezone.now(),
        items=1, ballots=1, figures={},
    )  # fmt: skip
    people = world.project.participations.order_by("pk")
    for part, weight in zip(people, weights, strict=True):
        AnnotatorQuality.objects.create(snapshot=snapshot, pseudonym=part.pseudonym, ballots=9, weight=weight)
    for item, weight in zip(items_of(world), [*weights, *weights], strict=False):
        ItemQuality.objects.create(
            item=item, project=world.project, ballots=1, entropy=weight, needs_review=weight > 0.5,
            computed_at=timezone.now(),
        )  # fmt: skip


@pytest.mark.parametrize("weights", [[], [0.9, 0.1, 0.5], [0.1, 0.5, 0.9], [0.5, 0.9, 0.1]])
def test_reliability_and_flags_change_no_offer(weights: list[float]) -> None:
    world = make_open(items=4, overlap=2, annotators=3)
    first = items_of(world)[0].pk
    if weights:
        _judge(world, weights)
    begin(world)
    offers = [after(world, worker) for _ in range(3) for worker in world.annotators]
    assert [offer - first if offer else None for offer in offers] == [0, 0, 1, 1, 2, 2, 3, 3, None]


def test_the_claim_names_no_table_of_quality() -> None:
    world = make_open(items=2)
    begin(world)
    with connection.execute_wrapper(_refuse_quality):
        assert after(world) is not None


def _refuse_quality(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    text = str(sql).lower()
    assert not any(word in text for word in ("quality", "goldanswer", "outsidelabel", "adjudication")), text
    return execute(sql, params, many, context)
