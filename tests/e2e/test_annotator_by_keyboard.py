"""Every act of an annotator by keyboard alone. Reviews by keyboard: tests/e2e/test_quality_page.py."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Ballot, BallotNote
from tests.e2e.annotators_way import (
    Keyboard,
    answer_the_gap,
    come_in,
    leave_a_gap,
    make_offer,
    on_screen,
    pause_and_stop,
    skip,
)
from tests.e2e.ranking_world import (
    SignIn,
    make_asking,
    next_item,
    open_ranking,
    press,
    rows,
    shown,
    stored,
    submit,
)

pytestmark = pytest.mark.browser
FIVE = [f"Answer of completion {index}. It has a second sentence." for index in range(5)]


@pytest.fixture
def keyboard(page: Page) -> Keyboard:
    """Hands without a pointer: a test that clicks or taps with this page fails."""
    return Keyboard(page)


def test_from_the_invitation_to_the_end_of_the_day(live_site: str, keyboard: Keyboard) -> None:
    world = make_offer()
    user = come_in(keyboard, world)
    skip(keyboard)
    pause_and_stop(keyboard, user)
    second = on_screen(keyboard.page)
    keyboard.rank([1, 2, 3, 4], [])
    next_item(keyboard.page, second)
    ballot = stored(keyboard.page, second)
    assert ballot.groups == [[index] for index in second.shown_order]
    assert ballot.worker == user


def test_all_that_one_ranking_can_say(page: Page, sign_in: SignIn, live_site: str) -> None:
    world = make_asking(FIVE, top_m=2, asks_strength=True, dimensions=["accuracy"])
    lease = open_ranking(page, sign_in, world)
    press(page, "1 2")
    assert rows(page, "ranked") == [1, 2]
    press(page, "ArrowUp")
    assert rows(page, "ranked") == [2, 1]
    press(page, "1 t")  # one tier
    press(page, "t")  # and two again
    press(page, "s s")
    press(page, "z Shift+Z")  # the strength taken back, and said again
    press(page, "3 u 4 b")
    assert (rows(page, "unacceptable"), rows(page, "unranked")) == ([3], [4])
    press(page, "r")
    assert rows(page, "unranked") == [4, 5]
    press(page, "2 d 4")
    press(page, "Escape")
    press(page, "3 f Space Escape n")
    page.keyboard.type("by keys")
    press(page, "Escape")
    ballot = submit(page, lease)
    two, one = shown(lease, 2, 1)
    assert ballot.groups == [[two], [one]]
    assert (ballot.unranked, ballot.unacceptable) == (sorted(shown(lease, 4, 5)), shown(lease, 3))
    assert ballot.strengths == ["clear"]
    assert ballot.ratings == {"accuracy": [4 if index == two else None for index in range(5)]}
    assert ballot.flags == [{"kind": "personal_data", "completion": shown(lease, 3)[0]}]
    assert BallotNote.objects.get().text == "by keys"


def test_reading_with_search_layout_and_two_side_by_side(page: Page, sign_in: SignIn, live_site: str) -> None:
    open_ranking(page, sign_in, make_asking(FIVE))
    before = page.locator("[data-layout][aria-pressed=true]").get_attribute("data-layout")
    press(page, "l")
    after = page.locator("[data-layout][aria-pressed=true]").get_attribute("data-layout")
    assert {before, after} == {"columns", "stack"}
    press(page, "/")
    page.keyboard.type("second")
    expect(page.locator(".find__count")).to_contain_text("5 hits")
    press(page, "Escape 1 c")
    expect(page.get_by_role("region", name="Compare two answers")).to_be_visible()
    assert rows(page, "ranked") == [1]


def test_a_ranking_is_changed(page: Page, sign_in: SignIn, live_site: str) -> None:
    world = make_asking(FIVE[:3])
    lease = open_ranking(page, sign_in, world)
    press(page, "1 2 3")
    first = submit(page, lease)
    keyboard = Keyboard(page)
    keyboard.act(page.get_by_role("link", name="Your rankings in this project"))
    keyboard.act(page.get_by_role("link", name="Change this ranking"))
    page.wait_for_selector(".ranker.is-ready")
    press(page, "1 ArrowDown ArrowDown")
    keyboard.act(page.get_by_role("button", name="Submit the ranking"))
    page.get_by_text("Your ranking is changed.").wait_for()
    assert Ballot.objects.get(supersedes=first).groups == [[index] for index in shown(lease, 2, 3, 1)]


def test_a_silent_stretch_is_answered(page: Page, sign_in: SignIn, live_site: str) -> None:
    world = make_asking(FIVE)
    gap = leave_a_gap(world.worker, world)
    sign_in(page, world.worker)
    answer_the_gap(Keyboard(page), gap)


def test_the_language_is_chosen_and_stays_on_other_pages(page: Page, sign_in: SignIn, live_site: str) -> None:
    world = make_asking(FIVE)
    sign_in(page, world.worker)
    page.goto("/work/")
    keyboard = Keyboard(page)
    keyboard.reach(page.locator("select[name=language]"))
    for _press in range(5):
        if page.locator("select[name=language]").input_value() == "sw":
            break
        page.keyboard.press("ArrowDown")
    keyboard.act(page.locator("form.language button"))
    page.wait_for_selector("html[lang=sw]")
    page.goto("/earnings/")
    expect(page.locator("html")).to_have_attribute("lang", "sw")
