"""The engineer's API of projects: making, changing with If-Match, publishing, pausing, closing."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from annotation.models import Project, SettingChange
from tests.annotation.world import World, add_annotator, fill, fund, make_draft

pytestmark = pytest.mark.django_db
BASE = "/api/v1/projects/"


@pytest.fixture
def world(db: None) -> World:
    return make_draft()


@pytest.fixture
def client(world: World) -> Client:
    client = Client()
    client.force_login(world.engineer)
    return client


def post(client: Client, path: str, body: dict[str, Any], **headers: str) -> Any:
    return client.post(path, body, content_type="application/json", headers=headers)


def patch(client: Client, path: str, body: dict[str, Any], **headers: str) -> Any:
    return client.patch(path, body, content_type="application/json", headers=headers)


def new(world: World, **change: Any) -> dict[str, Any]:
    return {"organisation": str(world.organisation.pk), "title": "Second", "k": 3, "overlap": 2} | change


def test_a_draft_is_made_once_however_often_it_is_sent(client: Client, world: World) -> None:
    body = new(world, id=str(uuid.uuid4()), top_m=2, dimensions=["accuracy"], languages=["sw"])
    answers = [post(client, BASE, body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    made = answers[0].json()
    assert (made["state"], made["top_m"], made["dimensions"], made["languages"], made["simulated"]) == (
        "draft", 2, ["accuracy"], ["sw"], True,
    )  # fmt: skip
    assert Project.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "status", "problem"),
    [
        ({"k": 10}, 422, "k: Ensure this value is less than or equal to 9."),
        ({"title": ""}, 422, "title: This field may not be blank."),
        ({"title": None}, 422, "title: This field may not be null."),
        ({"dimensions": ["colour"]}, 422, 'dimensions[0]: "colour" is not a valid choice.'),
        ({"languages": "en"}, 422, 'languages: Expected a list of items but got type "str".'),
        ({"organisation": str(uuid.uuid4())}, 404, None),
        ({"top_m": 3}, 422, None),
    ],
)
def test_what_can_not_be_made_is_named_and_nothing_is_made(
    client: Client, world: World, change: dict[str, Any], status: int, problem: str | None
) -> None:
    answer = post(client, BASE, new(world, **change))
    assert answer.status_code == status
    assert problem is None or answer.json()["problems"] == [problem]
    assert Project.objects.count() == 1


def test_a_change_is_refused_where_somebody_was_faster(client: Client, world: World) -> None:
    address = f"{BASE}{world.project.pk}/"
    tag = client.get(address)["ETag"]
    assert patch(client, address, {"overlap": 3}, **{"If-Match": tag}).json()["overlap"] == 3
    refused = patch(client, address, {"overlap": 5}, **{"If-Match": tag})
    assert (refused.status_code, refused.json()["code"]) == (412, "changed_meanwhile")
    assert Project.objects.get().overlap == 3
    assert SettingChange.objects.count() == 1
    assert patch(client, address, {"overlap": 5}).status_code == 200


def test_a_setting_that_is_misspelt_is_refused_by_its_name(client: Client, world: World) -> None:
    changed = patch(client, f"{BASE}{world.project.pk}/", {"overlap": 3, "goldpercent": 5})
    made = post(client, BASE, new(world, goldpercent=5))
    for refused in (changed, made):
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
        assert [one.split(":")[0] for one in refused.json()["problems"]] == ["goldpercent"]
    assert (Project.objects.get().overlap, SettingChange.objects.count()) == (1, 0)


def test_how_far_it_is_does_not_change_the_tag_of_its_settings(client: Client, world: World) -> None:
    fill(world, 1)
    address = f"{BASE}{world.project.pk}/"
    tag = client.get(address)["ETag"]
    fill_again = add_annotator(world, "one", ready=False)
    assert fill_again.pk
    assert client.get(address)["ETag"] == tag
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304


def test_publishing_pausing_and_closing(client: Client, world: World) -> None:
    address = f"{BASE}{world.project.pk}/"
    refused = post(client, address + "publish", {})
    assert refused.status_code >= 400 and refused.json()["problems"]
    assert Project.objects.get().state == "draft"
    fill(world, 1)
    fund(world)
    for _ in range(2):
        assert post(client, address + "publish", {}).json()["state"] == "open"
    assert post(client, address + "pause", {"words": "Back at noon."}).json()["state"] == "paused"
    assert post(client, address + "close", {}).json()["state"] == "closed"
    assert [row["id"] for row in client.get(f"{BASE}?state=closed").json()["results"]] == [
        str(world.project.pk)
    ]
    assert client.get(f"{BASE}?state=open").json()["results"] == []


def test_only_engineers_of_the_organisation_change_anything(world: World) -> None:
    before = Project.objects.values().get()
    other = make_draft(slug="other-lab")
    for user in (other.engineer, world.steward):
        client = Client()
        client.force_login(user)
        address = f"{BASE}{world.project.pk}/"
        statuses = [patch(client, address, {"overlap": 4}).status_code]
        statuses += [post(client, address + act, {}).status_code for act in ("publish", "pause", "close")]
        statuses += [post(client, BASE, new(world)).status_code]
        assert statuses == [404] * 5
    assert Project.objects.values().get(pk=world.project.pk) == before
    assert Project.objects.count() == 2
