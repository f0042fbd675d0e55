"""Every act of an annotator at 390 px by touch.

What one ranking can say: tests/e2e/test_ranking_parts.py, test_everything_by_touch_at_390_px; dragging:
tests/e2e/test_ranking_page.py; reviews: tests/e2e/test_quality_page.py.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Ballot
from tests.e2e.annotators_way import (
    Touch,
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
    card,
    make_asking,
    next_item,
    open_ranking,
    row,
    rows,
    shown,
    stored,
)

pytestmark = pytest.mark.browser
FIVE = [f"Answer of completion {index}. It has a second sentence." for index in range(5)]
DOCK = "Your order"


@pytest.fixture
def touch(phone: Page) -> Touch:
    return Touch(phone)


def test_from_the_invitation_to_the_end_of_the_day(live_site: str, touch: Touch) -> None:
    world = make_offer()
    user = come_in(touch, world)
    touch.page.get_by_role("button", name=DOCK).tap()
    skip(touch)
    pause_and_stop(touch, user)
    second = on_screen(touch.page)
    touch.rank([1, 2, 3, 4], [])
    next_item(touch.page, second)
    assert stored(touch.page, second).groups == [[index] for index in second.shown_order]


def place_all(page: Page, count: int) -> None:
    for place in range(1, count + 1):
        card(page, place).get_by_role("button", name="Place next").tap()


def test_answers_are_moved_tied_and_untied_by_buttons(phone: Page, sign_in: SignIn, live_site: str) -> None:
    lease = open_ranking(phone, sign_in, make_asking(FIVE[:3]))
    place_all(phone, 3)
    phone.get_by_role("button", name=DOCK).tap()
    row(phone, 3).locator(".row__main").tap()
    row(phone, 3).get_by_role("button", name="Move answer 3 up").tap()
    assert rows(phone, "ranked") == [1, 3, 2]
    tie = row(phone, 3).get_by_role("button", name="Tie answer 3 with the one above")
    tie.tap()
    expect(tie).to_have_attribute("aria-pressed", "true")
    tie.tap()
    expect(tie).to_have_attribute("aria-pressed", "false")
    tie.tap()
    phone.get_by_role("button", name="Submit the ranking").tap()
    assert stored(phone, lease).groups == [sorted(shown(lease, 1, 3)), shown(lease, 2)]


def test_layout_and_comparison(phone: Page, sign_in: SignIn, live_site: str) -> None:
    open_ranking(phone, sign_in, make_asking(FIVE[:3]))
    phone.get_by_role("button", name="Search, size of the text, compare").tap()
    phone.get_by_role("button", name="Large text").tap()
    expect(phone.get_by_role("button", name="Large text")).to_have_attribute("aria-pressed", "true")
    phone.get_by_role("button", name="Compare", exact=True).tap()
    expect(phone.get_by_role("region", name="Compare two answers")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") == 390


def test_a_ranking_is_changed(phone: Page, sign_in: SignIn, live_site: str) -> None:
    lease = open_ranking(phone, sign_in, make_asking(FIVE[:3]))
    place_all(phone, 3)
    phone.get_by_role("button", name="Submit the ranking").tap()
    first = stored(phone, lease)
    phone.get_by_role("link", name="Your rankings in this project").tap()
    phone.get_by_role("link", name="Change this ranking").tap()
    phone.wait_for_selector(".ranker.is-ready")
    card(phone, 1).get_by_role("button", name="Mark answer 1 unacceptable").tap()
    phone.get_by_role("button", name="Submit the ranking").tap()
    phone.get_by_text("Your ranking is changed.").wait_for()
    second = Ballot.objects.get(supersedes=first)
    assert (second.groups, second.unacceptable) == ([[i] for i in shown(lease, 2, 3)], shown(lease, 1))


def test_a_silent_stretch_is_answered(phone: Page, sign_in: SignIn, live_site: str) -> None:
    world = make_asking(FIVE)
    gap = leave_a_gap(world.worker, world)
    sign_in(phone, world.worker)
    answer_the_gap(Touch(phone), gap)


def test_the_language_is_chosen(phone: Page, sign_in: SignIn, live_site: str) -> None:
    sign_in(phone, make_asking(FIVE).worker)
    phone.goto("/work/")
    phone.locator("select[name=language]").select_option(
        "es"
    )  # the phone's own list can't be touched from here
    phone.locator("form.language button").tap()
    phone.wait_for_selector("html[lang=es]")
