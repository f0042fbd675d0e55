"""Known answers are kept for good, reach no annotator, and change neither pay nor offers."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.db.models import Sum
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from annotation.errors import GoldTaken
from annotation.gold import InvalidGold
from annotation.models import GoldAnswer, Item
from annotation.services.gold import retire_gold, set_gold
from annotation.services.taking import take_next
from byhand.errors import NotAllowed
from tests.annotation.setup_world import answer, begin, change, items_of
from tests.annotation.world import World, fill, make_draft, make_open, take
from wages.models import Interval

pytestmark = pytest.mark.django_db
SECRET = "Because the others invent a river."


def keep(world: World, item: Item, **options: Any) -> GoldAnswer:
    values: dict[str, Any] = {"better": [[0, 1]], "unacceptable": [3], "explanation": SECRET}
    return set_gold(actor=world.engineer, item=item, **{**values, **options})


@pytest.fixture
def world() -> World:
    made = make_draft()
    fill(made, 3)
    return made


def test_an_answer_is_kept_and_the_same_again_is_the_same(world: World) -> None:
    item = items_of(world)[0]
    kept = keep(world, item)
    assert keep(world, item).pk == kept.pk
    item.refresh_from_db()
    assert (item.role, kept.better, kept.unacceptable, kept.explanation) == ("gold", [[0, 1]], [3], SECRET)


def test_another_answer_for_the_same_item_is_refused(world: World) -> None:
    item = items_of(world)[0]
    keep(world, item)
    with pytest.raises(GoldTaken):
        keep(world, item, better=[[1, 0]])
    assert GoldAnswer.objects.get().better == [[0, 1]]


@pytest.mark.parametrize(
    "options",
    [{"better": [[0, 1], [1, 2], [2, 0]]}, {"better": [], "unacceptable": []}, {"better": "all"},
     {"better": [[0, 0]]}, {"unacceptable": [4]}, {"explanation": "x" * 4001}, {"better": [[3, 0]]}],
)  # fmt: skip
def test_what_cant_be_known_is_refused_with_its_reason(world: World, options: dict[str, Any]) -> None:
    item = items_of(world)[0]
    with pytest.raises(InvalidGold) as refused:
        keep(world, item, **options)
    assert refused.value.problems
    assert (GoldAnswer.objects.count(), Item.objects.get(pk=item.pk).role) == (0, "rank")


def test_only_engineers_of_the_organisation_keep_and_retire_answers(world: World) -> None:
    item, other = items_of(world)[0], make_draft(slug="other-lab")
    keep(world, item)
    for who in (world.steward, other.engineer):
        with pytest.raises(NotAllowed):
            set_gold(actor=who, item=items_of(world)[1], better=[[0, 1]], unacceptable=[], explanation="x")
        with pytest.raises(NotAllowed):
            retire_gold(actor=who, item=item)
    assert GoldAnswer.objects.get().retired_at is None


def test_a_retired_answer_stays_on_record_and_its_item_is_an_ordinary_one_again(world: World) -> None:
    item = items_of(world)[0]
    keep(world, item)
    first = retire_gold(actor=world.engineer, item=item)
    assert retire_gold(actor=world.engineer, item=item).retired_at == first.retired_at
    assert Item.objects.get(pk=item.pk).role == "rank"
    with pytest.raises(GoldTaken):
        keep(world, item, better=[[1, 0]])
    with pytest.raises(DatabaseError), transaction.atomic():
        GoldAnswer.objects.filter(pk=item.pk).update(retired_at=None)
    with pytest.raises(DatabaseError), transaction.atomic():
        GoldAnswer.objects.filter(pk=item.pk).delete()
    assert GoldAnswer.objects.get().retired_at == first.retired_at


def test_an_item_that_becomes_gold_in_somebodys_hands_can_be_handed_in() -> None:
    world = make_open(items=1, overlap=2)
    lease = take(world)
    keep(world, items_of(world)[0])
    assert answer(world.worker, lease).status == "counted"
    assert Item.objects.get().live_leases == 0


def test_a_gold_item_that_is_retired_in_somebodys_hands_can_be_handed_in() -> None:
    world = make_open(items=1, overlap=2)
    keep(world, items_of(world)[0])
    change(world, gold_percent=50)
    lease = None
    while lease is None:
        lease = begin(world, world.worker)
    retire_gold(actor=world.engineer, item=items_of(world)[0])
    assert Item.objects.get().live_leases == 1
    answer(world.worker, lease)
    item = Item.objects.get()
    assert (item.live_leases, item.ballots_count) == (0, 1)


def test_no_annotators_page_or_address_shows_what_is_known(client: Client) -> None:
    """With its negative control: the engineer's page and address do show it."""
    world = make_open(items=1)
    lease = take(world)
    keep(world, items_of(world)[0])
    pages = [f"/work/{world.project.pk}/", f"/work/{world.project.pk}/guide/", "/work/", "/earnings/"]
    pages += [f"/work/{world.project.pk}/items/{lease.pk}/"]
    pages += [f"/api/v1/work/{world.project.pk}/{act}" for act in ("", "offer", "qualification")]
    client.force_login(world.worker)
    for page in pages:
        text = client.get(page).content.decode()
        assert SECRET not in text, page
        assert "gold" not in text.lower(), page
    shown = client.post(f"/api/v1/work/{world.project.pk}/next", "{}", content_type="application/json")
    assert "gold" not in shown.content.decode().lower()
    answer(world.worker, lease)
    assert take_next(worker=world.worker, project=world.fresh()) is None
    assert SECRET not in client.get(f"/work/{world.project.pk}/").content.decode()
    known = [f"/projects/{world.project.pk}/known/", f"/api/v1/projects/{world.project.pk}/known/"]
    assert {client.get(address).status_code for address in known} == {404}
    client.force_login(world.engineer)
    assert SECRET in client.get(known[1]).content.decode()


def test_gold_changes_no_offer_and_no_pay() -> None:
    """One person meets every known point, another none: the same next item, and the same pay for the same time."""
    world, start = make_open(items=4, overlap=2, annotators=2), timezone.now() + timedelta(minutes=1)
    right: dict[str, Any] = {"groups": [[0], [1], [2]], "unacceptable": [3]}
    wrong: dict[str, Any] = {"groups": [[3], [2], [1], [0]], "unacceptable": []}
    answered = {}
    for who, body in zip(world.annotators, (right, wrong), strict=True):
        lease = begin(world, who, start)
        assert lease is not None
        answer(who, lease, body, at=start + timedelta(seconds=90))
        answered[who.pk] = lease.item_id
    assert len(set(answered.values())) == 1
    keep(world, Item.objects.get(pk=answered[world.worker.pk]))
    later = start + timedelta(seconds=90)
    offered = [take_next(worker=who, project=world.fresh(), at=later) for who in world.annotators]
    assert len({lease.item_id for lease in offered if lease is not None}) == 1
    assert None not in offered
    earned = {row["worker"]: row["sum"] for row in earned_of(world)}
    assert earned == dict.fromkeys([who.pk for who in world.annotators], 555_000)


def earned_of(world: World) -> Any:
    paid = Interval.objects.filter(project=world.project.pk, category="task")
    return paid.values("worker").annotate(sum=Sum("earned_micro"))


# --- the pages and the API ---------------------------------------------------------------------------------------


def test_the_form_keeps_pairs_and_shows_a_refusal_with_what_was_entered(client: Client, world: World) -> None:
    item = items_of(world)[0]
    client.force_login(world.engineer)
    address = reverse("project-known-item", args=[world.project.pk, item.pk])
    fields = {
        "use": "gold",
        "upper_0": "2",
        "lower_0": "0",
        "upper_3": "1",
        "lower_3": "",
        "explanation": SECRET,
    }
    page = client.post(address, fields)
    assert page.status_code == 422
    assert "two different completions of this item" in page.content.decode()
    assert f"{SECRET}</textarea>" in page.content.decode()
    assert GoldAnswer.objects.count() == 0
    assert client.post(address, fields | {"lower_3": "0", "unacceptable": ["3"]}).status_code == 302
    assert (GoldAnswer.objects.get().better, GoldAnswer.objects.get().unacceptable) == ([[1, 0], [2, 0]], [3])
    listed = client.get(reverse("project-known", args=[world.project.pk])).content.decode()
    assert "Retire" in listed
    client.post(reverse("project-known-retire", args=[world.project.pk, item.pk]))
    assert GoldAnswer.objects.get().retired_at is not None


def test_the_same_over_the_api(client: Client, world: World) -> None:
    item = items_of(world)[0]
    client.force_login(world.engineer)
    address = f"/api/v1/projects/{world.project.pk}/known/{item.pk}"
    body = {"use": "qualification", "better": [[0, 2]], "explanation": SECRET}
    kept = client.put(address, json.dumps(body), content_type="application/json")
    assert (kept.status_code, kept.json()["use"]) == (200, "qualification")
    again = client.put(address, json.dumps(body | {"better": [[2, 0]]}), content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (409, "gold_taken")
    retired = client.post(f"{address}/retire", "{}", content_type="application/json")
    assert retired.json()["retired_at"] is not None
