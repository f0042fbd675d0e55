"""A ranking in the making survives a reload, an expired session and a second tab, and the page says what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Page, expect

from annotation.models import Ballot
from tests.annotation.world import World, make_open
from tests.e2e.test_ranking_page import TEXTS, ballot_of, next_item, open_ranking, shown

pytestmark = pytest.mark.browser
SignIn = Callable[..., None]
STATUS = "[data-ranking-target=status]"


@pytest.fixture
def world(live_site: str) -> World:
    return make_open(k=4, items=2, overlap=2, texts=TEXTS)


def test_a_reload_keeps_order_ties_refusals_and_note(page: Page, sign_in: SignIn, world: World) -> None:
    lease = open_ranking(page, sign_in, world)
    page.get_by_text("Note (optional)").click()
    page.get_by_label("Note about this ranking").fill("hard to say")
    page.locator("h2#prompt-heading").click()
    for key in ("3", "1", "t", "2", "u"):
        page.keyboard.press(key)
    page.reload()
    page.wait_for_selector(".ranker.is-ready")
    expect(page.locator(STATUS)).to_have_text("As you left it: 3 of 4 placed")
    assert page.get_by_label("Note about this ranking").input_value() == "hard to say"
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    next_item(page, lease)
    assert ballot_of(lease) == ([sorted(shown(lease, 3, 1)), shown(lease, 4)], shown(lease, 2))
    page.wait_for_selector(".ranker.is-ready")
    expect(page.locator(STATUS)).to_have_text("0 of 4 placed")  # nothing is filled in for the next item
    assert page.get_by_label("Note about this ranking").input_value() == ""


def test_an_expired_session_keeps_the_ranking_and_says_where_to_sign_in(
    page: Page, sign_in: SignIn, world: World
) -> None:
    lease = open_ranking(page, sign_in, world)
    for key in "2341":
        page.keyboard.press(key)
    page.context.clear_cookies(name=django_settings.SESSION_COOKIE_NAME)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text(
        "You are signed out. Your ranking is kept in this browser. Sign in and go on"
    )
    page.get_by_role("link", name="Sign in and go on").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    assert page.url.endswith(f"/accounts/login/?next=/work/{world.project.pk}/")
    assert Ballot.objects.count() == 0
    sign_in(page, world.worker)
    page.goto(f"/work/{world.project.pk}/")
    expect(page.locator(STATUS)).to_have_text("As you left it: 4 of 4 placed")
    page.keyboard.press("Enter")
    next_item(page, lease)
    assert ballot_of(lease) == ([[index] for index in shown(lease, 2, 3, 4, 1)], [])


def test_after_signing_in_elsewhere_the_old_page_asks_to_be_loaded_again(
    page: Page, sign_in: SignIn, world: World
) -> None:
    lease = open_ranking(page, sign_in, world)
    for key in "1234":
        page.keyboard.press(key)
    page.context.clear_cookies(name=django_settings.CSRF_COOKIE_NAME)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("You signed in anew since this page was opened.")
    assert Ballot.objects.count() == 0
    page.get_by_role("link", name="Load it again").click()
    expect(page.locator(STATUS)).to_have_text("As you left it: 4 of 4 placed")
    page.keyboard.press("Enter")
    next_item(page, lease)
    assert ballot_of(lease) == ([[index] for index in shown(lease, 1, 2, 3, 4)], [])


def test_a_second_tab_with_an_answered_item_leads_on(page: Page, sign_in: SignIn, world: World) -> None:
    lease = open_ranking(page, sign_in, world)
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector(".ranker.is-ready")
    for key in "1234":
        other.keyboard.press(key)
    other.keyboard.press("Enter")
    next_item(other, lease)
    for key in "4321":
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("your first answer stands")
    page.get_by_role("link", name="Go to what is next").click()
    next_item(page, lease)
    assert ballot_of(lease) == ([[index] for index in shown(lease, 1, 2, 3, 4)], [])
