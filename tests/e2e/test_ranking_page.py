"""The ranking page in a real browser: by keyboard alone, by mouse, by touch at 390 px, and without scripts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Acceptance, Ballot, BallotNote, Lease, Skip
from byhand.accounts.models import User
from tests.annotation.world import World, add_annotator, make_open, take
from tests.e2e.ranking_world import (
    LIVE,
    SignIn,
    ballot_of,
    card,
    drag,
    next_item,
    open_ranking,
    press,
    row,
    rows,
    shown,
    stored,
    swipe,
)
from wages.models import Beat, Interval, WorkerClock

pytestmark = pytest.mark.browser
TEXTS = [f"Answer of completion {index}. It has a second sentence." for index in range(4)]


@pytest.fixture
def world(live_site: str) -> World:
    return make_open(k=4, items=2, overlap=2, texts=TEXTS)


def test_by_keyboard_alone_from_start_to_the_next_item(page: Page, sign_in: SignIn, world: World) -> None:
    sign_in(page, world.worker)
    page.goto(f"/work/{world.project.pk}/")
    page.get_by_role("button", name="Start work").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".ranker.is-ready")
    lease = Lease.objects.earliest("taken_at")
    live = page.locator(LIVE)
    press(page, "2 1 3")
    expect(live).to_have_text("Answer 3: rank 3 of 3.")
    page.keyboard.press("ArrowUp")
    expect(live).to_have_text("Answer 3: rank 2 of 3.")
    page.keyboard.press("t")
    expect(live).to_have_text("Answer 3: rank 1 of 2, tied.")
    press(page, "4 u")
    expect(live).to_have_text("Answer 4: unacceptable. All answers are placed.")
    assert page.evaluate("document.activeElement.dataset.place") == "4"
    page.keyboard.press("Enter")
    next_item(page, lease)
    stored(page, lease)
    assert ballot_of(lease) == ([sorted(shown(lease, 2, 3)), shown(lease, 1)], shown(lease, 4))
    assert Interval.objects.get(work_id=str(lease.pk)).earned_micro > 0
    assert Lease.objects.filter(state="live").exclude(pk=lease.pk).count() == 1


def test_submit_is_refused_until_every_answer_is_placed(page: Page, sign_in: SignIn, world: World) -> None:
    open_ranking(page, sign_in, world)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    alert = page.locator(".ranker__problem")
    expect(alert).to_have_text(
        "Place every answer before you submit. Not placed yet: Answer 2, Answer 3, Answer 4."
    )
    assert page.evaluate("document.activeElement.dataset.place") == "2"
    assert Ballot.objects.count() == 0
    for key in "234":
        page.keyboard.press(key)
    expect(alert).to_be_hidden()


def test_nothing_is_filled_in_before_anybody_places_it(page: Page, sign_in: SignIn, world: World) -> None:
    open_ranking(page, sign_in, world)
    assert rows(page, "unplaced") == [1, 2, 3, 4]
    assert page.locator("input[name^=rank_]").evaluate_all("inputs => inputs.map(i => i.value)") == [""] * 4


def test_by_mouse_answers_are_dragged_by_their_handle(page: Page, sign_in: SignIn, world: World) -> None:
    page.emulate_media(reduced_motion="reduce")  # where a row is does not depend on how far it has slid
    lease = open_ranking(page, sign_in, world)
    drag(page, 3, page.locator(".zone--ranked .zone__empty"))
    assert rows(page, "ranked") == [3]
    drag(page, 1, row(page, 3))
    assert rows(page, "ranked") == [3, 1]
    drag(page, 4, page.locator(".zone--unacceptable .zone__empty"))
    assert rows(page, "unacceptable") == [4]
    card(page, 2).get_by_role("button", name="Place next").click()
    page.get_by_role("button", name="Submit the ranking").click()
    next_item(page, lease)
    stored(page, lease)
    assert ballot_of(lease) == ([[index] for index in shown(lease, 3, 1, 2)], shown(lease, 4))


def test_by_mouse_a_click_places_picks_and_orders(page: Page, sign_in: SignIn, world: World) -> None:
    open_ranking(page, sign_in, world)
    for place in (2, 4, 1):
        row(page, place).locator(".row__main").click()
    assert rows(page, "ranked") == [2, 4, 1]
    row(page, 1).get_by_role("button", name="Move answer 1 up").click()
    assert rows(page, "ranked") == [2, 1, 4]
    row(page, 2).locator(".row__main").click()
    row(page, 2).get_by_role("button", name="Take answer 2 back").click()
    assert (rows(page, "ranked"), rows(page, "unplaced")) == ([1, 4], [2, 3])


def test_by_touch_at_390_px_scrolling_reorders_nothing(phone: Page, sign_in: SignIn, live_site: str) -> None:
    lease = open_ranking(
        phone, sign_in, make_open(k=4, items=2, overlap=2, texts=[text * 8 for text in TEXTS])
    )
    phone.get_by_role("button", name="Your order").tap()
    panel = phone.locator(".desk__panel").bounding_box()
    assert panel
    swipe(
        phone, (300, panel["y"] + panel["height"] - 90), (300, panel["y"] + 30)
    )  # over the rows, not the dots
    assert rows(phone, "unplaced") == [1, 2, 3, 4]
    phone.get_by_role("button", name="Your order").tap()
    swipe(phone, (200, 640), (200, 240))  # over the text of the answers
    phone.wait_for_function("() => window.scrollY > 0")
    assert rows(phone, "unplaced") == [1, 2, 3, 4]
    for place in (4, 2, 1):
        card(phone, place).get_by_role("button", name="Place next").tap()
    card(phone, 3).get_by_role("button", name="Mark answer 3 unacceptable").tap()
    phone.get_by_role("button", name="Your order").tap()
    row(phone, 1).locator(".row__main").tap()
    phone.get_by_role("button", name="Tie answer 1 with the one above").tap()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("button", name="Submit the ranking").tap()
    next_item(phone, lease)
    stored(phone, lease)
    assert ballot_of(lease) == ([shown(lease, 4), sorted(shown(lease, 1, 2))], shown(lease, 3))


def test_by_touch_an_answer_is_dragged_by_its_handle(phone: Page, sign_in: SignIn, world: World) -> None:
    phone.emulate_media(reduced_motion="reduce")
    open_ranking(phone, sign_in, world)
    for place in (1, 2, 3):
        card(phone, place).get_by_role("button", name="Place next").tap()
    phone.get_by_role("button", name="Your order").tap()
    handle = row(phone, 3).locator("[data-handle]").bounding_box()
    goal = row(phone, 1).bounding_box()
    assert handle and goal
    swipe(phone, (handle["x"] + 20, handle["y"] + 20), (handle["x"] + 20, goal["y"] + 4))
    assert rows(phone, "ranked") == [3, 1, 2]


def test_with_the_keys_off_no_letter_or_number_acts(page: Page, sign_in: SignIn, world: World) -> None:
    open_ranking(page, sign_in, world)
    page.get_by_label("Keys are on").uncheck()
    press(page, "1 2 t u z")
    assert rows(page, "ranked") == []
    page.reload()
    page.wait_for_selector(".ranker.is-ready")
    press(page, "1")
    assert rows(page, "ranked") == []  # the choice stays
    page.get_by_label("Keys are on").check()
    press(page, "1")
    assert rows(page, "ranked") == [1]


def test_every_act_can_be_undone_and_done_again(page: Page, sign_in: SignIn, world: World) -> None:
    open_ranking(page, sign_in, world)
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_disabled()
    press(page, "1 2 t 3 u")
    assert (rows(page, "ranked"), rows(page, "unacceptable")) == ([1, 2], [3])
    press(page, "z")
    expect(page.locator(LIVE)).to_have_text("Undone. 3 of 4 placed")
    assert rows(page, "ranked") == [1, 2, 3]
    undo.click()  # the placing of answer 3
    undo.click()  # the tie
    expect(card(page, 1).locator("[data-rank]")).to_have_text("1")
    press(page, "Shift+Z Shift+Z Shift+Z")
    expect(card(page, 1).locator("[data-rank]")).to_have_text("1 =")
    assert (rows(page, "ranked"), rows(page, "unacceptable")) == ([1, 2], [3])
    press(page, "z z z z z")
    assert rows(page, "unplaced") == [1, 2, 3, 4]
    expect(undo).to_be_disabled()


def test_without_scripts_the_page_is_a_form_of_numbers(new_page: Any, sign_in: SignIn, world: World) -> None:
    page = new_page(java_script_enabled=False)
    lease = take(world)
    sign_in(page, world.worker)
    page.goto(f"/work/{world.project.pk}/")
    one, two, three, four = shown(lease, 1, 2, 3, 4)
    page.fill(f"input[name=rank_{one}]", "2")
    page.fill(f"input[name=rank_{two}]", "2")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".ranker__problem")).to_contain_text("Answer 3 is not placed yet.")
    expect(page.locator(".ranker__problem")).to_contain_text("Answer 4 is not placed yet.")
    assert page.input_value(f"input[name=rank_{one}]") == "2"
    assert Ballot.objects.count() == 0
    page.fill(f"input[name=rank_{three}]", "1")
    page.check(f"input[name=unacceptable_{four}]")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url(f"**/work/{world.project.pk}/")
    assert ballot_of(lease) == ([[three], sorted([one, two])], [four])


def test_a_note_and_a_skip_are_kept(page: Page, sign_in: SignIn, world: World) -> None:
    lease = open_ranking(page, sign_in, world)
    page.get_by_text("Note", exact=True).click()
    page.get_by_label("Note about this ranking").fill("1 and 2 say the same")
    assert rows(page, "ranked") == []  # digits in the note place nothing
    page.keyboard.press("Escape")
    for key in "1234":
        page.keyboard.press(key)
    page.get_by_role("button", name="Submit the ranking").click()
    next_item(page, lease)
    stored(page, lease)
    assert BallotNote.objects.get().text == "1 and 2 say the same"
    page.get_by_text("Skip (paid)").click()
    page.get_by_label("The prompt is unclear").check()
    page.get_by_role("button", name="Skip", exact=True).click()
    page.get_by_role("heading", name="Nothing to rank right now").wait_for()
    assert Skip.objects.get().reason == "unclear"


def test_a_lost_connection_loses_no_ranking(page: Page, sign_in: SignIn, world: World) -> None:
    lease = open_ranking(page, sign_in, world)
    press(page, "1 2 3 4")
    page.route("**/submit", lambda route: route.abort())
    page.keyboard.press("Enter")
    expect(page.locator(".outbox__steps li").first).to_be_visible()  # "saved here"
    assert Ballot.objects.count() == 0
    page.unroute("**/submit")
    stored(page, lease)
    assert ballot_of(lease) == ([[index] for index in lease.shown_order], [])


def test_reading_starts_the_clock_by_itself_and_beats_are_sent(
    page: Page, sign_in: SignIn, world: World
) -> None:
    fresh = add_annotator(world, "fresh", ready=False)
    sign_in(page, fresh)
    page.goto(f"/work/{world.project.pk}/")
    page.get_by_role("button", name="Join and read the terms").click()
    expect(page.locator("[data-clock-target=state]")).to_have_text("guidelines")
    assert WorkerClock.objects.get(worker=fresh).category == "guidelines"
    page.get_by_role("button", name="I have read and accept version 1").click()
    page.get_by_role("heading", name="Guidelines").wait_for()
    page.get_by_role("button", name="I have read and accept version 1").click()
    page.get_by_role("button", name="Start work").wait_for()
    assert Acceptance.objects.filter(user=fresh).count() == 2
    assert Beat.objects.filter(worker=fresh).exists()


def test_reading_without_scripts_is_paid_from_the_signed_time_of_opening(
    new_page: Any, sign_in: SignIn, world: World
) -> None:
    page = new_page(java_script_enabled=False)
    fresh = add_annotator(world, "fresh", ready=False)
    sign_in(page, fresh)
    page.goto(f"/work/{world.project.pk}/")
    page.get_by_role("button", name="Join and read the terms").click()
    page.wait_for_timeout(300)
    page.get_by_role("button", name="I have read and accept version 1").click()
    page.get_by_role("heading", name="Guidelines").wait_for()
    clock, accepted = WorkerClock.objects.get(worker=fresh), Acceptance.objects.get(user=fresh)
    assert clock.since is not None
    assert (accepted.accepted_at - clock.since).total_seconds() >= 0.3


def test_after_twenty_silent_minutes_the_page_asks_once_and_any_act_answers(
    page: Page, sign_in: SignIn, world: World
) -> None:
    page.clock.install()
    open_ranking(page, sign_in, world)
    told: list[str] = []
    page.on(
        "request", lambda request: told.append(request.post_data or "") if "presence" in request.url else None
    )
    page.clock.fast_forward(19 * 60_000)
    expect(page.get_by_text("Still working?")).to_be_hidden()
    page.clock.fast_forward(61_000)
    expect(page.get_by_text("Still working?")).to_be_visible()
    with page.expect_request(
        lambda request: "answered" in (request.post_data or "")
    ):  # after "asked" was heard
        page.get_by_role("button", name="Yes, still here").click()
    expect(page.get_by_text("Still working?")).to_be_hidden()
    assert [json.loads(body)["state"] for body in told] == ["asked", "answered"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages(
    scheme: str, new_page: Any, sign_in: SignIn, world: World, axe: Callable[[Page], None]
) -> None:
    page = new_page(color_scheme=scheme)
    open_ranking(page, sign_in, world)
    axe(page)
    press(page, "1 2 t 4 u")
    axe(page)
    press(page, "Enter")
    axe(page)
    for path in ("/work/", f"/work/{world.project.pk}/guide/"):
        page.goto(path)
        axe(page)
    visit(new_page(color_scheme=scheme), sign_in, add_annotator(world, "fresh", ready=False), world, axe)
    engineer = new_page(color_scheme=scheme)
    sign_in(engineer, world.engineer)
    for path in (
        "",
        f"{world.project.pk}/",
        f"{world.project.pk}/import/",
        f"{world.project.pk}/terms/",
        "new/",
    ):
        engineer.goto(f"/projects/{path}")
        axe(engineer)


def visit(page: Page, sign_in: SignIn, user: User, world: World, axe: Callable[[Page], None]) -> None:
    sign_in(page, user)
    page.goto(f"/work/{world.project.pk}/")
    axe(page)
    page.get_by_role("button", name="Join and read the terms").click()
    page.get_by_role("heading", name="Terms", exact=True).wait_for()
    axe(page)
