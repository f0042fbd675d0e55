"""The clock in the header fits a phone, whatever it has to say."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.annotation.world import add_annotator, make_open

pytestmark = pytest.mark.browser


def test_at_390_px_the_longest_state_leaves_break_and_stop_on_the_page(
    phone: Page, live_site: str, sign_in: Callable[..., None]
) -> None:
    world = make_open(k=4, items=1)
    sign_in(phone, add_annotator(world, "fresh", ready=False))
    phone.goto(f"/work/{world.project.pk}/")
    phone.get_by_role("button", name="Join and read the terms").click()
    expect(phone.locator("[data-clock-target=state]")).to_have_text("guidelines")
    phone.locator("[data-clock-target=money]").evaluate("money => { money.textContent = 'KES 12,345.67' }")
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    for name in ("Break", "Stop"):
        box = phone.get_by_role("banner").get_by_role("button", name=name).bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390
