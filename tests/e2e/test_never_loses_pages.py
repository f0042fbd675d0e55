"""Every state that says where the work is: nothing for axe to find, nothing wider than a phone, in light and dark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Lease
from annotation.services.drafts import save_draft
from tests.annotation.world import add_annotator, make_open
from tests.e2e.conftest import PHONE, NewPage
from tests.e2e.ranking_world import SignIn, open_ranking, press
from tests.e2e.test_never_loses_work import STATUS, on_screen

pytestmark = pytest.mark.browser
TEXTS = [f"Answer of completion {index}. It has a second sentence." for index in range(4)]
NOTICE = "[data-flow-target=notice]"


@pytest.mark.parametrize("options", [{}, PHONE, {"color_scheme": "dark"}], ids=["desk", "phone", "dark"])
def test_every_state_is_accessible_and_fits(
    new_page: NewPage, sign_in: SignIn, live_site: str, options: dict[str, Any], axe: Callable[[Page], None]
) -> None:
    world = make_open(k=4, items=4, overlap=2, texts=TEXTS)
    page = new_page(**options)
    lease = open_ranking(page, sign_in, world)
    page.wait_for_load_state("networkidle")
    width = page.evaluate("window.innerWidth")

    def look() -> None:
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width

    press(page, "1 2")
    expect(page.locator("[data-flow-target=saved]")).to_contain_text("on the server")
    save_draft(
        worker=world.worker, lease_id=lease.pk, content={"groups": [[0]], "note": "elsewhere"}, revision=9
    )
    press(page, "3")
    expect(page.locator(NOTICE)).to_be_visible()
    look()
    page.get_by_role("button", name="Use what stood here instead").click()
    press(page, "4")
    page.context.set_offline(True)
    press(page, "Enter")
    expect(page.locator(STATUS)).to_contain_text("No connection: 1 answer waits")
    look()
    page.wait_for_selector(".ranker.is-ready")
    press(page, "1 2 3 4 Enter")
    expect(page.get_by_role("heading", name="Your answer is saved on this device")).to_be_visible()
    assert page.evaluate("document.activeElement.matches('[data-flow-target=panel]')")
    look()
    page.context.set_offline(False)
    expect(page.locator(STATUS)).to_have_text("Sent. Your ranking is counted.", timeout=20_000)
    current = Lease.objects.get(pk=on_screen(page))
    page.context.clear_cookies()
    press(page, "1 2 3 4 Enter")
    expect(page.locator(STATUS)).to_contain_text("You are signed out", timeout=20_000)
    look()
    sign_in(page, add_annotator(world, "other"))
    page.goto("/work/")
    expect(page.locator("[data-outbox-target=others]")).to_be_visible()
    look()
    Lease.objects.filter(pk=current.pk).update(state="submitted", ended_at=current.expires_at)
    sign_in(page, world.worker)
    page.goto("/work/")
    expect(page.locator(".outbox__refused .notice")).to_be_visible()
    look()
