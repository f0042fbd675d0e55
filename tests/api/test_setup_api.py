"""The API of the set-up: pay, texts, pilot, what is missing; and what annotators are told before they rank."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from annotation.models import Document, TimeEstimate, WarningAcceptance
from annotation.project_settings import Settings
from annotation.services.projects import create_draft, publish_project
from tests.annotation.setup_world import SUPPORT, WRONG, answer, begin, change, items_of, qualify_with
from tests.annotation.world import World, add_annotator, fill, fund, make_draft, make_open
from wages.models import PaidProject

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_draft()


def send(client: Client, method: str, path: str, body: dict[str, Any]) -> Any:
    return getattr(client, method)(path, json.dumps(body), content_type="application/json")


def test_a_draft_is_completed_over_the_api(client: Client, world: World) -> None:
    draft = create_draft(
        actor=world.engineer, organisation=world.organisation, settings=Settings("Rivers", k=3, overlap=2)
    )
    client.force_login(world.engineer)
    base = f"/api/v1/projects/{draft.pk}"
    steps = {reason["step"] for reason in client.get(f"{base}/setup").json()["missing"]}
    assert steps == {"texts", "pay", "prompts", "pilot"}
    pay = {"currency": "KES", "hourly_micro": 500_000_000, "declared_floor_micro": 400_000_000}
    for _ in range(2):
        assert send(client, "put", f"{base}/pay", pay).status_code == 200
    assert PaidProject.objects.get(pk=draft.pk).currency == "KES"
    refused = send(client, "put", f"{base}/pay", pay | {"declared_floor_micro": 1})
    assert (refused.status_code, PaidProject.objects.get(pk=draft.pk).declared_floor_micro) == (
        422,
        400_000_000,
    )
    for kind in ("terms", "guidelines"):
        written = send(client, "post", f"{base}/documents/", {"kind": kind, "text": f"The {kind}."})
        assert (written.status_code, written.json()["version"]) == (201, 1)
    steps = {reason["step"] for reason in client.get(f"{base}/setup").json()["missing"]}
    assert steps == {"pay", "prompts", "pilot"}
    assert client.get(f"{base}/documents/").json()["results"][0]["text"] == "The guidelines."


def test_a_pilot_starts_over_the_api_or_says_why_not(client: Client, world: World) -> None:
    change(world, pilot_ballots=2)
    client.force_login(world.engineer)
    base = f"/api/v1/projects/{world.project.pk}"
    refused = send(client, "post", f"{base}/pilot", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_publishable")
    assert "There are no prompts yet: import some." in refused.json()["problems"]
    fill(world, 3)
    fund(world)
    assert send(client, "post", f"{base}/pilot", {}).json()["state"] == "pilot"
    assert send(client, "post", f"{base}/measure", {}).json()["estimate"] is None
    assert TimeEstimate.objects.count() == 0


def test_nobody_else_reaches_the_set_up(client: Client, world: World) -> None:
    before, other = Document.objects.count(), make_draft(slug="other-lab")
    for who in (world.steward, other.engineer):
        client.force_login(who)
        base = f"/api/v1/projects/{world.project.pk}"
        assert client.get(f"{base}/setup").status_code == 404
        for path in ("pilot", "measure", "documents/"):
            body = {"kind": "terms", "text": "Mine."}
            assert send(client, "post", f"{base}/{path}", body).status_code == 404
    assert Document.objects.filter(project=world.project).count() == before
    assert world.fresh().state == "draft"


def test_the_offer_says_all_before_work_begins(client: Client) -> None:
    world = make_open(items=2)
    TimeEstimate.objects.create(project=world.project, median_ms=75_000, p75_ms=125_000, ballots=24)
    change(world, content_warning="Insults.", support_contact=SUPPORT, exposure_ms=3_600_000)
    client.force_login(world.worker)
    offer = client.get(f"/api/v1/work/{world.project.pk}/offer").json()
    assert (offer["payer"], offer["country"], offer["hourly_micro"]) == ("Lake Lab Ltd", "KE", "22200000")
    assert offer["ranking_micro"] == ["462500", "770833"]
    assert (offer["estimate"]["median_ms"], offer["estimate"]["ballots"]) == ("75000", 24)
    assert (offer["content_warning"], offer["support_contact"]) == ("Insults.", SUPPORT)
    assert offer["exposure_ms"] == "3600000"


def test_a_warning_is_agreed_to_by_its_digest_and_not_by_another(client: Client) -> None:
    world = make_open(items=2)
    change(world, content_warning="Insults.", support_contact=SUPPORT)
    client.force_login(world.worker)
    base = f"/api/v1/work/{world.project.pk}"
    assert client.get(f"{base}/").json()["step"] == "warning"
    assert send(client, "post", f"{base}/next", {}).json()["code"] == "not_accepted"
    refused = send(client, "post", f"{base}/warning", {"sha256": "0" * 64})
    assert (refused.status_code, refused.json()["code"]) == (409, "warning_changed")
    assert WarningAcceptance.objects.count() == 0
    digest = client.get(f"{base}/offer").json()["warning_sha256"]
    for _ in range(2):
        assert send(client, "post", f"{base}/warning", {"sha256": digest}).json()["step"] == "start"
    assert WarningAcceptance.objects.get().warning == "Insults."


def test_a_qualification_goes_on_over_the_api(client: Client) -> None:
    world = make_draft()
    fill(world, 3)
    fund(world)
    qualify_with(world, items_of(world)[:1])
    publish_project(actor=world.engineer, project=world.project)
    add_annotator(world, "worker")
    client.force_login(world.worker)
    base = f"/api/v1/work/{world.project.pk}"
    assert client.get(f"{base}/").json()["step"] == "qualify"
    lease = begin(world, world.worker)
    assert lease is not None
    assert client.get(f"{base}/qualification").json()["feedback"] is None
    answer(world.worker, lease, WRONG)
    state = client.get(f"{base}/qualification").json()
    assert (state["phase"], state["feedback"]["right"], state["feedback"]["known"]) == ("feedback", 0, 3)
    assert client.get(f"{base}/").json()["step"] == "feedback"
    after = send(client, "post", f"{base}/qualification", {"lease": str(lease.pk)}).json()
    assert (after["phase"], after["attempt"], after["tries_left"]) == ("try_again", 2, 2)
