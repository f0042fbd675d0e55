"""The engineer's API of items, ballots, prompts and generations: filters, pages, pseudonyms, and who may see."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from annotation.models import Ballot, Item, ItemQuality, Participation
from annotation.services.submitting import skip_item, submit_ballot
from byhand.accounts.models import User
from byhand.accounts.services import create_token
from byhand.audit.models import AuditEvent
from tests.annotation.world import World, add_annotator, make_draft, make_open, take

pytestmark = pytest.mark.django_db
ANSWER = {"groups": [[0], [1, 2]], "unacceptable": [3]}


def rank(world: World, worker: User, **more: Any) -> Ballot:
    lease = take(world, worker)
    answer = ANSWER | more.pop("answer", {})
    key = f"key-{lease.pk}"
    return submit_ballot(worker=worker, lease_id=lease.pk, answer=answer, key=key, **more).ballot


@pytest.fixture
def world(db: None) -> World:
    return make_open(items=3, overlap=2, annotators=2)


@pytest.fixture
def get(world: World) -> Callable[..., Any]:
    client = Client()
    client.force_login(world.engineer)

    def ask(path: str, **query: Any) -> Any:
        answer = client.get(f"/api/v1/projects/{world.project.pk}/{path}", query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    return ask


def ids(page: Any) -> list[int]:
    return [row["id"] for row in page["results"]]


def test_items_come_in_order_with_how_far_they_are(world: World, get: Callable[..., Any]) -> None:
    rank(world, world.worker)
    rows = get("items/")["results"]
    assert [row["id"] for row in rows] == list(Item.objects.order_by("pk").values_list("pk", flat=True))
    assert sorted((row["ballots"], row["overlap"], row["state"]) for row in rows) == [
        (0, 2, "open"), (0, 2, "open"), (1, 2, "open"),
    ]  # fmt: skip
    assert rows[0]["beginning"] == "Prompt number 1: what is the capital of place 1?"


def test_items_are_found_by_state_role_group_and_beginning(world: World, get: Callable[..., Any]) -> None:
    first = rank(world, world.annotators[0]).item_id
    assert rank(world, world.annotators[1]).item_id == first
    every = ids(get("items/"))
    others = [one for one in every if one != first]
    assert ids(get("items/", state="done")) == [first]
    assert ids(get("items/", state="open")) == others
    Item.objects.filter(pk=others[0]).update(role="gold")
    assert ids(get("items/", role="gold")) == [others[0]]
    assert ids(get("items/", state="open")) == [others[1]]
    prompt = Item.objects.get(pk=every[1]).prompt
    assert ids(get("items/", begins="PROMPT number 2")) == [every[1]]
    assert ids(get("items/", begins="number")) == []
    assert ids(get("items/", begins="prompt_number")) == ids(get("items/", begins="%rompt")) == []
    assert ids(get("items/", group=prompt.prompt_group)) == [every[1]]
    assert ids(get("items/", import_id=str(prompt.prompt_import_id))) == every
    assert ids(get("items/", import_id="00000000-0000-4000-8000-000000000000")) == []


def test_items_are_found_by_flags_and_by_disagreement(world: World, get: Callable[..., Any]) -> None:
    ballot = rank(world, world.worker, answer={"flags": [{"kind": "harmful", "completion": 1}]})
    assert ids(get("items/", flagged="true")) == [ballot.item_id]
    now = timezone.now()
    ItemQuality.objects.create(
        item=ballot.item, project=world.project, ballots=2, tau=-0.5, needs_review=True, computed_at=now
    )
    assert ids(get("items/", needs_review="true")) == [ballot.item_id]
    assert ids(get("items/", most_tau=0)) == [ballot.item_id]
    assert ids(get("items/", most_tau=-0.6)) == []


def test_pages_of_items_are_cut_by_the_filter_too(world: World, get: Callable[..., Any]) -> None:
    first = get("items/", limit=2, state="open")
    assert len(first["results"]) == 2
    assert "state=open" in first["next"] and "limit=2" in first["next"]


def test_a_ballot_is_lossless_and_names_nobody(world: World, get: Callable[..., Any]) -> None:
    ballot = rank(world, world.worker, note="two are the same")
    (row,) = get("ballots/")["results"]
    pseudonym = Participation.objects.get(project=world.project, user=world.worker).pseudonym
    assert row == {
        "id": str(ballot.pk), "item": ballot.item_id, "pseudonym": pseudonym, "standing": "counts",
        "day": ballot.created_at.date().isoformat(), "groups": [[0], [1, 2]], "unranked": [], "unacceptable": [3],
        "strengths": [], "ratings": {}, "flags": [], "shown_order": ballot.shown_order,
        "note": "two are the same",
    }  # fmt: skip


def test_no_hour_no_account_and_no_pay_is_in_any_answer(world: World, get: Callable[..., Any]) -> None:
    """Also not in the cursor: it is ordered by item, never by time."""
    for worker in world.annotators:
        rank(world, worker)
    page = get("ballots/", limit=1)
    said = json.dumps([page, get("items/"), get(f"items/{Ballot.objects.all()[0].item_id}/")])
    for ballot in Ballot.objects.select_related("worker"):
        assert ballot.created_at.strftime("%H:%M:%S") not in said
        assert str(ballot.lease_id) not in said and ballot.worker.email not in said
        assert str(ballot.worker.public_id) not in said
    assert "micro" not in said and "_ms" not in said and "created_at" not in page["results"][0]
    import base64

    cursor = page["next"].partition("cursor=")[2].partition("&")[0]
    assert str(timezone.now().year) not in base64.urlsafe_b64decode(cursor + "===").decode()


def test_standing_tells_surplus_repeats_and_replaced_apart(world: World, get: Callable[..., Any]) -> None:
    ballot = rank(world, world.worker)
    assert get("ballots/")["results"][0]["standing"] == "counts"
    ballot.lease.repeat = True
    ballot.lease.save(update_fields=["repeat"])
    assert get("ballots/")["results"][0]["standing"] == "repeat"


def test_ballots_are_found_by_item_and_by_day(world: World, get: Callable[..., Any]) -> None:
    ballot = rank(world, world.worker)
    today = ballot.created_at.date()
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
    other = Item.objects.exclude(pk=ballot.item_id)[0].pk
    assert len(get("ballots/", item=ballot.item_id)["results"]) == 1
    assert get("ballots/", item=other)["results"] == []
    assert len(get("ballots/", from_day=today, to_day=today)["results"]) == 1
    assert get("ballots/", to_day=yesterday)["results"] == []
    assert get("ballots/", from_day=tomorrow)["results"] == []


def test_an_item_shows_ballots_skips_and_completions(world: World, get: Callable[..., Any]) -> None:
    ballot = rank(world, world.annotators[0])
    lease = take(world, world.annotators[1])
    skip_item(worker=world.annotators[1], lease_id=lease.pk, reason="unclear", key="key-of-the-skip")
    assert lease.item_id == ballot.item_id
    detail = get(f"items/{ballot.item_id}/")
    assert [one["index"] for one in detail["completions"]] == [0, 1, 2, 3]
    assert [one["id"] for one in detail["ballots"]] == [str(ballot.pk)]
    people = dict(Participation.objects.values_list("user", "pseudonym"))
    assert detail["skips"] == [
        {
            "pseudonym": people[world.annotators[1].pk],
            "reason": "unclear",
            "day": timezone.now().date().isoformat(),
        }
    ]
    assert (detail["gold"], detail["quality"]) == (None, None)


def test_prompts_and_generations_are_listed(world: World, get: Callable[..., Any]) -> None:
    texts = [row["text"] for row in get("prompts/")["results"]]
    assert texts == [f"Prompt number {n}: what is the capital of place {n}?" for n in (1, 2, 3)]
    assert ids(get("prompts/", begins="prompt number 3")) == [get("prompts/")["results"][2]["id"]]
    (generation,) = get("generations/")["results"]
    assert (generation["policy_name"], generation["policy_digest"]) == ("tiny", "a" * 64)


PATHS = ["", "items/", "ballots/", "prompts/", "generations/", "progress/"]


@pytest.mark.parametrize("path", PATHS)
def test_others_learn_nothing(world: World, path: str) -> None:
    rank(world, world.worker)
    other = make_draft(slug="other-lab")
    for user in (other.engineer, world.worker, world.steward):
        client = Client()
        client.force_login(user)
        answer = client.get(f"/api/v1/projects/{world.project.pk}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_an_item_of_another_project_is_not_here(world: World) -> None:
    other = make_draft(slug="other-lab")
    client = Client()
    client.force_login(other.engineer)
    item = Item.objects.filter(project=world.project)[0].pk
    assert client.get(f"/api/v1/projects/{other.project.pk}/items/{item}/").status_code == 404


@pytest.mark.parametrize(
    ("path", "query", "problem"),
    [
        ("items/", {"state": "half"}, 'state: "half" is not a valid choice.'),
        ("items/", {"begins": "a"}, "begins: Ensure this field has at least 2 characters."),
        ("items/", {"most_tau": "nan"}, None),
        ("items/", {"import_id": "1"}, "import_id: Must be a valid UUID."),
        ("items/", {"begins": "ab\x00"}, "begins: Null characters are not allowed."),
        ("ballots/", {"item": "9" * 30}, None),
        ("ballots/", {"from_day": "2026-02-30"}, None),
        ("ballots/", {"from_day": "2026-03-02", "to_day": "2026-03-01"}, "to_day: Lies before from_day."),
        ("prompts/", {"state": "open"}, "state: unknown. Known here: begins, cursor, group, import_id, limit."),
    ],
)  # fmt: skip
def test_a_filter_that_can_not_be_is_named(
    world: World, path: str, query: dict[str, str], problem: str | None
) -> None:
    client = Client()
    client.force_login(world.engineer)
    answer = client.get(f"/api/v1/projects/{world.project.pk}/{path}", query)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_query")
    assert len(answer.json()["problems"]) == 1
    assert problem is None or answer.json()["problems"] == [problem]


SCOPE_OF = {
    "": "projects:read", "progress/": "projects:read", "items/": "items:read", "prompts/": "items:read",
    "generations/": "items:read", "ballots/": "ballots:read",
}  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_each_address_asks_for_its_scope(world: World, path: str) -> None:
    def status(*scopes: str, user: User = world.engineer) -> int:
        _, secret = create_token(actor=user, name=f"{scopes[0]} of {user.pk}", scopes=list(scopes))
        client = Client(headers={"Authorization": f"Bearer {secret}"})
        return client.get(f"/api/v1/projects/{world.project.pk}/{path}").status_code

    assert status(SCOPE_OF[path]) == 200
    assert status("work") == 403
    assert status(SCOPE_OF[path], user=world.worker) == 404


def test_a_small_project_shows_no_time_of_its_two_people(world: World, get: Callable[..., Any]) -> None:
    for worker in world.annotators:
        rank(world, worker)
    progress = get("progress/")
    assert (progress["spent"], progress["cost_micro"], progress["categories"]) == (None, None, [])
    assert progress["hours"][-1]["ballots"] is None
    assert progress["counts"]["ballots_counted"] == 2


def test_the_last_session_of_a_small_crew_is_hidden_but_a_crew_of_three_is_shown(db: None) -> None:
    world = make_open(items=3, overlap=3, annotators=3)
    add_annotator(world, "idle")
    for worker in world.annotators[:3]:
        rank(world, worker)
    client = Client()
    client.force_login(world.engineer)
    progress = client.get(f"/api/v1/projects/{world.project.pk}/progress/").json()
    shown = [row for row in progress["hours"] if row["ballots"]]
    assert sum(row["ballots"] for row in shown) == 3


def test_an_engineer_says_what_is_offered_first(world: World) -> None:
    client = Client()
    client.force_login(world.engineer)
    last = Item.objects.order_by("-pk")[0]
    address = f"/api/v1/projects/{world.project.pk}/items/{last.pk}/"

    def change(priority: Any) -> Any:
        return client.patch(address, {"priority": priority}, content_type="application/json")

    for _ in range(2):
        assert change(7).json()["priority"] == 7
    assert AuditEvent.objects.filter(action="item.priority").count() == 1
    for bad in (101, -101, None, "high"):
        assert change(bad).status_code == 422
    assert Item.objects.get(pk=last.pk).priority == 7
    assert take(world).item_id == last.pk
