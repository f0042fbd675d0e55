"""How answers are read: layouts, folds, search, comparing two, any script, hostile text, narrow and dark pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.annotation.world import World
from tests.e2e.ranking_world import LIVE, SignIn, card, make_asking, open_ranking, press, row, rows, shown

pytestmark = pytest.mark.browser
ARABIC = "البحيرة واسعة وهادئة، والمدينة على شاطئها تتاجر بالأسماك والملح. "
HOSTILE = (
    "<img src=x onerror=alert(1)> \u202eevil\u202c a\u200bb </bdi></li><script>alert(2)</script> {{ 7*7 }}"
)
LONG = "One lake. " * 300 + "The needle at the end."
TEXTS = [LONG, ARABIC * 5, HOSTILE, "def area(r):\n\treturn 3 * r ** 2"]
NEAR = ["The lake is deep and cold.", "The lake was very deep and cold."]


@pytest.fixture
def world(live_site: str) -> World:
    return make_asking(TEXTS, languages=["ar"])


def place_of(page: Page, index: int) -> int:
    return int(page.locator(f".answer[data-index='{index}']").get_attribute("data-place") or 0)


def test_the_layout_is_chosen_and_kept(page: Page, sign_in: SignIn, world: World) -> None:
    open_ranking(page, sign_in, world)

    def columns() -> int:
        lefts = page.locator(".answer").evaluate_all(
            "cards => cards.map(c => c.getBoundingClientRect().left)"
        )
        return len(set(lefts))

    assert columns() == 2
    page.get_by_role("button", name="Stacked").click()
    assert columns() == 1
    page.reload()
    page.wait_for_selector(".ranker.is-ready")
    assert columns() == 1
    press(page, "l")
    assert columns() == 2
    page.set_viewport_size({"width": 900, "height": 800})
    assert columns() == 1  # side by side only where there is room


def test_the_size_of_the_text_and_code_are_chosen_and_kept(page: Page, sign_in: SignIn, world: World) -> None:
    open_ranking(page, sign_in, world)
    size = "() => parseFloat(getComputedStyle(document.querySelector('.answer__text')).fontSize)"
    medium = page.evaluate(size)
    page.get_by_role("button", name="Large text").click()
    page.get_by_role("button", name="Code").click()
    page.reload()
    page.wait_for_selector(".ranker.is-ready")
    assert page.evaluate(size) > medium
    expect(page.get_by_role("button", name="Code")).to_have_attribute("aria-pressed", "true")


def test_a_long_text_begins_folded_and_says_how_much_there_is(
    page: Page, sign_in: SignIn, world: World
) -> None:
    open_ranking(page, sign_in, world)
    long = card(page, place_of(page, 0))
    more = long.get_by_role("button", name="Show all (605 words)")
    folded = long.bounding_box()
    more.click()
    opened = long.bounding_box()
    assert folded and opened and opened["height"] > folded["height"] + 200
    expect(long.get_by_role("button", name="Show less")).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("x")
    expect(long.get_by_role("button", name="Show all")).to_be_visible()
    short = card(page, place_of(page, 3))
    expect(short.locator("[data-more]")).to_be_hidden()


def test_a_search_counts_in_every_answer_and_opens_what_it_goes_to(
    page: Page, sign_in: SignIn, world: World
) -> None:
    open_ranking(page, sign_in, world)
    long = place_of(page, 0)
    press(page, "/")
    page.keyboard.type("LAKE")
    count = page.locator(".find__count")
    expect(count).to_have_text(f"300 hits · {long}: 300")
    assert page.evaluate("() => CSS.highlights.get('found').size") == 300
    page.get_by_label("Search in the answers").fill("needle at")
    expect(count).to_have_text(f"1 hit · {long}: 1")
    page.keyboard.press("Enter")
    expect(count).to_have_text(f"1 of 1, answer {long}")
    expect(card(page, long).get_by_role("button", name="Show less")).to_be_visible()
    assert page.evaluate("() => CSS.highlights.get('found-now').size") == 1
    assert rows(page, "ranked") == []  # nothing that was typed was an act
    page.get_by_label("Search in the answers").fill("nowhere")
    expect(count).to_have_text("0 hits")


def test_two_near_answers_are_compared_word_by_word(page: Page, sign_in: SignIn, live_site: str) -> None:
    world = make_asking(NEAR)
    lease = open_ranking(page, sign_in, world)
    press(page, "1 c")
    compared = page.locator(".compare__text")
    gone, new = (compared.locator(tag).all_text_contents() for tag in ("del", "ins"))
    expected = (["is"], ["was very"]) if shown(lease, 1) == [0] else (["was very"], ["is"])
    assert (gone, new) == expected
    page.get_by_role("combobox", name="to").select_option("1")
    expect(compared).to_have_text("These two answers are the same, word for word.")
    page.get_by_role("button", name="Compare").click()
    expect(compared).to_be_hidden()


def test_answers_that_share_little_are_not_compared(page: Page, sign_in: SignIn, world: World) -> None:
    open_ranking(page, sign_in, world)
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".compare__text")).to_have_text(
        "These two answers are too different to compare word by word."
    )


def test_hostile_text_is_text_and_hidden_characters_are_marks(
    page: Page, sign_in: SignIn, world: World
) -> None:
    open_ranking(page, sign_in, world)
    text = card(page, place_of(page, 2)).locator("[data-text] bdi")
    expect(text).to_have_text(
        "<img src=x onerror=alert(1)> ⟦RLO⟧evil⟦PDF⟧ a⟦ZWSP⟧b </bdi></li><script>alert(2)</script> {{ 7*7 }}"
    )
    assert text.locator("*").count() == 0
    assert page.locator(".answer").count() == 4
    snippet = row(page, place_of(page, 2)).locator(".row__snippet")
    expect(snippet).to_contain_text("⟦RLO⟧evil")


def test_each_answer_has_its_own_direction_and_the_language_of_the_project(
    page: Page, sign_in: SignIn, world: World
) -> None:
    open_ranking(page, sign_in, world)
    direction = "bdi => getComputedStyle(bdi).direction"
    arabic = card(page, place_of(page, 1)).locator("[data-text] bdi")
    assert arabic.evaluate(direction) == "rtl"
    assert card(page, place_of(page, 3)).locator("[data-text] bdi").evaluate(direction) == "ltr"
    assert page.evaluate("() => getComputedStyle(document.body).direction") == "ltr"
    expect(arabic).to_have_attribute("lang", "ar")


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_page(width: int, new_page: Any, sign_in: SignIn, world: World) -> None:
    page: Page = new_page(viewport={"width": width, "height": 700})
    open_ranking(page, sign_in, world)
    press(page, "1 2 t 3 u")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_at_400_percent_everything_is_reached_and_nothing_covers_the_text(
    new_page: Any, sign_in: SignIn, world: World
) -> None:
    page: Page = new_page(viewport={"width": 320, "height": 225})
    open_ranking(page, sign_in, world)
    press(page, "1 2 3 4")
    assert rows(page, "ranked") == [1, 2, 3, 4]
    assert page.locator(".ranker__desk").evaluate("desk => getComputedStyle(desk).position") == "static"
    expect(page.locator(".row.is-picked")).to_be_in_viewport()


def test_on_a_phone_the_prompt_comes_back_over_the_answers(
    phone: Page, sign_in: SignIn, world: World
) -> None:
    open_ranking(phone, sign_in, world)
    phone.evaluate("() => window.scrollTo(0, 700)")
    prompt = phone.locator(".ranker__prompt-text")
    expect(prompt).not_to_be_in_viewport()
    phone.get_by_role("button", name="Prompt").tap()
    expect(prompt).to_be_in_viewport()
    phone.get_by_role("button", name="Prompt").tap()
    expect(prompt).not_to_be_in_viewport()


def test_what_screen_readers_hear_and_find(page: Page, sign_in: SignIn, world: World) -> None:
    open_ranking(page, sign_in, world)
    live = page.locator(LIVE)
    assert live.get_attribute("aria-live") == "polite"
    main = row(page, 2).locator(".row__main")
    expect(main).to_have_accessible_name("Answer 2: to place.")
    main.focus()
    page.keyboard.press("Space")  # as a button, without the keys of this page
    expect(live).to_have_text("Answer 2: rank 1 of 1.")
    expect(main).to_have_accessible_name("Answer 2: rank 1 of 1.")
    press(page, "1 t")
    expect(live).to_have_text("Answer 1: rank 1 of 1, tied.")
    press(page, "2")
    expect(live).to_have_text("Answer 2: picked. rank 1 of 1, tied.")
    press(page, "ArrowUp ArrowUp")
    expect(live).to_have_text("Answer 2: stays. rank 1 of 2.")
    press(page, "Backspace")
    expect(live).to_have_text("Answer 2: to place.")
    assert page.evaluate("() => document.activeElement.dataset.place") == "2"
    names = page.get_by_role("list").evaluate_all("lists => lists.map(l => l.getAttribute('aria-label'))")
    assert {"Your order, best first", "Answers to place", "Unacceptable"} <= set(names)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_in_any_state(
    width: int,
    scheme: str,
    new_page: Any,
    sign_in: SignIn,
    live_site: str,
    axe: Callable[[Page], None],
) -> None:
    world = make_asking(
        [*TEXTS, "five"], top_m=2, asks_strength=True, dimensions=["accuracy"], languages=["ar"]
    )
    page: Page = new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    open_ranking(page, sign_in, world)
    axe(page)
    press(page, "1 2 s 3 b")
    axe(page)
    press(page, "4 u Enter")  # refused: one is not placed
    axe(page)
    press(page, "c")
    axe(page)
    press(page, "l /")
    page.keyboard.type("lake")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    press(page, "1 f")
    axe(page)
    press(page, "Escape r n")
    axe(page)
