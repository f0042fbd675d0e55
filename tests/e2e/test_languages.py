"""An annotator does the whole way in their language: chosen by hand, read out right, bound by the project's text."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext
from playwright.sync_api import Locator, Page, expect

from annotation.models import Acceptance, Ballot, Lease
from annotation.services.projects import publish_project
from tests.annotation.setup_world import change
from tests.annotation.world import World, add_annotator, fill, fund, make_draft
from tests.e2e.ranking_world import SignIn, press, submit

pytestmark = pytest.mark.browser
Check = Callable[[Page], None]
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LANGUAGES = pytest.mark.parametrize("language", ["es", "sw"])
BINDS = (
    "This text binds in the language that it is written in. What you accept is exactly this text, not a translation "
    "of it."
)
UNREVIEWED = (
    "This translation has not been reviewed by a native speaker yet."
    " Where it differs, the English text counts."
)


class Reader:
    """Somebody at a page who reads one language."""

    def __init__(self, page: Page, language: str, check: Check, device: str) -> None:
        self.page, self.language, self.check, self.device = page, language, check, device

    def words(self, english: str, **values: Any) -> str:
        with translation.override(self.language):
            said = gettext(english)
        assert said != english, "this text is not translated"
        return said % values if values else said

    def button(self, english: str, **values: Any) -> Locator:
        return self.page.get_by_role("button", name=self.words(english, **values), exact=True)

    def look(self, name: str) -> None:
        """The page is in the language, no wider than the screen, and axe finds nothing."""
        expect(self.page.locator("html")).to_have_attribute("lang", self.language)
        if folder := os.environ.get("SCREENSHOTS"):
            self.page.screenshot(
                path=Path(folder) / f"{self.language}-{self.device}-{name}.png", full_page=True
            )
        assert self.page.evaluate(WIDER) <= 0, name
        self.check(self.page)


@pytest.fixture
def world(live_site: str) -> World:
    """An open project whose own texts are in English; nobody has joined."""
    made = make_draft(k=3)
    fill(made, 2)
    fund(made)
    change(made, content_warning="Some answers insult people.", support_contact="The desk of Lake Lab")
    publish_project(actor=made.engineer, project=made.fresh())
    return made


def choose(page: Page, language: str) -> None:
    page.locator("#language").select_option(language)
    page.locator("form.language button").click()
    expect(page.locator("html")).to_have_attribute("lang", language)


@LANGUAGES
@pytest.mark.parametrize("device", ["page", "phone"])
def test_the_whole_way_is_in_the_readers_language(
    request: pytest.FixtureRequest, device: str, language: str, sign_in: SignIn, world: World, axe: Check
) -> None:
    page: Page = request.getfixturevalue(device)
    reader = Reader(page, language, axe, device)
    user = add_annotator(world, "joining", ready=False)
    sign_in(page, user)
    page.goto(f"/work/{world.project.pk}/")
    choose(page, language)
    expect(page).to_have_url(f"{request.getfixturevalue('live_site')}/work/{world.project.pk}/")
    expect(page.get_by_text(reader.words(UNREVIEWED))).to_be_visible()
    reader.look("join")
    page.locator("#accept-warning").check()
    reader.button("Join and read the terms").click()
    for kind in ("terms", "guidelines"):
        expect(page.get_by_text(reader.words(BINDS))).to_be_visible()
        expect(page.locator(".prose")).to_have_attribute("lang", "en")
        reader.look(kind)
        reader.button("I have read and accept version %(version)s", version=1).click()
    reader.look("start")
    assert Acceptance.objects.filter(user=user).count() == 2
    reader.button("Start work").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".ranker.is-ready")
    reader.look("rank")
    held = page.locator("[data-flow-lease-value]").get_attribute("data-flow-lease-value")
    lease = Lease.objects.get(pk=str(held))
    press(page, "2 1 3")
    expect(page.locator("[data-ranking-target=live]")).to_contain_text(
        reader.words("All answers are placed.")
    )
    ballot = submit(page, lease)
    assert ballot.groups == [[lease.shown_order[place - 1]] for place in (2, 1, 3)]
    page.wait_for_selector(".ranker.is-ready")
    reader.button("Break").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(reader.words("You are on a break"))
    reader.look("break")
    reader.button("Stop for today").click()
    page.goto("/earnings/")
    expect(page.get_by_role("heading", level=1)).to_have_text(reader.words("Your earnings"))
    expect(page.get_by_role("cell", name=reader.words("guidelines"), exact=True).first).to_be_visible()
    reader.look("earnings")
    pay = ("/earnings/payments/", "/earnings/place/", "/statements/", "/cases/", "/timeline/", "/monitoring/")
    data = ("/my-data/", "/my-data/rankings/", "/my-data/decisions/")
    for path in ("/work/", "/inbox/", "/profile/", f"/work/{world.project.pk}/mine/", *pay, *data):
        page.goto(path)
        reader.look(path.strip("/").split("/")[-1])
    assert Ballot.objects.filter(lease__worker=user).count() == 1


@LANGUAGES
def test_a_language_is_chosen_at_the_sign_in_without_scripts(
    new_page: Callable[..., Page], language: str, axe: Check
) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/accounts/login/?next=/work/")
    choose(page, language)
    with translation.override(language):
        expect(page.get_by_role("heading", level=1)).to_have_text(gettext("Sign in"))
    assert page.url.endswith("/accounts/login/?next=/work/")
    page.goto("/work/")
    expect(page.locator("html")).to_have_attribute("lang", language)


@LANGUAGES
def test_the_browsers_language_is_taken_where_none_was_chosen(
    new_page: Callable[..., Page], language: str
) -> None:
    page = new_page(locale=f"{language}-KE")
    page.goto("/accounts/login/")
    expect(page.locator("html")).to_have_attribute("lang", language)
    assert page.locator("#language option").all_inner_texts() == ["English", "Español", "Kiswahili"]
    assert page.locator("#language option").evaluate_all("all => all.map(one => one.lang)") == [
        "en",
        "es",
        "sw",
    ]


def test_in_the_projects_language_nothing_is_said_about_another(
    page: Page, sign_in: SignIn, world: World
) -> None:
    sign_in(page, add_annotator(world, "joining", ready=False))
    page.goto(f"/work/{world.project.pk}/")
    page.locator("#accept-warning").check()
    page.get_by_role("button", name="Join and read the terms").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Terms")
    expect(page.get_by_text(BINDS)).to_have_count(0)
    expect(page.get_by_text(UNREVIEWED)).to_have_count(0)


def test_engineers_pages_and_the_public_record_stay_english(
    new_page: Callable[..., Page], sign_in: SignIn, world: World
) -> None:
    page = new_page(locale="es-MX")
    sign_in(page, world.engineer)
    for path in ("/projects/", "/reports/"):
        page.goto(path)
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.locator("#language")).to_have_count(0)
