"""The pages of an import work without scripts: the file is sent once, and each step says what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotation.import_paths import upload_path
from annotation.models import Prompt, Source, SourceEvidence, Upload, UploadState
from tests.annotation.imports_world import jsonl, work
from tests.annotation.world import World, make_draft, person

HOSTILE = "<script>alert(1)</script>\u202e"
ANSWERS = {
    "source": "typed in", "creator": "the test", "obtained": "typed", "licence": "CC0-1.0", "consent": "own_work",
    "compensated": "amount", "compensation": "12.50", "compensation_currency": "usd", "personal_data": "none",
    "robots_txt_checked_on": "2026-01-02",
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


def send(client: Client, world: World, content: bytes, name: str = "p.jsonl", **answers: str) -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(
        reverse("project-import", args=[world.project.pk]), {"file": file, **(answers or ANSWERS)}
    )


def test_the_steps_lead_from_a_file_to_its_prompts(world: World, client: Client) -> None:
    sent = send(client, world, jsonl([{"q": HOSTILE, "topic": "a"}, {"q": "Two?", "topic": "b"}]))
    upload = Upload.objects.get()
    page = reverse("import", args=[world.project.pk, upload.pk])
    assert (sent.status_code, sent["Location"]) == (302, page)
    source = Source.objects.get()
    assert (source.compensation_micro, source.compensation_currency) == (12_500_000, "USD")
    first = client.get(page).content.decode()
    assert "has no field “prompt”" in first
    read = {"shape": "prompts", "text": "q", "group": "topic", "bad_rows": "refuse"}
    assert client.post(page, {**read, "action": "preview"}).status_code == 302
    shown = client.get(page).content.decode()
    assert HOSTILE not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;⟦RLO⟧" in shown
    assert Upload.objects.get().state == UploadState.PREVIEWED
    assert client.post(page, {**read, "action": "start"}).status_code == 302
    assert "Importing" in client.get(page).content.decode()
    assert work(upload) == "succeeded"
    assert "2 new prompts came in." in client.get(page).content.decode()
    assert list(Prompt.objects.order_by("pk").values_list("text", "prompt_group")) == [
        (HOSTILE, "a"),
        ("Two?", "b"),
    ]


def test_a_missing_answer_does_not_cost_the_file(world: World, client: Client) -> None:
    answer = send(client, world, jsonl([{"prompt": "One?"}]), **{**ANSWERS, "consent": "unknown"})
    assert answer.status_code == 422
    body = answer.content.decode()
    assert "Say why you use texts that nobody agreed to" in body
    assert "you need not send it again" in body
    upload = Upload.objects.get()
    assert upload_path(upload.pk).is_file()
    assert Source.objects.count() == 0
    page = reverse("import", args=[world.project.pk, upload.pk])
    again = client.post(
        page, {**ANSWERS, "consent": "unknown", "reason": "A court order.", "action": "source"}
    )
    assert again.status_code == 302
    assert Source.objects.get().reason == "A court order."


def test_a_binary_file_named_jsonl_gives_one_clear_error(world: World, client: Client) -> None:
    answer = send(client, world, b"\x89PNG\r\n" + b"\x00" * 5000)
    assert answer.status_code == 422
    assert "file: this looks like an image" in answer.content.decode()
    assert Upload.objects.count() == 0


def test_a_file_over_the_limit_is_refused_and_not_kept(world: World, client: Client, settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 1024 * 1024
    answer = send(client, world, b"x" * 3_000_000)
    assert answer.status_code == 422
    assert "at most 1 MiB" in answer.content.decode()
    assert Upload.objects.count() == 0
    assert list((settings.IMPORT_ROOT / "incoming").iterdir()) == []


def test_a_request_without_its_token_leaves_no_file(world: World, settings: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.engineer)
    client.get(reverse("project-import", args=[world.project.pk]))  # sets the cookie
    assert send(client, world, jsonl([{"prompt": "One?"}])).status_code == 403
    assert Upload.objects.count() == 0
    assert list((settings.IMPORT_ROOT / "incoming").iterdir()) == []


def test_nobody_else_sees_or_sends_files(world: World, client: Client, settings: Any) -> None:
    send(client, world, jsonl([{"prompt": "One?"}]))
    upload = Upload.objects.get()
    stranger = Client()
    stranger.force_login(person("stranger"))
    assert send(stranger, world, jsonl([{"prompt": "Two?"}])).status_code == 404
    for name, args in (
        ("import", [world.project.pk, upload.pk]), ("import-problems", [world.project.pk, upload.pk]),
        ("sources", [world.project.pk]), ("project-import", [world.project.pk]),
    ):  # fmt: skip
        assert stranger.get(reverse(name, args=args)).status_code == 404
    assert Upload.objects.count() == 1
    assert len(list((settings.IMPORT_ROOT / "incoming").iterdir())) == 0


def test_evidence_is_kept_for_members_and_never_shown_in_the_page(world: World, client: Client) -> None:
    send(client, world, jsonl([{"prompt": "One?"}]))
    source = Source.objects.get()
    add = reverse("source-evidence", args=[world.project.pk, source.pk])
    for _ in range(2):
        page = SimpleUploadedFile("../agreement.html", b"<script>alert(1)</script>", "text/html")
        assert client.post(add, {"evidence": page}).status_code == 302
    kept = SourceEvidence.objects.get()
    assert kept.filename == "agreement.html"
    fetch = reverse("evidence", args=[kept.pk])
    given = client.get(fetch)
    assert b"".join(given) == b"<script>alert(1)</script>"
    assert given["Content-Type"] == "application/octet-stream"
    assert given["Content-Disposition"] == 'attachment; filename="agreement.html"'
    steward, stranger = Client(), Client()
    steward.force_login(world.steward)
    stranger.force_login(person("stranger"))
    assert steward.get(fetch).status_code == 200
    assert stranger.get(fetch).status_code == 404
    assert "agreement.html" in client.get(reverse("sources", args=[world.project.pk])).content.decode()


def test_the_list_of_bad_rows_is_guarded_against_formulas(world: World, client: Client) -> None:
    send(client, world, jsonl([{"=cmd": 1}, {"prompt": "x", "=cmd": {}}]))
    upload = Upload.objects.get()
    page = reverse("import", args=[world.project.pk, upload.pk])
    client.post(page, {"shape": "prompts", "text": "=cmd", "bad_rows": "refuse", "action": "start"})
    assert work(upload) == "failed"
    given = client.get(reverse("import-problems", args=[world.project.pk, upload.pk]))
    rows = b"".join(given).decode().splitlines()
    assert rows[1] == '1,\'=cmd,"“=cmd” must be text, not a number"'
    assert "2 rows are bad" in client.get(page).content.decode()


def test_looking_at_a_page_changes_nothing(world: World, client: Client) -> None:
    send(client, world, jsonl([{"prompt": "One?"}]))
    before = Upload.objects.values().get()
    client.get(reverse("import", args=[world.project.pk, before["id"]]))
    client.get(reverse("project-import", args=[world.project.pk]))
    client.get(reverse("sources", args=[world.project.pk]))
    assert Upload.objects.values().get() == before


def test_a_discarded_file_is_gone(world: World, client: Client) -> None:
    send(client, world, jsonl([{"prompt": "One?"}]))
    upload = Upload.objects.get()
    client.post(reverse("import", args=[world.project.pk, upload.pk]), {"action": "cancel"})
    assert Upload.objects.get().state == UploadState.CANCELLED
    assert not upload_path(upload.pk).exists()


def test_a_file_that_lies_on_the_server_can_be_chosen_and_nothing_beside_its_folder(
    world: World, client: Client, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "placed").mkdir()
    (tmp_path / "placed" / "large.jsonl").write_bytes(jsonl([{"prompt": "One?"}]))
    (tmp_path / "secret.jsonl").write_bytes(jsonl([{"prompt": "Secret?"}]))
    (tmp_path / "placed" / "link.jsonl").symlink_to(tmp_path / "secret.jsonl")
    settings.IMPORT_FOLDER = str(tmp_path / "placed")
    page = reverse("project-import", args=[world.project.pk])
    for name in ("../secret.jsonl", str(tmp_path / "secret.jsonl"), "link.jsonl"):
        assert client.post(page, {**ANSWERS, "placed": name}).status_code == 422
    assert Upload.objects.count() == 0
    assert client.post(page, {**ANSWERS, "placed": "large.jsonl"}).status_code == 302
    assert Upload.objects.get().filename == "large.jsonl"
    assert (tmp_path / "placed" / "large.jsonl").exists()
