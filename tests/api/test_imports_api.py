"""The API of imports: the bytes come as they are or as a form, and nothing begins before the source is known."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotation.models import Prompt, Source, Upload
from tests.annotation.imports_world import jsonl, work
from tests.annotation.world import World, make_draft, person

ROWS = [{"prompt": "A?", "chosen": "x", "rejected": "y"}, {"prompt": 3, "chosen": "x", "rejected": "y"}]
SOURCE = {
    "source": "typed", "creator": "the test", "obtained": "typed in", "licence": "CC0-1.0", "consent": "own_work",
    "compensated": "no", "personal_data": "none",
}  # fmt: skip


@pytest.fixture
def world(own_database: str, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock():
        yield make_draft(k=2)


@pytest.fixture
def client(world: World) -> Client:
    client = Client()
    client.force_login(world.engineer)
    return client


def address(world: World, act: str = "", upload: str = "") -> str:
    if not upload:
        return reverse("api-imports", args=[world.project.pk])
    name = f"api-import-{act}" if act else "api-import"
    return reverse(name, args=[world.project.pk, upload])


def send_bytes(client: Client, world: World, content: bytes, name: str = "pr%C3%A9f.jsonl") -> Any:
    return client.post(
        address(world),
        io.BytesIO(content).read(),
        content_type="application/octet-stream",
        headers={"X-Filename": name},
    )


def test_a_file_goes_from_bytes_to_prompts(world: World, client: Client) -> None:
    sent = send_bytes(client, world, jsonl(ROWS))
    assert sent.status_code == 201, sent.content
    upload = sent.json()
    assert (upload["filename"], upload["state"], upload["shape"]) == ("préf.jsonl", "uploaded", "trl")
    refused = client.post(address(world, "start", upload["id"]))
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_source")
    answered = client.post(address(world, "source", upload["id"]), SOURCE, content_type="application/json")
    assert answered.json()["source"] == str(Source.objects.get().pk)
    shown = client.get(address(world, "preview", upload["id"])).json()
    assert (shown["rows"], shown["problems"], shown["sample"][0]["completions"]) == (1, 1, ["x", "y"])
    read = {"shape": "trl", "labels": True, "bad_rows": "skip"}
    client.put(address(world, "reading", upload["id"]), read, content_type="application/json")
    assert client.post(address(world, "start", upload["id"])).json()["state"] == "importing"
    assert work(Upload.objects.get()) == "succeeded"
    done = client.get(address(world, "", upload["id"])).json()
    assert (done["state"], done["counts"]["new"], done["counts"]["labels_kept"]) == ("done", 1, 1)
    listed = client.get(address(world, "problems", upload["id"])).json()
    assert listed == {
        "count": 1,
        "first": [{"line": 2, "field": "prompt", "reason": "“prompt” must be text, not a number"}],
    }
    assert client.post(address(world, "cancel", upload["id"])).json()["code"] == "too_late_to_cancel"
    assert [row["id"] for row in client.get(address(world)).json()["results"]] == [upload["id"]]
    assert Prompt.objects.get().text == "A?"


def test_a_file_comes_as_a_form_too(world: World, client: Client, settings: Any) -> None:
    sent = client.post(address(world), {"file": SimpleUploadedFile("p.jsonl", jsonl(ROWS))})
    assert (sent.status_code, sent.json()["filename"]) == (201, "p.jsonl")
    assert list((settings.IMPORT_ROOT / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "invalid"), (b"%PDF-1.7", "bad_import"), (b"\x00" * 100, "bad_import")]
)
def test_what_is_no_known_file_is_refused_and_not_kept(
    world: World, client: Client, settings: Any, content: bytes, code: str
) -> None:
    refused = send_bytes(client, world, content)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert Upload.objects.count() == 0
    assert list(settings.IMPORT_ROOT.glob("*/*")) == []


def test_a_body_over_the_limit_is_refused_and_not_kept(world: World, client: Client, settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 1024 * 1024
    refused = send_bytes(client, world, b"x" * 2_000_000)
    assert (refused.status_code, refused.json()["problems"]) == (422, ["file: at most 1 MiB; split it."])
    assert Upload.objects.count() == 0
    assert list((settings.IMPORT_ROOT / "incoming").iterdir()) == []


def test_consent_that_nobody_gave_needs_a_reason(world: World, client: Client) -> None:
    upload = send_bytes(client, world, jsonl(ROWS)).json()
    body = {**SOURCE, "consent": "none"}
    refused = client.post(address(world, "source", upload["id"]), body, content_type="application/json")
    assert refused.status_code == 422
    assert refused.json()["problems"] == [
        "reason: say why you use texts that nobody agreed to; reports print it."
    ]
    assert Source.objects.count() == 0


def test_strangers_learn_nothing_of_imports(world: World, client: Client) -> None:
    upload = send_bytes(client, world, jsonl(ROWS)).json()
    stranger = Client()
    stranger.force_login(person("stranger"))
    assert send_bytes(stranger, world, jsonl(ROWS)).status_code == 404
    for act in ("", "preview", "problems"):
        assert stranger.get(address(world, act, upload["id"])).status_code == 404
    for act in ("start", "cancel", "resume"):
        assert stranger.post(address(world, act, upload["id"])).status_code == 404
    assert Upload.objects.count() == 1
