"""When the server is away, an answer is refused, a browser can't keep anything, or tabs can't agree: words, no loss."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from playwright.sync_api import Dialog, Page, Route, expect

from annotation.models import Ballot, Draft, Project
from tests.annotation.world import World, make_open, take
from tests.e2e.bad_link import Link, through
from tests.e2e.conftest import NewPage
from tests.e2e.ranking_world import SignIn, next_item, open_ranking, press, shown
from tests.e2e.test_never_loses_work import (
    COUNTED,
    SAVED,
    STATUS,
    ballots,
    on_screen,
    order,
    prefetched,
    submit,
)
from wages.models import Interval, WorkerClock

pytestmark = pytest.mark.browser
TEXTS = [f"Answer of completion {index}. It has a second sentence." for index in range(4)]
REFUSED = ".outbox__refused"
NOTICE = "[data-flow-target=notice]"
PROGRESS = "[data-ranking-target=status]"


@pytest.fixture
def world(live_site: str) -> World:
    return make_open(k=4, items=4, overlap=2, texts=TEXTS)


def refuse(route: Route) -> None:
    problem = {
        "code": "invalid_ranking",
        "detail": "Place every answer once.",
        "problems": ["completion 3: twice"],
    }
    route.fulfill(status=422, content_type="application/problem+json", body=json.dumps(problem))


def test_while_the_server_restarts_nothing_is_lost(
    new_page: NewPage, live_site: str, sign_in: SignIn, world: World, settings: Any
) -> None:
    with through(Link(live_site, loss=0, delay=0, bytes_per_second=10**7)) as link:
        settings.CSRF_TRUSTED_ORIGINS = [link.url]
        page = new_page(base_url=link.url)
        lease = open_ranking(page, sign_in, world)
        prefetched(page, world)
        link.loss = 1  # every connection ends without an answer
        order(page, "3 1 2 4")
        submit(page)
        expect(page.locator(STATUS)).to_have_text(
            "Saved here. No connection: 1 answer waits and is sent by itself."
        )
        assert page.locator(".ranker").is_visible()
        link.loss = 0
        expect(page.locator(STATUS)).to_have_text(COUNTED, timeout=20_000)
    stored = Ballot.objects.filter(lease=lease).values_list("groups", flat=True)
    assert list(stored) == [[[index] for index in shown(lease, 3, 1, 2, 4)]]


def test_a_server_that_answers_with_an_error_page_is_asked_again(
    page: Page, sign_in: SignIn, world: World
) -> None:
    open_ranking(page, sign_in, world)
    prefetched(page, world)
    failures: list[str] = []

    def fail_twice(route: Route) -> None:
        if len(failures) == 2:
            return route.continue_()
        failures.append(route.request.url)
        route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway</h1>")

    page.route("**/submit", fail_twice)
    order(page)
    submit(page)
    expect(page.locator(STATUS)).to_have_text(COUNTED, timeout=20_000)
    assert (len(failures), ballots(world)) == (2, 1)


def test_a_refused_answer_is_kept_shown_again_and_mended(page: Page, sign_in: SignIn, world: World) -> None:
    first = open_ranking(page, sign_in, world)
    prefetched(page, world)
    page.route("**/submit", refuse)
    order(page, "4 3 2 1")
    submit(page)
    expect(page.locator(REFUSED)).to_contain_text("An answer could not be taken. It is kept here:")
    expect(page.locator(REFUSED)).to_contain_text("completion 3: twice")
    assert ballots(world) == 0
    page.reload()
    expect(page.locator(REFUSED)).to_contain_text("completion 3: twice")  # kept over a reload too
    page.unroute("**/submit")
    page.get_by_role("button", name="Show it again").click()
    expect(page.locator(PROGRESS)).to_contain_text("4 of 4")
    assert on_screen(page) == str(first.pk)
    expect(page.locator(f"{REFUSED} .notice")).to_have_count(0)
    submit(page)
    expect(page.locator(STATUS)).to_have_text(COUNTED)
    assert Ballot.objects.get().groups == [[index] for index in shown(first, 4, 3, 2, 1)]


def test_a_refused_answer_that_is_still_on_screen_says_why_there(
    page: Page, sign_in: SignIn, world: World
) -> None:
    lease = take(world)
    sign_in(page, world.worker)
    page.route("**/reserve/", lambda route: route.fulfill(status=204))
    page.route("**/submit", refuse)
    page.goto(f"/work/{world.project.pk}/")
    assert on_screen(page) == str(lease.pk)
    order(page)
    submit(page)
    expect(page.locator(".ranker__problem")).to_contain_text("completion 3: twice")
    expect(page.locator(PROGRESS)).to_contain_text("4 of 4")
    page.unroute("**/submit")
    submit(page)
    expect(page.locator(STATUS)).to_have_text(COUNTED)
    assert ballots(world) == 1


def test_only_what_is_not_even_kept_here_makes_the_page_ask_before_it_closes(
    page: Page, sign_in: SignIn, world: World
) -> None:
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.add_init_script(
        "if (sessionStorage.full) IDBFactory.prototype.open = () => { throw new Error('closed'); }"
    )
    open_ranking(page, sign_in, world)
    prefetched(page, world)
    page.route("**/submit", lambda route: route.abort())
    order(page)
    submit(page)
    expect(page.locator(STATUS)).to_contain_text("Saved here.")
    page.goto("/work/")
    assert asked == []
    page.evaluate("sessionStorage.full = '1'")
    page.goto(f"/work/{world.project.pk}/")
    on_screen(page)
    order(page)
    submit(page)
    expect(page.locator(STATUS)).to_have_text(
        "Not saved yet: this browser can't keep it. Leave this page open until it is sent."
    )
    page.goto("/work/")
    assert asked == ["beforeunload"]


def test_a_closed_project_takes_what_was_in_hand(page: Page, sign_in: SignIn, world: World) -> None:
    lease = take(world)
    sign_in(page, world.worker)
    page.route("**/reserve/", lambda route: route.fulfill(status=204))
    page.goto(f"/work/{world.project.pk}/")
    on_screen(page)
    Project.objects.filter(pk=world.project.pk).update(state="closed")
    order(page)
    submit(page)
    expect(page.locator(STATUS)).to_have_text(COUNTED)
    next_item(page, lease)
    assert Ballot.objects.filter(lease=lease).exists()


def test_signed_out_while_ranking_says_so_and_keeps_the_draft_here(
    page: Page, sign_in: SignIn, world: World
) -> None:
    open_ranking(page, sign_in, world)
    prefetched(page, world)
    page.context.clear_cookies(name=django_settings.SESSION_COOKIE_NAME)
    press(page, "2 1")
    expect(page.locator(NOTICE)).to_contain_text(
        "You are signed out. What you do here is saved on this device."
    )
    expect(page.locator(SAVED)).to_have_text("Saved on this device.")
    assert not Draft.objects.exists()
    sign_in(page, world.worker)
    page.reload()
    expect(page.locator(PROGRESS)).to_contain_text("2 of 4")
    expect(page.locator(SAVED)).to_have_text("Saved on this device and on the server.")
    assert Draft.objects.count() == 1


def test_a_change_in_one_tab_is_shown_in_the_other(page: Page, sign_in: SignIn, world: World) -> None:
    open_ranking(page, sign_in, world)
    prefetched(page, world)
    other = page.context.new_page()
    other.goto(page.url)
    on_screen(other)
    press(page, "3 1")
    expect(other.locator(NOTICE)).to_contain_text("changed in another tab or on another device")
    expect(other.locator(PROGRESS)).to_contain_text("2 of 4")


def test_an_answer_given_in_one_tab_is_told_in_the_other_and_moves_nothing_there(
    page: Page, sign_in: SignIn, world: World
) -> None:
    lease = open_ranking(page, sign_in, world)
    prefetched(page, world)
    other = page.context.new_page()
    other.goto(page.url)
    on_screen(other)
    press(page, "2")
    order(other)
    submit(other)
    expect(other.locator(STATUS)).to_have_text(COUNTED)
    expect(page.locator(NOTICE)).to_contain_text("You have answered this item in another tab.")
    assert on_screen(page) == str(lease.pk)
    page.get_by_role("button", name="Go to the next item").click()
    next_item(page, lease)
    assert ballots(world) == 1


def test_tabs_that_can_not_agree_send_twice_and_it_counts_once(
    page: Page, sign_in: SignIn, world: World
) -> None:
    """The negative control of the lock between tabs: without it the key alone keeps the ballot single."""
    page.context.add_init_script("delete Navigator.prototype.locks")
    open_ranking(page, sign_in, world)
    prefetched(page, world)
    page.context.route("**/submit", lambda route: route.abort())
    order(page)
    submit(page)
    expect(page.locator(STATUS)).to_contain_text("Saved here.")
    other = page.context.new_page()
    other.goto("/work/")
    expect(other.locator(STATUS)).to_contain_text("Saved here.")
    held: list[Route] = []
    page.context.unroute("**/submit")
    page.context.route("**/submit", lambda route: held.append(route))
    for tab in (page, other):
        tab.evaluate("window.dispatchEvent(new Event('online'))")
    while len(held) < 2:
        page.wait_for_timeout(50)
    keys = {json.loads(route.request.post_data or "")["key"] for route in held}
    for route in held:
        route.continue_()
    for tab in (page, other):
        expect(tab.locator(STATUS)).to_have_text(COUNTED)
    assert (len(keys), ballots(world)) == (1, 1)


def test_stop_without_a_connection_is_kept_and_takes_effect_when_it_was_pressed(
    page: Page, sign_in: SignIn, world: World
) -> None:
    open_ranking(page, sign_in, world)
    prefetched(page, world)
    page.context.set_offline(True)
    page.get_by_role("banner").get_by_role("button", name="Stop").click()
    expect(page.locator("[data-clock-target=says]")).to_contain_text("Kept with the time when you pressed it")
    expect(page.locator("[data-clock-target=state]")).to_have_text("stopped")
    assert page.locator(".ranker").is_visible()
    running = WorkerClock.objects.get(worker=world.worker)
    assert (running.category, running.since is not None) == ("task", True)
    pressed = timezone.now()
    page.wait_for_timeout(1500)
    page.context.set_offline(False)
    expect(page.locator(STATUS)).to_contain_text("Your clock is as you set it")
    stopped = WorkerClock.objects.get(worker=world.worker)
    assert stopped.category == "" and stopped.since is not None
    assert stopped.since <= pressed + timedelta(seconds=1)
    assert (
        Interval.objects.filter(worker=world.worker, category="task").latest("id").period.upper
        == stopped.since
    )


def test_waiting_without_a_connection_goes_on_by_itself(page: Page, sign_in: SignIn, live_site: str) -> None:
    world = make_open(k=4, items=1, texts=TEXTS)
    page.clock.install()
    open_ranking(page, sign_in, world)
    order(page)
    submit(page)
    expect(page.get_by_role("heading", name="Nothing to rank right now")).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.clock.run_for(31_000)
    expect(page.locator("#waiting-status")).to_have_text(
        "No connection. We go on looking; you need not do anything."
    )
    expect(page.get_by_role("heading", name="Nothing to rank right now")).to_be_visible()
