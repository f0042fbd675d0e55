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
from wages.models import Beat, Interval, WorkerClock

pytestmark = pytest.mark.browser
TEXTS = [f"Answer of completion {index}. It has a second sentence." for index in range(4)]
SignIn = Callable[..., None]


@pytest.fixture
def world(live_site: str) -> World:
    return make_open(k=4, items=2, overlap=2, texts=TEXTS)


def open_ranking(page: Page, sign_in: SignIn, world: World) -> Lease:
    """Open the page with an item in hand; return its lease."""
    lease = take(world)
    sign_in(page, world.worker)
    page.goto(f"/work/{world.project.pk}/")
    page.wait_for_selector(".ranker.is-ready")
    return lease


def shown(lease: Lease, *places: int) -> list[int]:
    """Return the indexes of the answers that stand at these places of the page."""
    return [lease.shown_order[place - 1] for place in places]


def next_item(page: Page, lease: Lease) -> None:
    """Wait until another item than `lease` is on the page."""
    page.wait_for_function(
        "lease => !document.querySelector('.ranker__form')?.action.includes(lease)", arg=str(lease.pk)
    )


def ballot_of(lease: Lease) -> tuple[list[list[int]], list[int]]:
    ballot = Ballot.objects.get(lease=lease)
    return ballot.groups, ballot.unacceptable


def test_by_keyboard_alone_from_start_to_the_next_item(page: Page, sign_in: SignIn, world: World) -> None:
    sign_in(page, world.worker)
    page.goto(f"/work/{world.project.pk}/")
    page.get_by_role("button", name="Start work").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".ranker.is-ready")
    lease = Lease.objects.get()
    live = page.locator("[data-ranking-target=live]")
    for key in ("2", "1", "3"):
        page.keyboard.press(key)
    expect(live).to_have_text("Answer 3: 3rd of 3.")
    page.keyboard.press("ArrowUp")
    expect(live).to_have_text("Answer 3: 2nd of 3.")
    page.keyboard.press("t")
    expect(live).to_have_text("Answer 3: Best of 2, tied.")
    page.keyboard.press("4")
    page.keyboard.press("u")
    expect(live).to_have_text("Answer 4: Unacceptable. All answers are placed.")
    assert page.evaluate("document.activeElement.dataset.place") == "4"
    page.keyboard.press("Enter")
    next_item(page, lease)
    assert ballot_of(lease) == ([sorted(shown(lease, 2, 3)), shown(lease, 1)], shown(lease, 4))
    assert Interval.objects.get(work_id=str(lease.pk)).earned_micro > 0
    assert Lease.objects.filter(state="live").exclude(pk=lease.pk).count() == 1


def test_submit_is_refused_until_every_answer_is_placed(page: Page, sign_in: SignIn, world: World) -> None:
    open_ranking(page, sign_in, world)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    alert = page.get_by_role("alert")
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
    assert page.locator("[data-ranking-target=unplaced] > li").count() == 4
    assert page.locator("input[name^=rank_]").evaluate_all("inputs => inputs.map(i => i.value)") == [""] * 4


def drag(page: Page, place: int, target: Any) -> None:
    """Drag an answer by its handle with the mouse, in steps as a hand does."""
    handle = page.locator(f"li[data-place='{place}'] [data-handle]").bounding_box()
    goal = target.bounding_box()
    assert handle and goal
    page.mouse.move(handle["x"] + 15, handle["y"] + 15)
    page.mouse.down()
    page.mouse.move(handle["x"] + 40, handle["y"] + 40, steps=4)
    page.mouse.move(goal["x"] + goal["width"] / 2, goal["y"] + goal["height"] - 6, steps=12)
    page.mouse.move(goal["x"] + goal["width"] / 2, goal["y"] + goal["height"] - 4, steps=4)
    page.mouse.up()


def test_by_mouse_answers_are_dragged_by_their_handle(page: Page, sign_in: SignIn, world: World) -> None:
    page.emulate_media(reduced_motion="reduce")  # where a card is does not depend on how far it has slid
    lease = open_ranking(page, sign_in, world)
    ranked = page.locator("[data-ranking-target=ranked]")
    drag(page, 3, page.locator("[data-ranking-target=rankedEmpty]"))
    expect(ranked.locator("> li")).to_have_count(1)
    drag(page, 1, ranked.locator("> li").last)
    expect(ranked.locator("> li")).to_have_count(2)
    for place in (2, 4):
        page.locator(f"li[data-place='{place}']").get_by_role("button", name="Place next").click()
    order = [
        int(place)
        for place in ranked.locator("> li").evaluate_all("cards => cards.map(c => c.dataset.place)")
    ]
    assert set(order[:2]) == {1, 3}
    page.get_by_role("button", name="Submit the ranking").click()
    next_item(page, lease)
    assert ballot_of(lease) == ([[index] for index in shown(lease, *order)], [])


def swipe(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Move one finger from start to end, in steps as a hand does."""
    session = page.context.new_cdp_session(page)
    session.send(
        "Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": start[0], "y": start[1]}]}
    )
    for step in range(1, 17):
        x, y = (start[axis] + (end[axis] - start[axis]) * step / 16 for axis in (0, 1))
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y}]})
        page.wait_for_timeout(20)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_by_touch_at_390_px_scrolling_reorders_nothing(phone: Page, sign_in: SignIn, world: World) -> None:
    lease = open_ranking(phone, sign_in, world)
    before = phone.locator("[data-ranking-target=unplaced] > li").evaluate_all(
        "cards => cards.map(c => c.dataset.place)"
    )
    swipe(phone, (200, 640), (200, 240))  # over the text of the answers
    phone.wait_for_function("window.scrollY > 0")
    after = phone.locator("[data-ranking-target=unplaced] > li").evaluate_all(
        "cards => cards.map(c => c.dataset.place)"
    )
    assert before == after == ["1", "2", "3", "4"]
    for place in (4, 2, 1):
        phone.locator(f"li[data-place='{place}']").get_by_role("button", name="Place next").tap()
    phone.get_by_role("button", name="Tie answer 1 with the one above").tap()
    phone.get_by_role("button", name="Mark answer 3 unacceptable").tap()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_role("button", name="Submit the ranking").tap()
    next_item(phone, lease)
    assert ballot_of(lease) == ([shown(lease, 4), sorted(shown(lease, 1, 2))], shown(lease, 3))


def test_by_touch_an_answer_is_dragged_by_its_handle(phone: Page, sign_in: SignIn, world: World) -> None:
    open_ranking(phone, sign_in, world)
    phone.locator("li[data-place='1']").get_by_role("button", name="Place next").tap()
    phone.locator("li[data-place='2']").get_by_role("button", name="Place next").tap()
    phone.locator("li[data-place='2']").evaluate("card => card.scrollIntoView({block: 'center'})")
    handle = phone.locator("li[data-place='2'] [data-handle]").bounding_box()
    goal = phone.locator("li[data-place='1']").bounding_box()
    assert handle and goal
    swipe(phone, (handle["x"] + 20, handle["y"] + 20), (handle["x"] + 20, goal["y"] + 4))
    ranked = phone.locator("[data-ranking-target=ranked] > li")
    expect(ranked.first).to_have_attribute("data-place", "2")


def test_without_scripts_the_page_is_a_form_of_numbers(new_page: Any, sign_in: SignIn, world: World) -> None:
    page = new_page(java_script_enabled=False)
    lease = take(world)
    sign_in(page, world.worker)
    page.goto(f"/work/{world.project.pk}/")
    one, two, three, four = shown(lease, 1, 2, 3, 4)
    page.fill(f"input[name=rank_{one}]", "2")
    page.fill(f"input[name=rank_{two}]", "2")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text(f"completion {three + 1} is not placed")
    assert page.input_value(f"input[name=rank_{one}]") == "2"
    assert Ballot.objects.count() == 0
    page.fill(f"input[name=rank_{three}]", "1")
    page.check(f"input[name=unacceptable_{four}]")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url(f"**/work/{world.project.pk}/")
    assert ballot_of(lease) == ([[three], sorted([one, two])], [four])


def test_a_note_and_a_skip_are_kept(page: Page, sign_in: SignIn, world: World) -> None:
    lease = open_ranking(page, sign_in, world)
    page.get_by_text("Note (optional)").click()
    page.get_by_label("Note about this ranking").fill("1 and 2 say the same")
    assert page.locator("[data-ranking-target=ranked] > li").count() == 0  # digits in the note place nothing
    page.locator("h2#prompt-heading").click()
    for key in "1234":
        page.keyboard.press(key)
    page.get_by_role("button", name="Submit the ranking").click()
    next_item(page, lease)
    assert BallotNote.objects.get().text == "1 and 2 say the same"
    page.get_by_text("Skip this item (paid)").click()
    page.get_by_label("The prompt is unclear").check()
    page.get_by_role("button", name="Skip", exact=True).click()
    page.get_by_role("heading", name="Nothing to rank right now").wait_for()
    assert Skip.objects.get().reason == "unclear"


def test_a_lost_connection_loses_no_ranking(page: Page, sign_in: SignIn, world: World) -> None:
    lease = open_ranking(page, sign_in, world)
    for key in "1234":
        page.keyboard.press(key)
    page.route("**/submit/**", lambda route: route.abort())
    page.keyboard.press("Enter")
    expect(page.locator("[data-ranking-target=status]")).to_contain_text("Your ranking is kept on this page")
    assert Ballot.objects.count() == 0
    page.unroute("**/submit/**")
    next_item(page, lease)
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
    for key in "12t4u":
        page.keyboard.press(key)
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
