"""The typed client against a live site: every method, trying again, pages, and refusals as exceptions."""

from __future__ import annotations

import ast
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from annotation.models import Ballot, Item, Participation, Project
from byhand import client as package
from byhand.client import (
    BadSignature,
    Changed,
    Client,
    Invalid,
    NotAllowed,
    NotFound,
    NotReached,
    UnknownToken,
    verify,
)
from byhand.webhooks import signing
from tests.client.conftest import Site


@pytest.fixture
def byhand(site: Site) -> Iterator[Client]:
    with Client(site.url, token=site.token) as client:
        yield client


def test_reading_and_changing_a_project_from_end_to_end(byhand: Client, site: Site) -> None:
    """One test, because a site of its own takes longer to start than to ask."""
    project_id = site.world.project.pk
    (summary,) = byhand.projects()
    assert (summary.id, summary.title, list(byhand.projects(state="closed"))) == (project_id, "Capitals", [])
    project = byhand.project(project_id)
    changed = byhand.update_project(project, target_ballots=7)
    assert (changed.target_ballots, Project.objects.get().target_ballots) == (7, 7)
    with pytest.raises(Changed):
        byhand.update_project(project, target_ballots=8)
    with pytest.raises(Invalid) as refused:
        byhand.update_project(changed, overlap=99)
    assert refused.value.problems == ["overlap: Ensure this value is less than or equal to 50."]
    assert Project.objects.get().target_ballots == 7
    with pytest.raises(NotFound):
        byhand.project(uuid.uuid4())

    items = list(byhand.items(project_id))
    assert [item.id for item in items] == list(Item.objects.order_by("pk").values_list("pk", flat=True))
    assert [item.id for item in byhand.items(project_id, state="done")] == [item.id for item in items[:2]]
    assert [item.id for item in byhand.items(project_id, flagged=True)] == [item.id for item in items[:2]]
    ballots = list(byhand.ballots(project_id))
    assert {ballot.id for ballot in ballots} == set(Ballot.objects.values_list("pk", flat=True))
    assert (ballots[0].groups, ballots[0].unacceptable, ballots[0].note) == (((0,), (1, 2)), (3,), "a note")
    assert {one.pseudonym for one in ballots} == set(
        Participation.objects.values_list("pseudonym", flat=True)
    )
    assert [one.item for one in byhand.ballots(project_id, item=items[0].id)] == [items[0].id] * 3
    detail = byhand.item(project_id, items[0].id)
    assert [one.index for one in detail.completions] == [0, 1, 2, 3]
    assert len(detail.ballots) == 3
    assert len(list(byhand.prompts(project_id))) == 3
    (generation,) = byhand.generations(project_id)
    assert generation.sampling == {"seed": 1}
    progress = byhand.progress(project_id)
    assert (progress.counts.ballots_counted, progress.currency) == (6, "USD")
    assert progress.cost_micro is not None

    assert byhand.pause(project_id, words="Back at noon.").state == "paused"
    made = byhand.create_project(organisation=site.world.organisation.pk, title="Second", k=3, overlap=2)
    again = byhand.create_project(
        organisation=site.world.organisation.pk, title="Second", k=3, overlap=2, project_id=made.id
    )
    assert (again.id, Project.objects.count()) == (made.id, 2)
    hook = byhand.create_webhook(
        organisation=site.world.organisation.pk, url="https://8.8.8.8/x", events=["gate.decided"]
    )
    assert hook.secret.startswith("whsec_")
    assert [(one.id, one.secret) for one in byhand.webhooks()] == [(hook.id, "")]
    byhand.remove_webhook(hook.id)
    assert list(byhand.webhooks()) == []

    with Client(site.url, token="byh_nonsense") as stranger, pytest.raises(UnknownToken) as unknown:
        stranger.project(project_id)
    assert len(unknown.value.request_id) == 20


PAGE: dict[str, Any] = {"results": [], "next": None, "previous": None}


def answering(*answers: Any) -> tuple[Client, list[httpx.Request]]:
    """Return a client whose site gives these answers in turn, without a network."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        answer = answers[min(len(asked), len(answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer[0], json=answer[1], headers=answer[2] if len(answer) > 2 else {})

    http = httpx.Client(transport=httpx.MockTransport(handle))
    return Client("https://byhand.example.org", token="byh_x", http=http), asked


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    kept: list[float] = []
    monkeypatch.setattr("byhand.client.transport.time.sleep", kept.append)
    return kept


def test_what_fails_for_a_moment_is_tried_again(waits: list[float]) -> None:
    client, asked = answering(
        httpx.ConnectError("no"), (503, {}), (429, {}, {"Retry-After": "7"}), (200, PAGE)
    )
    assert list(client.projects()) == []
    assert len(asked) == 4
    assert waits[2] == 7.0
    assert 0.25 <= waits[0] < 0.75 and 0.5 <= waits[1] < 1.5


def test_it_gives_up_in_the_end(waits: list[float]) -> None:
    client, asked = answering(httpx.ConnectError("no"))
    with pytest.raises(NotReached):
        list(client.projects())
    assert (len(asked), len(waits)) == (5, 4)


def test_a_write_that_is_tried_again_carries_the_same_id(waits: list[float]) -> None:
    client, asked = answering(httpx.ReadTimeout("slow"), (403, {"code": "scope_missing", "detail": "no"}))
    with pytest.raises(NotAllowed) as refused:
        client.create_project(organisation=uuid.uuid4(), title="a", k=2, overlap=1)
    assert refused.value.code == "scope_missing"
    assert len(asked) == 2 and asked[0].content == asked[1].content


def test_the_token_never_follows_a_link_to_another_site() -> None:
    client, asked = answering(
        (200, {**PAGE, "next": "https://elsewhere.example/api/v1/projects/?cursor=a"}), (200, PAGE)
    )
    list(client.projects())
    assert [request.url.host for request in asked] == ["byhand.example.org"] * 2
    assert asked[1].url.params["cursor"] == "a"


def test_the_token_is_sent_over_https_only() -> None:
    with pytest.raises(ValueError, match="https"):
        Client("http://byhand.example.org", token="byh_x")
    Client("http://localhost:8000", token="byh_x").close()


def test_a_new_field_of_a_newer_site_is_no_error() -> None:
    row = {
        "id": str(uuid.uuid4()), "event": str(uuid.uuid4()), "type": "a", "state": "dead", "tries": 1, "next_at": None,
        "created_at": "2026-03-02T09:00:00Z", "colour": "new",
    }  # fmt: skip
    client, _ = answering((200, {**PAGE, "results": [row]}))
    (delivery,) = client.deliveries(uuid.uuid4())
    assert delivery.created_at.isoformat() == "2026-03-02T09:00:00+00:00"


def test_a_delivery_is_checked_by_its_receiver() -> None:
    secret, body = signing.new_secret(), b'{"type":"gate.decided"}'
    headers = signing.headers([signing.new_secret(), secret], "id", 1000, body)
    assert verify(secret, headers, body, now=1000.0)["type"] == "gate.decided"
    wrong: list[dict[str, Any]] = [
        {"body": body + b" "},
        {"now": 1301.0},
        {"now": 699.0},
        {"headers": {**headers, "webhook-id": "other"}},
        {"headers": {**headers, "webhook-timestamp": "x"}},
        {"headers": {}},
        {"secret": signing.new_secret()},
    ]
    for bad in wrong:
        given: dict[str, Any] = {"secret": secret, "headers": headers, "body": body, "now": 1000.0, **bad}
        with pytest.raises(BadSignature):
            verify(given["secret"], given["headers"], given["body"], now=given["now"])


def test_the_package_needs_no_django() -> None:
    folder = Path(package.__file__).parent
    imported = {
        name.split(".")[0] + ("." + name.split(".")[1] if name.startswith("byhand.") else "")
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        )
    }  # fmt: skip
    assert {name for name in imported if name.startswith("byhand")} == {"byhand.client"}
    assert not imported & {"django", "rest_framework"}
