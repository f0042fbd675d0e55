"""The pages of exports in a browser: choose, look, make, fetch; by keyboard, at 390 px, and for axe."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Export, ExportDownload
from tests.annotation.exports_world import ExportWorld, ranked_world, run

pytestmark = pytest.mark.browser
SignIn = Callable[..., None]
Axe = Callable[[Page], None]
SHOTS = os.environ.get("BYHAND_SHOTS", "")


@pytest.fixture
def world(live_site: str) -> ExportWorld:
    world = ranked_world(items=6)
    world.ballot(world.items[0], 1, [[3], [2], [1], [0]], repeat=True)
    world.ballot(
        world.item("<b>Bold?</b>\u202e"), 2, [[3], [0]], unranked=[2], unacceptable=[1], note="<i>n</i>"
    )
    return world


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def address(world: ExportWorld) -> str:
    return f"/projects/{world.project.pk}/exports/"


def test_an_engineer_makes_an_export_and_fetches_it(
    page: Page, world: ExportWorld, sign_in: SignIn, axe: Axe, tmp_path: Path
) -> None:
    sign_in(page, world.engineer)
    page.goto(f"/projects/{world.project.pk}/")
    page.get_by_role("link", name="Exports").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Exports")
    axe(page)
    shot(page, "exports")
    page.get_by_label("TRL preference pairs").check()
    page.get_by_text("Splits, pairs, and what else is inside").click()
    page.get_by_label("Pairs of a ranking").select_option("adjacent")
    axe(page)
    shot(page, "exports-options")
    page.get_by_role("button", name="Show the first rows").click()
    expect(page.get_by_role("heading", name="First rows")).to_be_visible()
    expect(page.locator("pre").first).to_contain_text('"chosen"')
    axe(page)
    shot(page, "exports-preview")
    assert not Export.objects.exists()
    page.get_by_role("button", name="Make the export").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("TRL preference pairs")
    axe(page)
    shot(page, "export-waiting")
    export = Export.objects.get()
    assert export.options["pairs"] == "adjacent"
    assert run(export) == "succeeded"
    page.reload()
    expect(page.get_by_text("repeats: 1")).to_be_visible()
    page.get_by_text("Options, policies, sources and hashes").click()
    axe(page)
    shot(page, "export")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Download everything.zip").click()
    path = tmp_path / "everything.zip"
    coming.value.save_as(path)
    with zipfile.ZipFile(path) as packed:
        manifest = json.loads(packed.read("manifest.json"))
        assert set(packed.namelist()) == {"manifest.json", *manifest["files"]}
    page.reload()
    expect(page.get_by_role("region", name="Who fetched what")).to_contain_text("everything.zip")
    assert ExportDownload.objects.get().user == world.engineer


def test_the_form_works_by_keyboard_alone(page: Page, world: ExportWorld, sign_in: SignIn) -> None:
    sign_in(page, world.engineer)
    page.goto(address(world))
    page.get_by_label("Raw ballots (JSONL)").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("TRL preference pairs")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Public:")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Make the export")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("TRL preference pairs")
    export = Export.objects.get()
    assert (export.file_format, export.export_class) == ("trl", "public")


def test_a_form_that_is_sent_twice_makes_one_export(page: Page, world: ExportWorld, sign_in: SignIn) -> None:
    sign_in(page, world.engineer)
    page.goto(address(world))
    page.get_by_role("button", name="Make the export").dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Raw ballots")
    assert Export.objects.count() == 1


def test_a_failed_export_says_why_and_what_to_do(
    page: Page, world: ExportWorld, sign_in: SignIn, axe: Axe
) -> None:
    sign_in(page, world.engineer)
    page.goto(address(world))
    page.get_by_label("TRL preference pairs").check()
    page.get_by_text("Splits, pairs, and what else is inside").click()
    page.get_by_label("Margin").select_option("required")
    page.get_by_role("button", name="Make the export").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("TRL preference pairs")
    assert run(Export.objects.get()) == "failed"
    page.reload()
    expect(page.get_by_text("pairs have no stated strength")).to_be_visible()
    expect(page.get_by_role("button", name="Download")).to_have_count(0)
    axe(page)
    shot(page, "export-failed")


@pytest.mark.parametrize("kind", ["phone", "dark"])
def test_the_pages_fit_a_phone_and_dark_colours(
    request: pytest.FixtureRequest, kind: str, world: ExportWorld, sign_in: SignIn, axe: Axe
) -> None:
    page: Page = request.getfixturevalue(kind)
    sign_in(page, world.engineer)
    page.goto(address(world))
    page.get_by_text("Splits, pairs, and what else is inside").click()
    axe(page)
    shot(page, f"exports-{kind}")
    page.get_by_role("button", name="Make the export").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Raw ballots")
    assert run(Export.objects.get()) == "succeeded"
    page.reload()
    axe(page)
    shot(page, f"export-{kind}")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
