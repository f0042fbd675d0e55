"""Webhooks by the API and by the pages: who may, what is shown once, and what became of a delivery."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from byhand.accounts.services import create_token, create_user
from byhand.webhooks.models import Delivery, Endpoint
from tests.webhooks.conftest import Receiver, World
from tests.webhooks.test_delivering import happen, try_once

JSON = {"content_type": "application/json"}


@pytest.fixture
def client(world: World) -> Client:
    client = Client()
    client.force_login(world.engineer)
    return client


def test_an_endpoint_is_made_and_its_secret_shown_once(
    client: Client, world: World, receiver: Receiver
) -> None:
    body = {"organisation": str(world.organisation.pk), "url": receiver.url, "events": ["gate.decided"]}
    answer = client.post("/api/v1/webhooks/", body, **JSON)  # type: ignore[arg-type]
    made = answer.json()
    assert (answer.status_code, made["secret"][:6], made["state"]) == (201, "whsec_", "active")
    shown = client.get(f"/api/v1/webhooks/{made['id']}/").json()
    assert "secret" not in shown
    assert made["secret"] not in client.get("/api/v1/webhooks/").content.decode()
    rotated = client.post(f"/api/v1/webhooks/{made['id']}/rotate").json()
    assert rotated["secret"] not in {"", made["secret"]}


def test_a_change_asks_for_the_state_that_was_read(client: Client, world: World) -> None:
    address = f"/api/v1/webhooks/{world.endpoint.pk}/"
    tag = client.get(address)["ETag"]
    first = client.patch(address, {"state": "paused"}, headers={"If-Match": tag}, **JSON)  # type: ignore[arg-type]
    again = client.patch(address, {"state": "active"}, headers={"If-Match": tag}, **JSON)  # type: ignore[arg-type]
    assert (first.status_code, again.status_code, Endpoint.objects.get().state) == (200, 412, "paused")


def test_a_bad_address_is_named(client: Client, world: World) -> None:
    body = {
        "organisation": str(world.organisation.pk),
        "url": "https://10.0.0.1/",
        "events": ["gate.decided"],
    }
    answer = client.post("/api/v1/webhooks/", body, **JSON)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_endpoint")
    assert answer.json()["problems"] == ["url: this address is not in the world outside."]
    assert Endpoint.objects.count() == 1


def test_the_payload_and_the_answers_can_be_read_and_sent_again(
    client: Client, world: World, receiver: Receiver
) -> None:
    receiver.answers = [(500, {}, b"<b>broken</b>")]
    delivery = try_once(happen(world))
    (row,) = client.get(f"/api/v1/webhooks/{world.endpoint.pk}/deliveries/?state=pending").json()["results"]
    assert (row["id"], row["type"], row["tries"]) == (str(delivery.pk), "project.published", 1)
    detail = client.get(f"/api/v1/deliveries/{delivery.pk}/").json()
    assert detail["payload"].encode() == receiver.came[0][2]
    assert [(one["status"], one["answer"]) for one in detail["attempts"]] == [(500, "<b>broken</b>")]
    assert client.post(f"/api/v1/deliveries/{delivery.pk}/redeliver").status_code == 202
    assert Delivery.objects.get().round == 1
    page = client.get(f"/webhooks/deliveries/{delivery.pk}/").content.decode()
    assert "&lt;b&gt;broken&lt;/b&gt;" in page and "project.published" in page


def test_removed_is_removed(client: Client, world: World) -> None:
    assert client.delete(f"/api/v1/webhooks/{world.endpoint.pk}/").status_code == 204
    assert client.get(f"/api/v1/webhooks/{world.endpoint.pk}/").status_code == 404
    assert client.get("/api/v1/webhooks/").json()["results"] == []


@pytest.mark.parametrize("path", ["api/v1/webhooks/{0}/", "api/v1/webhooks/{0}/deliveries/", "api/v1/deliveries/{1}/",
                                  "webhooks/{0}/", "webhooks/deliveries/{1}/"])  # fmt: skip
def test_others_learn_nothing(world: World, path: str) -> None:
    delivery = happen(world)
    client = Client()
    client.force_login(create_user(email="stranger@example.org", password=None, simulated=True))
    assert client.get("/" + path.format(world.endpoint.pk, delivery.pk)).status_code == 404
    assert world.endpoint.url not in client.get("/webhooks/").content.decode()


def test_a_token_needs_the_scope(world: World) -> None:
    def status(scope: str, method: str = "get") -> int:
        _, secret = create_token(actor=world.engineer, name=f"{scope} {method}", scopes=[scope])
        client = Client(headers={"Authorization": f"Bearer {secret}"})
        answer: int = getattr(client, method)(f"/api/v1/webhooks/{world.endpoint.pk}/").status_code
        return answer

    assert (status("webhooks:read"), status("items:read")) == (200, 403)
    assert (status("webhooks:read", "delete"), Endpoint.objects.get().state) == (403, "active")


def test_the_pages_do_all_of_it(client: Client, world: World, receiver: Receiver) -> None:
    form: dict[str, Any] = {
        "organisation": world.organisation.pk, "url": receiver.url + "2", "events": ["run.finished"],
        "description": "x",
    }  # fmt: skip
    answer = client.post("/webhooks/", form)
    assert answer.status_code == 200 and answer.context["secret"] in answer.content.decode()
    assert answer.context["secret"] not in client.get("/webhooks/").content.decode()
    base = f"/webhooks/{world.endpoint.pk}/"
    assert client.post(base + "pause/")["Location"] == base
    assert Endpoint.objects.get(pk=world.endpoint.pk).state == "paused"
    client.post(base + "test/")
    assert Delivery.objects.count() == 0
    client.post(base + "resume/")
    client.post(base + "test/")
    assert "webhook.test" in client.get(base).content.decode()
    rotated = client.post(base + "rotate/")
    assert rotated.context["secret"] in rotated.content.decode()
    assert client.post(base + "remove/")["Location"] == "/webhooks/"
    assert client.get(base).status_code == 404
    assert client.post("/webhooks/", form | {"url": "http://10.0.0.1/"}).status_code == 422
