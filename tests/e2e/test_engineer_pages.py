"""The engineer's pages in a browser: progress, items, an item, a ballot, tokens; each looked at by axe.

Set BYHAND_SHOTS to a folder to get a picture of each page at 1280 px, at 390 px and in dark colours.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from annotation.models import Ballot, Project
from annotation.services.submitting import skip_item, submit_ballot
from byhand.accounts.models import ApiToken
from byhand.webhooks.models import Attempt, Endpoint
from byhand.webhooks.services import create_endpoint, send_test
from tests.annotation.world import World, make_open, take

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("BYHAND_SHOTS", "")
HOSTILE = "<script>document.title='broken'</script> \u202eevil\u202c <b>bold</b>"
ANSWERS: list[dict[str, Any]] = [
    {"groups": [[0], [1, 2]], "unacceptable": [3], "strengths": ["clear"],
     "ratings": {"accuracy": [5, 3, 3, 1]}, "flags": [{"kind": "harmful", "completion": 3}]},
    {"groups": [[1], [0], [2]], "unacceptable": [3]},
    {"groups": [[0, 1], [3]], "unranked": [2]},
]  # fmt: skip


@pytest.fixture
def world(live_site: str) -> World:
    texts = [f"Completion {index}. {HOSTILE} " + "A long sentence to read. " * 8 for index in range(4)]
    world = make_open(items=4, overlap=3, annotators=3, texts=texts)
    Project.objects.filter(pk=world.project.pk).update(
        asks_strength=True, dimensions=["accuracy"], top_m=3, overlap=3
    )
    for worker, answer in zip(world.annotators, ANSWERS, strict=True):
        for number in range(2):
            lease = take(world, worker)
            submit_ballot(
                worker=worker, lease_id=lease.pk, answer=answer, key=f"key-{lease.pk}",
                note=f"My note {HOSTILE}" if number == 0 else "",
            )  # fmt: skip
    lease = take(world, world.worker)
    skip_item(worker=world.worker, lease_id=lease.pk, reason="unclear", key="key-of-a-skip")
    endpoint, _ = create_endpoint(
        actor=world.engineer,
        organisation=world.organisation,
        url="https://8.8.8.8/hook",
        events=["run.finished"],
    )
    delivery = send_test(actor=world.engineer, endpoint=endpoint)
    answer = {"status": 500, "took_ms": 12, "problem": "The answer was 500.", "answer": f"Oh no {HOSTILE}"}
    Attempt.objects.create(delivery=delivery, at=timezone.now(), **answer)
    return world


@pytest.fixture
def look(axe: Callable[[Page], None]) -> Callable[[Page, str], None]:
    """Check the page with axe, that nothing runs over its side, and take a picture where one was asked for."""

    def check(page: Page, name: str) -> None:
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} is {wide} px wider than its window"
        assert page.locator("h1").count() == 1
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
        axe(page)

    return check


def paths(world: World) -> dict[str, str]:
    base = f"/projects/{world.project.pk}"
    ballot = Ballot.objects.get(worker=world.worker, note__isnull=False)
    return {
        "projects": "/projects/",
        "progress": f"{base}/progress/",
        "items": f"{base}/items/",
        "item": f"{base}/items/{ballot.item_id}/",
        "ballot": f"{base}/ballots/{ballot.pk}/",
        "tokens": "/profile/tokens/",
        "webhooks": "/webhooks/",
        "webhook": f"/webhooks/{Endpoint.objects.get().pk}/",
        "delivery": f"/webhooks/deliveries/{Attempt.objects.get().delivery_id}/",
    }


@pytest.mark.parametrize("kind", ["wide", "phone", "dark"])
def test_every_page_is_sound_in_every_form(
    kind: str, request: pytest.FixtureRequest, world: World, sign_in: Any, look: Any
) -> None:
    page: Page = request.getfixturevalue({"wide": "page"}.get(kind, kind))
    sign_in(page, world.engineer)
    for name, path in paths(world).items():
        page.goto(path)
        look(page, f"{name}-{kind}")


def test_from_the_list_to_a_ballot_by_links(page: Page, world: World, sign_in: Any) -> None:
    sign_in(page, world.engineer)
    page.goto("/projects/")
    page.get_by_role("link", name="Progress of Capitals").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Progress")
    page.get_by_role("link", name="Items and ballots").click()
    page.get_by_label("State").select_option("done")
    page.get_by_role("button", name="Filter").click()
    rows = page.locator("table.items tbody tr")
    expect(rows).to_have_count(2)
    rows.first.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Ballots")).to_be_visible()
    page.locator("article h3 a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ballot of")
    assert page.title() != "broken"


def test_hostile_text_is_shown_and_never_runs(page: Page, world: World, sign_in: Any) -> None:
    sign_in(page, world.engineer)
    for name in ("item", "ballot", "delivery"):
        page.goto(paths(world)[name])
        expect(page.get_by_text("<b>bold</b>").first).to_be_visible()
        assert page.locator("main b", has_text="bold").count() == 0
        assert page.title() != "broken"


def test_the_progress_page_renews_itself(page: Page, world: World, sign_in: Any) -> None:
    sign_in(page, world.engineer)
    page.clock.install()
    page.goto(paths(world)["progress"])
    if page.locator("script[type=module]").count() == 0:
        pytest.skip("the pages' scripts are not built: manage.py build_frontend")
    page.wait_for_timeout(300)
    page.locator("details summary").first.click()
    page.locator("h1").click()
    page.evaluate("document.activeElement.blur()")
    with page.expect_response(lambda answer: "part=live" in answer.url):
        page.clock.run_for(10_500)
    expect(page.locator("details").first).to_have_attribute("open", "")
    expect(page.get_by_role("heading", name="Forecast")).to_be_visible()


def test_a_token_is_made_and_shown_once(page: Page, world: World, sign_in: Any, look: Any) -> None:
    sign_in(page, world.engineer, recent=True)
    page.goto("/profile/")
    page.get_by_role("link", name="API tokens").click()
    page.get_by_label("Name").fill("nightly export")
    page.get_by_label("items:read").check()
    page.get_by_role("button", name="Make the token").click()
    secret = page.get_by_label("Token", exact=True).input_value()
    assert secret.startswith(ApiToken.objects.get().hint)
    look(page, "token-made-wide")
    page.goto("/profile/tokens/")
    assert secret not in page.content()
    page.get_by_role("button", name="Revoke nightly export").click()
    expect(page.get_by_text("You have none.")).to_be_visible()
