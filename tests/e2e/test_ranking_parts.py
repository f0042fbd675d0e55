"""What a project may ask beside the order: the best m, strengths, ratings; and flags. By keyboard, and unscripted."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Ballot, BallotNote, Skip
from tests.annotation.world import World, take
from tests.e2e.ranking_world import (
    LIVE,
    SignIn,
    card,
    drag,
    make_asking,
    open_ranking,
    press,
    row,
    rows,
    shown,
    stored,
    submit,
)

pytestmark = pytest.mark.browser
FIVE = [f"Answer of completion {index}. It has a second sentence." for index in range(5)]
FOUR = FIVE[:4]


@pytest.fixture
def best_two(live_site: str) -> World:
    return make_asking(FIVE, top_m=2)


@pytest.fixture
def strong(live_site: str) -> World:
    return make_asking(FOUR, asks_strength=True)


@pytest.fixture
def rated(live_site: str) -> World:
    return make_asking(FOUR, dimensions=["accuracy", "clarity"])


def test_the_rest_stays_below_once_the_best_are_ordered(page: Page, sign_in: SignIn, best_two: World) -> None:
    lease = open_ranking(page, sign_in, best_two)
    press(page, "4 r")
    expect(page.locator(LIVE)).to_have_text("Order the best 2 first; then the rest can stay below.")
    assert rows(page, "unranked") == []
    press(page, "1 5 u Enter")
    expect(page.locator(".ranker__problem")).to_have_text(
        "Place every answer, or press “The rest stay below”, before you submit."
        " Not placed yet: Answer 2, Answer 3."
    )
    assert Ballot.objects.count() == 0
    press(page, "r")
    expect(page.locator(LIVE)).to_have_text("2 answers stay below, not ranked.")
    assert rows(page, "unranked") == [2, 3]
    ballot = submit(page, lease)
    assert ballot.groups == [shown(lease, 4), shown(lease, 1)]
    assert ballot.unranked == sorted(shown(lease, 2, 3))
    assert ballot.unacceptable == shown(lease, 5)


def test_one_answer_is_left_below_by_key_button_and_mouse(
    page: Page, sign_in: SignIn, best_two: World
) -> None:
    page.emulate_media(reduced_motion="reduce")
    open_ranking(page, sign_in, best_two)
    press(page, "1 2 3 b")
    expect(page.locator(LIVE)).to_have_text("Answer 3: below your order, not ranked.")
    press(page, "4")
    row(page, 4).get_by_role("button", name="Leave answer 4 below the order").click()
    assert rows(page, "unranked") == [3, 4]
    drag(page, 5, row(page, 4))
    assert rows(page, "unranked") == [3, 4, 5]


def test_too_few_ordered_is_refused_with_the_number(page: Page, sign_in: SignIn, best_two: World) -> None:
    open_ranking(page, sign_in, best_two)
    press(page, "1 2 r 2 b Enter")
    expect(page.locator(".ranker__problem")).to_have_text(
        "Order the best 2 before the others can stay below; you ordered 1."
    )
    assert Ballot.objects.count() == 0


def test_a_full_order_is_welcome_where_the_best_two_are_asked(
    page: Page, sign_in: SignIn, best_two: World
) -> None:
    lease = open_ranking(page, sign_in, best_two)
    press(page, "1 2 3 4 5")
    ballot = submit(page, lease)
    assert (ballot.groups, ballot.unranked) == ([[index] for index in lease.shown_order], [])


def test_strengths_by_key_and_by_mouse_are_never_filled_in(
    page: Page, sign_in: SignIn, strong: World
) -> None:
    lease = open_ranking(page, sign_in, strong)
    press(page, "1 s")
    expect(page.locator(LIVE)).to_have_text("Answer 1: nothing stands above it.")
    press(page, "2 3 4")
    assert page.locator("[data-strength][aria-pressed=true]").count() == 0
    press(page, "s s")
    expect(page.locator(LIVE)).to_have_text("Clearly better above.")
    row(page, 2).get_by_role("button", name="Strongly").click()
    expect(row(page, 1).locator(".strength")).to_be_hidden()  # nothing is above the best
    press(page, "3")
    ballot = submit(page, lease)
    assert ballot.strengths == ["strong", None, "clear"]


def test_a_strength_is_taken_back_by_the_same_button(page: Page, sign_in: SignIn, strong: World) -> None:
    lease = open_ranking(page, sign_in, strong)
    press(page, "1 2 3 4")
    slightly = row(page, 2).get_by_role("button", name="Slightly")
    slightly.click()
    expect(slightly).to_have_attribute("aria-pressed", "true")
    slightly.click()
    expect(slightly).to_have_attribute("aria-pressed", "false")
    press(page, "4")
    assert submit(page, lease).strengths == []


def test_ratings_by_numbers_go_from_line_to_line(page: Page, sign_in: SignIn, rated: World) -> None:
    lease = open_ranking(page, sign_in, rated)
    press(page, "2 d 5 3")
    focused = page.evaluate("document.activeElement.name")
    assert focused == f"rating_clarity_{shown(lease, 2)[0]}"
    press(page, "0")  # takes the second back
    press(page, "t")  # not placed by the digits, and keys work on
    assert rows(page, "ranked") == [2]
    card(page, 1).get_by_role("radiogroup", name="Clarity, answer 1").get_by_role("radio", name="4").click()
    # the mouse chose that rating, so the digits below place answers
    page.locator(".ranker__prompt h2").click()
    press(page, "1 3 4")
    ballot = submit(page, lease)
    accuracy: list[int | None] = [None] * 4
    accuracy[shown(lease, 2)[0]] = 5
    clarity: list[int | None] = [None] * 4
    clarity[shown(lease, 1)[0]] = 4
    assert ballot.ratings == {"accuracy": accuracy, "clarity": clarity}


def test_a_rating_is_undone_like_any_act(page: Page, sign_in: SignIn, rated: World) -> None:
    open_ranking(page, sign_in, rated)
    five = card(page, 1).get_by_role("radio", name="5").first
    five.check(force=True)
    page.get_by_role("button", name="Undo").click()
    expect(five).not_to_be_checked()
    page.get_by_role("button", name="Redo").click()
    expect(five).to_be_checked()


def test_flags_on_an_answer_and_on_the_item(page: Page, sign_in: SignIn, rated: World) -> None:
    lease = open_ranking(page, sign_in, rated)
    press(page, "1 f Tab Space Escape")  # the second kind of the list
    expect(page.get_by_role("group", name="Flag answer 1").locator("fieldset")).to_be_hidden()
    expect(card(page, 1).locator("[data-flags]")).to_have_text("1")
    page.get_by_text("Flag the item").click()
    page.locator(".more").get_by_label("Wrong language").check()
    page.locator(".ranker__prompt h2").click()
    press(page, "2 3 4")
    ballot = submit(page, lease)
    assert ballot.flags == [
        {"kind": "harmful", "completion": shown(lease, 1)[0]},
        {"kind": "wrong_language", "completion": None},
    ]


def test_everything_by_touch_at_390_px(phone: Page, sign_in: SignIn, live_site: str) -> None:
    world = make_asking(FIVE, top_m=2, asks_strength=True, dimensions=["accuracy"])
    lease = open_ranking(phone, sign_in, world)
    two, four, five = shown(lease, 2, 4, 5)
    card(phone, 2).get_by_role("radio", name="3").tap()
    card(phone, 2).get_by_role("button", name="Place next").tap()
    card(phone, 4).get_by_role("button", name="Place next").tap()
    card(phone, 5).get_by_role("button", name="Mark answer 5 unacceptable").tap()
    card(phone, 5).locator(".flags--answer summary").tap()
    card(phone, 5).get_by_label("Harmful").tap()
    card(phone, 5).locator(".flags--answer summary").tap()
    phone.get_by_role("button", name="Search, size of the text, compare").tap()
    phone.get_by_label("Search in the answers").fill("second")
    expect(phone.locator(".find__count")).to_contain_text("5 hits")
    phone.get_by_role("button", name="Your order").tap()
    row(phone, 4).get_by_role("button", name="Clearly").tap()
    phone.get_by_role("button", name="The rest stay below").tap()
    phone.get_by_role("button", name="Undo").tap()
    assert rows(phone, "unranked") == []
    phone.get_by_role("button", name="Redo").tap()
    assert rows(phone, "unranked") == [1, 3]
    phone.get_by_text("Note", exact=True).tap()
    phone.get_by_label("Note about this ranking").fill("by thumb")
    phone.get_by_role("button", name="Submit the ranking").tap()
    ballot = stored(phone, lease)
    assert (ballot.groups, ballot.unranked) == ([[two], [four]], sorted(shown(lease, 1, 3)))
    assert (ballot.unacceptable, ballot.strengths) == ([five], ["clear"])
    assert ballot.ratings == {"accuracy": [3 if index == two else None for index in range(5)]}
    assert ballot.flags == [{"kind": "harmful", "completion": five}]
    assert BallotNote.objects.get().text == "by thumb"


def test_an_item_is_skipped_by_keyboard_alone(page: Page, sign_in: SignIn, rated: World) -> None:
    lease = open_ranking(page, sign_in, rated)
    for _step in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.textContent") == "Skip (paid)":
            break
    press(page, "Enter Tab Space ArrowDown Tab Enter")
    for _wait in range(400):
        if Skip.objects.exists():
            break
        page.wait_for_timeout(50)
    skip = Skip.objects.get()
    assert (skip.lease_id, skip.reason) == (lease.pk, "unclear")


def test_without_scripts_every_part_is_a_field_and_comes_back_when_refused(
    new_page: Any, sign_in: SignIn, live_site: str
) -> None:
    world = make_asking(FIVE, top_m=2, asks_strength=True, dimensions=["accuracy"])
    page: Page = new_page(java_script_enabled=False)
    lease = take(world)
    sign_in(page, world.worker)
    page.goto(f"/work/{world.project.pk}/")
    one, two, three = shown(lease, 1, 2, 3)
    page.fill(f"input[name=rank_{one}]", "1")
    page.check("input[name=rest_below]")
    page.select_option(f"select[name=strength_{one}]", "clear")
    page.check(f"input[name=rating_accuracy_{three}][value='2']", force=True)
    page.locator(".flags--answer summary").nth(1).click()
    page.check(f"input[name=flag][value='illegal:{two}']")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".ranker__problem")).to_contain_text(
        "Order the best 2 before the rest can stay below: 1 so far."
    )
    assert Ballot.objects.count() == 0
    page.fill(f"input[name=rank_{two}]", "2")
    page.get_by_role("button", name="Submit").click()
    ballot = stored(page, lease)
    assert (ballot.groups, ballot.unranked) == ([[one], [two]], sorted(shown(lease, 3, 4, 5)))
    assert ballot.strengths == ["clear"]
    assert ballot.ratings == {"accuracy": [2 if index == three else None for index in range(5)]}
    assert ballot.flags == [{"kind": "illegal", "completion": two}]
