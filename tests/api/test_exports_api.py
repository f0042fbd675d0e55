"""Exports over the API: asked for once, followed, and fetched in parts; tokens reach what they were given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from annotation.models import Export, ExportDownload
from byhand.accounts.services import create_token
from tests.annotation.exports_world import ExportWorld, ranked_world, run
from tests.rewardmodel.conftest import make_world

ASK = {"format": "ballots", "class": "internal", "key": "key-00001"}


@pytest.fixture
def world(own_database: str, django_db_blocker: Any) -> Iterator[ExportWorld]:
    with django_db_blocker.unblock():
        yield ranked_world(items=3)


class Caller:
    """Calls with a token that has these scopes."""

    def __init__(self, user: Any, *scopes: str) -> None:
        _, secret = create_token(actor=user, name=" ".join(scopes), scopes=list(scopes))
        self.headers = {"Authorization": f"Bearer {secret}"}
        self.client = Client()

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers={**self.headers, **headers})

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self.client.post(path, body, content_type="application/json", headers=self.headers)


@pytest.fixture
def caller(world: ExportWorld) -> Caller:
    return Caller(world.engineer, "exports:read", "exports:internal")


def address(world: ExportWorld) -> str:
    return f"/api/v1/projects/{world.project.pk}/exports/"


def finished(world: ExportWorld, caller: Caller) -> dict[str, Any]:
    asked = caller.post(address(world), ASK)
    assert asked.status_code == 202, asked.content
    assert run(Export.objects.get(pk=asked.json()["id"])) == "succeeded"
    found: dict[str, Any] = caller.get(f"/api/v1/exports/{asked.json()['id']}/").json()
    return found


def test_it_works(world: ExportWorld, caller: Caller) -> None:
    export = finished(world, caller)
    assert (export["state"], export["class"], export["format"]) == ("succeeded", "internal", "ballots")
    assert (export["done"], export["total"]) == (18, 18)
    assert export["manifest"]["counts"]["rows"] == 18
    assert {"everything.zip", "manifest.json", "README.md"} <= {file["name"] for file in export["files"]}
    (listed,) = caller.get(address(world)).json()["results"]
    assert listed["id"] == export["id"]


def test_the_same_key_is_the_same_export(world: ExportWorld, caller: Caller) -> None:
    first, again = (caller.post(address(world), ASK).json() for _ in range(2))
    assert first["id"] == again["id"]
    other = caller.post(address(world), ASK | {"seed": 9})
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    assert Export.objects.count() == 1


def test_a_file_comes_whole_and_in_parts(world: ExportWorld, caller: Caller) -> None:
    export = finished(world, caller)
    allowed = caller.post(f"/api/v1/exports/{export['id']}/downloads", {"file": "manifest.json"})
    assert allowed.status_code == 201
    url = allowed.json()["url"]
    whole = caller.get(url)
    body = b"".join(whole.streaming_content)
    assert whole.status_code == 200
    assert json.loads(body) == export["manifest"]
    assert whole["Content-Disposition"].startswith("attachment; filename=")
    part = caller.get(url, Range="bytes=5-14")
    assert (part.status_code, b"".join(part.streaming_content)) == (206, body[5:15])
    assert part["Content-Range"] == f"bytes 5-14/{len(body)}"
    rest = caller.get(url, Range=f"bytes={len(body) - 7}-", **{"If-Range": whole["ETag"]})
    assert (rest.status_code, b"".join(rest.streaming_content)) == (206, body[-7:])
    tail = caller.get(url, Range="bytes=-3")
    assert b"".join(tail.streaming_content) == body[-3:]
    outside = caller.get(url, Range=f"bytes={len(body)}-")
    assert (outside.status_code, outside["Content-Range"]) == (416, f"bytes */{len(body)}")
    changed = caller.get(url, Range="bytes=5-14", **{"If-Range": '"another"'})
    assert changed.status_code == 200
    assert ExportDownload.objects.count() == 1


def test_a_token_for_public_exports_sees_no_internal_one(world: ExportWorld, caller: Caller) -> None:
    internal = finished(world, caller)
    reader = Caller(world.engineer, "exports:read")
    assert reader.get(address(world)).json()["results"] == []
    for answer in (
        reader.get(f"/api/v1/exports/{internal['id']}/"),
        reader.post(address(world), ASK | {"key": "key-00002"}),
        reader.post(f"/api/v1/exports/{internal['id']}/downloads", {"file": "manifest.json"}),
        reader.post(f"/api/v1/exports/{internal['id']}/cancel", {}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert Export.objects.count() == 1
    assert not ExportDownload.objects.exists()
    public = reader.post(address(world), ASK | {"key": "key-00002", "class": "public"})
    assert public.status_code == 202


def test_another_organisations_engineer_finds_nothing(world: ExportWorld, caller: Caller) -> None:
    export = finished(world, caller)
    other = Caller(make_world().engineer, "exports:read", "exports:internal")
    assert other.get(address(world)).status_code == 404
    assert other.get(f"/api/v1/exports/{export['id']}/").status_code == 404
    asked = other.post(f"/api/v1/exports/{export['id']}/downloads", {"file": "manifest.json"})
    assert asked.status_code == 404
    assert not ExportDownload.objects.exists()


def test_every_bad_field_is_named(world: ExportWorld, caller: Caller) -> None:
    answer = caller.post(address(world), {"format": "csv", "class": "internal", "key": "x"})
    assert answer.status_code == 422
    named = {problem.partition(":")[0] for problem in answer.json()["problems"]}
    assert named == {"format", "key"}
    answer = caller.post(address(world), ASK | {"margin": "none"})
    assert answer.json()["problems"] == ["margin: the format ballots has no such option"]
    assert not Export.objects.exists()


def test_an_export_is_stopped(world: ExportWorld, caller: Caller) -> None:
    export = caller.post(address(world), ASK).json()
    stopped = caller.post(f"/api/v1/exports/{export['id']}/cancel", {})
    assert stopped.json()["state"] == "cancelled"
    asked = caller.post(f"/api/v1/exports/{export['id']}/downloads", {"file": "manifest.json"})
    assert (asked.status_code, asked.json()["code"]) == (409, "export_not_ready")
