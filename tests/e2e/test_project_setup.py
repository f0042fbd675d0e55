"""An engineer sets a project up from nothing, page by page, in a real browser; every page stands at every width."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Document, GoldAnswer, Project
from byhand.accounts.models import Role
from byhand.accounts.services import add_member, create_organisation
from tests.annotation.setup_world import change, items_of
from tests.annotation.world import World, fill, fund, make_draft, person
from wages.models import PaidProject

pytestmark = pytest.mark.browser
SignIn = Callable[..., None]
Check = Callable[[Page], None]
STEPS = ["basics", "question", "texts", "people", "pay", "prompts", "pilot", "publish"]


def keep_picture(page: Page, name: str) -> None:
    """With SCREENSHOTS set to a folder, the pictures are kept there to be looked at."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture
def world(live_site: str) -> World:
    return make_draft()


def test_a_project_is_set_up_page_by_page_and_kept_in_between(
    page: Page, sign_in: SignIn, live_site: str
) -> None:
    organisation = create_organisation(name="River Lab", slug="river-lab", country="KE", simulated=True)
    engineer = person("engineer.river")
    add_member(actor=None, user=engineer, organisation=organisation, role=Role.ENGINEER)
    sign_in(page, engineer)
    page.goto("/projects/new/")
    page.get_by_label("Title").fill("Rivers")
    page.get_by_role("button", name="Save the draft and go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What is asked")
    page.get_by_label("Order only the best").fill("2")
    page.get_by_label("Accuracy").check()
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Terms and guidelines")
    guidelines = page.locator("#guidelines")
    guidelines.fill("One two three four five.")
    expect(page.locator("#guidelines-length")).to_contain_text("5 words, about 1 s to read")
    page.get_by_role("button", name="Save and go on").click()
    page.goto("/projects/")  # leaving and coming back loses nothing
    page.get_by_role("link", name="Rivers", exact=True).click()
    page.get_by_role("link", name="Go through the set-up").click()
    page.get_by_role("navigation", name="Set-up").get_by_role("link", name="People and safety").click()
    page.get_by_label("Content warning").fill("Insults and threats.")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_text("Name somebody to turn to, since the content carries a warning.")).to_be_visible()
    page.get_by_label("Support contact").fill("Ask the desk: +254 700 000 000")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pay")
    page.get_by_label("Hourly rate").fill("22.20")
    expect(page.locator("output")).to_have_text("USD 2,442.00")
    page.get_by_label("Minutes a person may hold one item").fill("30")
    expect(page.locator("output")).to_have_text("USD 1,221.00")
    page.get_by_label("Declared floor").fill("15")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Prompts")
    project = Project.objects.get(title="Rivers")
    assert (project.top_m, project.dimensions, project.lease_ms) == (2, ["accuracy"], 1_800_000)
    assert PaidProject.objects.get(pk=project.pk).declared_floor_micro == 15_000_000
    assert Document.objects.get(project=project, kind="guidelines").text == "One two three four five."


def test_a_draft_is_published_once_nothing_is_missing(page: Page, sign_in: SignIn, world: World) -> None:
    fill(world, 2)
    sign_in(page, world.engineer)
    page.goto(f"/projects/{world.project.pk}/setup/publish/")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("alert")).to_contain_text("The payer is not named.")
    fund(world)
    page.goto(f"/projects/{world.project.pk}/setup/publish/")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status")).to_contain_text("The project is open")
    assert world.fresh().state == "open"


def test_a_known_answer_is_kept_by_keyboard_alone(page: Page, sign_in: SignIn, world: World) -> None:
    fill(world, 1)
    sign_in(page, world.engineer)
    page.goto(f"/projects/{world.project.pk}/known/")
    link = page.get_by_role("link", name=re.compile(r"^Item \d")).first
    link.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Gold: hidden among the others").focus()
    page.keyboard.press("Space")
    page.get_by_label("Pair 1: the better one").select_option("1")
    page.get_by_label("Pair 1: the worse one").select_option("0")
    page.get_by_label("Why").fill("It answers the question.")
    page.get_by_role("button", name="Keep the known answer").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("The known answer is kept.")
    assert GoldAnswer.objects.get().better == [[1, 0]]


@pytest.mark.parametrize("which", ["page", "phone", "dark"])
def test_every_page_of_the_set_up_stands_and_axe_finds_nothing(
    request: pytest.FixtureRequest, which: str, sign_in: SignIn, world: World, axe: Check
) -> None:
    fill(world, 2)
    change(world, content_warning="Insults.", support_contact="The desk: +254 700 000 000")
    page: Page = request.getfixturevalue(which)
    sign_in(page, world.engineer)
    base, (item, _other) = f"/projects/{world.project.pk}", items_of(world)
    addresses = [
        "/projects/new/",
        f"{base}/",
        f"{base}/guidelines/",
        f"{base}/known/",
        f"{base}/known/{item.pk}/",
    ]
    for address in [*addresses, *(f"{base}/setup/{step}/" for step in STEPS)]:
        page.goto(address)
        keep_picture(page, f"setup-{which}-{address.strip('/').rpartition('/')[2]}")
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), address


def test_the_set_up_works_without_scripts(
    new_page: Callable[..., Page], sign_in: SignIn, world: World
) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(page, world.engineer)
    page.goto(f"/projects/{world.project.pk}/setup/texts/")
    page.locator("#guidelines").fill("Be kind.")
    page.get_by_label("What is new, in a few words").last.fill("Much shorter.")
    page.get_by_role("button", name="Save and go on").click()
    page.goto(f"/projects/{world.project.pk}/guidelines/")
    expect(page.get_by_role("heading", name="What changed from version 1 to 2")).to_be_visible()
    page.goto(f"/projects/{world.project.pk}/setup/pay/")
    page.get_by_label("Minutes a person may hold one item").fill("30")
    page.get_by_role("button", name="Save and go on").click()
    assert (world.fresh().lease_ms, Document.objects.filter(kind="guidelines").count()) == (1_800_000, 2)
