"""A ranking in the making survives a reload, an expired session and a second tab, and the page says what to do."""

from __future__ import annotations

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Page, expect

from annotation.models import Ballot
from tests.annotation.world import World, make_open
from tests.e2e.ranking_world import (
    STATUS,
    SignIn,
    ballot_of,
    next_item,
    open_ranking,
    press,
    rows,
    shown,
    stored,
    submit,
)

pytestmark = pytest.mark.browser
TEXTS = [f"Answer of completion {index}. It has a second sentence." for index in range(4)]
OUTBOX = ".outbox__status"


@pytest.fixture
def world(live_site: str) -> World:
    return make_open(k=4, items=2, overlap=2, texts=TEXTS)


def test_a_reload_keeps_order_ties_refusals_and_note(page: Page, sign_in: SignIn, world: World) -> None:
    lease = open_ranking(page, sign_in, world)
    page.get_by_text("Note", exact=True).click()
    page.get_by_label("Note about this ranking").fill("hard to say")
    page.keyboard.press("Escape")
    press(page, "3 1 t 2 u")
    page.reload()
    page.wait_for_selector(".ranker.is-ready")
    expect(page.locator(STATUS)).to_have_text("As you left it: 3 of 4 placed")
    assert page.get_by_label("Note about this ranking").input_value() == "hard to say"
    press(page, "4")
    submit(page, lease)
    assert ballot_of(lease) == ([sorted(shown(lease, 3, 1)), shown(lease, 4)], shown(lease, 2))
    page.wait_for_selector(".ranker.is-ready")
    expect(page.locator(STATUS)).to_have_text("0 of 4 placed")  # nothing is filled in for the next item
    assert page.get_by_label("Note about this ranking").input_value() == ""


def test_an_expired_session_keeps_the_ranking_and_says_where_to_sign_in(
    page: Page, sign_in: SignIn, world: World
) -> None:
    lease = open_ranking(page, sign_in, world)
    press(page, "2 3 4 1")
    page.context.clear_cookies(name=django_settings.SESSION_COOKIE_NAME)
    page.keyboard.press("Enter")
    expect(page.locator(OUTBOX)).to_contain_text("You are signed out: 1 answer waits.")
    page.get_by_role("link", name="Sign in and send").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    assert f"next=%2Fwork%2F{world.project.pk}%2F" in page.url
    assert Ballot.objects.count() == 0
    sign_in(page, world.worker)
    page.goto(f"/work/{world.project.pk}/")
    stored(page, lease)
    assert ballot_of(lease) == ([[index] for index in shown(lease, 2, 3, 4, 1)], [])


def test_after_signing_in_elsewhere_the_old_page_sends_all_the_same(
    page: Page, sign_in: SignIn, world: World
) -> None:
    lease = open_ranking(page, sign_in, world)
    press(page, "1 2 3 4")
    page.context.clear_cookies(name=django_settings.CSRF_COOKIE_NAME)
    submit(page, lease)
    assert ballot_of(lease) == ([[index] for index in shown(lease, 1, 2, 3, 4)], [])


def test_a_second_tab_with_an_answered_item_leads_on(page: Page, sign_in: SignIn, world: World) -> None:
    lease = open_ranking(page, sign_in, world)
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_selector(".ranker.is-ready")
    press(other, "1 2 3 4")
    submit(other, lease)
    press(page, "z z z z 4 3 2 1 Enter")
    next_item(page, lease)
    page.wait_for_function("() => document.querySelector('.ranker.is-ready')")
    assert rows(page, "unplaced") == [1, 2, 3, 4]
    assert ballot_of(lease) == ([[index] for index in shown(lease, 1, 2, 3, 4)], [])
    assert Ballot.objects.count() == 1
