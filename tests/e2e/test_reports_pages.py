"""The public pages as a browser shows them: without scripts, both widths, both colour schemes, and on
paper.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.reports import world
from wages.reports.models import PublishedReport
from wages.reports.services import publish

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}}
HOSTILE = "<img src=x onerror=alert(1)> \u202ehelper & sons <script>document.title='owned'</script>"
NewPage = Callable[..., Page]


def published(
    *, simulated: bool = False, crew: int = 12, title: str = "Helper small, round 1"
) -> PublishedReport:
    leaves = world.crew_leaves(crew, simulated=simulated)
    world.store(leaves, simulated=simulated)
    subject = world.subject(simulated=simulated, direct_work=world.direct_of(leaves), title=title)
    return publish(actor=None, subject=subject, at=world.AT)


def addresses(report: PublishedReport) -> list[str]:
    return ["/reports/", f"/reports/{report.slug}/", report.get_absolute_url(), "/methods/1/", "/log/"]


def keep_picture(page: Page, name: str) -> None:
    """With SCREENSHOTS set to a folder, the pictures are kept there to be looked at."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("simulated", [False, True])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_public_page_fits_its_screen_without_scripts(
    live_site: str, new_page: NewPage, simulated: bool, scheme: str
) -> None:
    report = published(simulated=simulated)
    for options in ({}, PHONE):
        page = new_page(java_script_enabled=False, color_scheme=scheme, **options)
        for address in addresses(report):
            response = page.goto(address)
            assert response is not None and response.status == 200, address
            assert page.locator("h1").count() == 1, address
            width = page.viewport_size["width"]  # type: ignore[index]
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{address} at {width}"
            keep_picture(page, f"{address.strip('/').replace('/', '_')}-{simulated}-{width}-{scheme}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_public_pages(
    live_site: str, new_page: NewPage, axe: Callable[[Page], Any], scheme: str
) -> None:
    report = published(simulated=True)
    for options in ({}, PHONE):
        page = new_page(color_scheme=scheme, **options)
        for address in addresses(report):
            page.goto(address)
            axe(page)


def test_simulated_is_the_first_thing_a_reader_sees(live_site: str, page: Page) -> None:
    report = published(simulated=True)
    page.goto(report.get_absolute_url())
    banner = page.get_by_text("No person did this work and nobody was paid.")
    heading = page.locator("h1")
    assert banner.bounding_box()["y"] < heading.bounding_box()["y"] < 400  # type: ignore[index]


def test_a_hostile_title_is_shown_as_text_and_runs_nothing(live_site: str, page: Page) -> None:
    report = published(title=HOSTILE)
    for address in addresses(report):
        page.goto(address)
        assert page.title() != "owned"
        assert page.locator("img[src=x], main script").count() == 0
    page.goto(report.get_absolute_url())
    shown = page.locator("h1").inner_text()
    assert "<img src=x onerror=alert(1)>" in shown
    assert "\u202e" not in page.content()


def test_the_report_prints_with_its_folded_parts_open(live_site: str, page: Page) -> None:
    report = published()
    page.goto(report.get_absolute_url())
    folded = page.get_by_text("The size of the crew is given as a band, never as a number.")
    assert not folded.is_visible()
    page.emulate_media(media="print")
    assert not page.locator(".site-header").is_visible()
    assert folded.is_visible()
    keep_picture(page, "print")


def test_a_report_on_three_people_says_so_and_fits_a_phone(live_site: str, new_page: NewPage) -> None:
    report = published(crew=3)
    for name, options in (("desk", {}), ("phone", PHONE)):
        page = new_page(java_script_enabled=False, **options)
        page.goto(report.get_absolute_url())
        assert (
            page.locator(".headline__item").first.get_by_text("fewer than 5 people contributed").is_visible()
        )
        assert page.locator(".bars").count() == 0
        keep_picture(page, f"three-{name}")
