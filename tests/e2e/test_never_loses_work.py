"""What a person ranked is kept through reloads, lost connections, ended sessions and second tabs, and counted once."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Page, expect

from annotation.models import Ballot, Draft, Lease, Project
from annotation.services.drafts import save_draft
from tests.annotation.world import World, add_annotator, make_open
from tests.e2e.ranking_world import SignIn, ballot_of, next_item, open_ranking, press, shown
from wages.models import Interval, WorkerClock

pytestmark = pytest.mark.browser
TEXTS = [f"Answer of completion {index}. It has a second sentence." for index in range(4)]
STATUS = "[data-outbox-target=status]"
SAVED = "[data-flow-target=saved]"
COUNTED = "Sent. Your ranking is counted."


@pytest.fixture
def world(live_site: str) -> World:
    return make_open(k=4, items=4, overlap=2, texts=TEXTS)


def order(page: Page, keys: str = "1 2 3 4") -> None:
    press(page, keys)


def submit(page: Page) -> None:
    page.keyboard.press("Enter")


def on_screen(page: Page) -> str:
    page.wait_for_selector(".ranker.is-ready")
    return str(page.locator(".ranker").get_attribute("data-ranking-lease-value"))


def prefetched(page: Page, world: World, leases: int = 2) -> None:
    """Wait until the next item is held in advance and its fragment is here."""
    page.wait_for_load_state("networkidle")
    assert Lease.objects.filter(worker=world.worker, project=world.project).count() == leases


def ballots(world: World) -> int:
    return Ballot.objects.filter(item__project=world.project).count()


def test_the_next_item_stands_there_at_once_and_the_last_is_counted(
    page: Page, sign_in: SignIn, world: World
) -> None:
    first = open_ranking(page, sign_in, world)
    prefetched(page, world)
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    order(page)
    submit(page)
    expect(page.locator(STATUS)).to_have_text(COUNTED)
    assert on_screen(page) != str(first.pk)
    assert loads == []  # swapped in place
    assert page.evaluate("document.activeElement.matches('[data-ranking-target~=start]')")
    assert page.evaluate("window.scrollY") == 0
    assert ballot_of(first) == ([[index] for index in shown(first, 1, 2, 3, 4)], [])
    second = Lease.objects.get(pk=on_screen(page))
    clock = WorkerClock.objects.get(worker=world.worker)
    assert clock.work_id == str(second.pk)
    assert not Interval.objects.filter(worker=world.worker, category="waiting", ms__gt=2000).exists()
    paid = Interval.objects.get(work_id=str(first.pk))
    assert paid.period.upper == clock.since  # no time between the two items


def test_back_leads_out_of_the_ranking_not_through_it(page: Page, sign_in: SignIn, world: World) -> None:
    sign_in(page, world.worker)
    page.goto("/work/")
    first = open_ranking(page, sign_in, world)
    prefetched(page, world)
    order(page)
    submit(page)
    next_item(page, first)
    page.go_back()
    page.wait_for_url("**/work/")
    page.go_forward()
    assert on_screen(page) != str(first.pk)


def test_a_draft_is_kept_here_at_once_and_on_the_server_soon(
    page: Page, sign_in: SignIn, world: World
) -> None:
    lease = open_ranking(page, sign_in, world)
    press(page, "3 1 t")
    expect(page.locator(SAVED)).to_have_text("Saved on this device and on the server.")
    draft = Draft.objects.get(lease=lease)
    assert draft.content["groups"] == [sorted(shown(lease, 3, 1))] or draft.content["groups"] == [
        shown(lease, 3, 1)
    ]
    page.reload()
    on_screen(page)
    expect(page.locator("[data-ranking-target=status]")).to_contain_text("2 of 4")


def test_another_device_goes_on_where_the_first_left_off(
    page: Page, phone: Page, sign_in: SignIn, world: World
) -> None:
    lease = open_ranking(page, sign_in, world)
    press(page, "3 1")
    expect(page.locator(SAVED)).to_have_text("Saved on this device and on the server.")
    sign_in(phone, world.worker)
    phone.goto(f"/work/{world.project.pk}/")
    assert on_screen(phone) == str(lease.pk)
    expect(phone.locator("[data-ranking-target=status]")).to_contain_text("2 of 4")


def test_of_two_tabs_the_second_is_told_of_the_newer_draft_and_may_keep_its_own(
    page: Page, sign_in: SignIn, world: World
) -> None:
    lease = open_ranking(page, sign_in, world)
    save_draft(
        worker=world.worker, lease_id=lease.pk, content={"groups": [[0]], "note": "elsewhere"}, revision=1
    )
    press(page, "3 1")
    notice = page.locator("[data-flow-target=notice]")
    expect(notice).to_contain_text("changed in another tab or on another device")
    expect(page.locator("[data-ranking-target=status]")).to_contain_text("1 of 4")
    assert Draft.objects.get().content["note"] == "elsewhere"
    page.get_by_role("button", name="Use what stood here instead").click()
    expect(notice).to_be_hidden()
    expect(page.locator("[data-ranking-target=status]")).to_contain_text("2 of 4")
    expect(page.locator(SAVED)).to_have_text("Saved on this device and on the server.")
    assert Draft.objects.get().content["groups"] == [[index] for index in shown(lease, 3, 1)]


def test_without_a_connection_answers_wait_here_and_go_when_it_is_back(
    page: Page, sign_in: SignIn, world: World
) -> None:
    first = open_ranking(page, sign_in, world)
    prefetched(page, world)
    page.context.set_offline(True)
    order(page)
    submit(page)
    expect(page.locator(STATUS)).to_have_text(
        "Saved here. No connection: 1 answer waits and is sent by itself."
    )
    second = on_screen(page)
    assert second != str(first.pk)
    order(page, "4 3 2 1")
    submit(page)
    expect(page.locator(STATUS)).to_have_text(
        "Saved here. No connection: 2 answers wait and are sent by themselves."
    )
    expect(page.get_by_role("heading", name="Your answer is saved on this device")).to_be_visible()
    assert ballots(world) == 0
    page.context.set_offline(False)
    expect(page.locator(STATUS)).to_have_text(COUNTED, timeout=20_000)
    page.wait_for_selector(".ranker.is-ready")
    assert ballots(world) == 2
    assert ballot_of(Lease.objects.get(pk=second))[0] == [
        [index] for index in shown(Lease.objects.get(pk=second), 4, 3, 2, 1)
    ]


def test_an_answer_survives_a_closed_page_and_is_sent_by_the_next_one(
    page: Page, sign_in: SignIn, world: World
) -> None:
    lease = open_ranking(page, sign_in, world)
    prefetched(page, world)
    context = page.context
    context.route("**/submit", lambda route: route.abort())
    order(page)
    submit(page)
    expect(page.locator(STATUS)).to_contain_text("Saved here.")
    page.close()
    assert ballots(world) == 0
    context.unroute("**/submit")
    again = context.new_page()
    again.goto("/work/")
    expect(again.locator(STATUS)).to_have_text(COUNTED)
    assert ballot_of(lease)[0] == [[index] for index in shown(lease, 1, 2, 3, 4)]


def test_the_answer_lost_on_its_way_back_is_one_ballot(page: Page, sign_in: SignIn, world: World) -> None:
    open_ranking(page, sign_in, world)
    prefetched(page, world)
    lost: list[Any] = []

    def take_and_lose(route: Any) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch())
            route.abort()

    page.route("**/submit", take_and_lose)
    order(page)
    submit(page)
    expect(page.locator(STATUS)).to_have_text(COUNTED)
    assert len(lost) == 1
    assert ballots(world) == 1


def test_a_sign_out_keeps_everything_and_the_same_person_sends_it_after_signing_in(
    page: Page, sign_in: SignIn, world: World
) -> None:
    lease = open_ranking(page, sign_in, world)
    prefetched(page, world)
    page.context.clear_cookies()
    order(page)
    submit(page)
    expect(page.locator(STATUS)).to_have_text(
        "Saved here. You are signed out: 1 answer waits. Sign in and it is sent."
    )
    assert ballots(world) == 0
    page.get_by_role("link", name="Sign in and send").click()
    page.get_by_role("heading", name="Sign in").wait_for()
    assert page.url.endswith(f"/accounts/login/?next=%2Fwork%2F{world.project.pk}%2F")
    sign_in(page, world.worker)
    page.goto(f"/work/{world.project.pk}/")
    expect(page.locator(STATUS)).to_have_text(COUNTED)
    assert ballot_of(lease)[0] == [[index] for index in shown(lease, 1, 2, 3, 4)]


def test_another_person_in_the_same_browser_neither_sends_nor_sees_it(
    page: Page, sign_in: SignIn, world: World
) -> None:
    lease = open_ranking(page, sign_in, world)
    prefetched(page, world)
    page.context.clear_cookies()
    order(page)
    submit(page)
    expect(page.locator(STATUS)).to_contain_text("You are signed out")
    other = add_annotator(world, "other")
    sign_in(page, other)
    page.goto("/work/")
    expect(page.locator("[data-outbox-target=others]")).to_have_text(
        "1 answer of another person is kept in this browser until they sign in."
    )
    page.wait_for_load_state("networkidle")
    assert ballots(world) == 0
    sign_in(page, world.worker)
    page.goto("/work/")
    expect(page.locator(STATUS)).to_have_text(COUNTED)
    assert Ballot.objects.get().lease_id == lease.pk


def test_a_new_sign_in_in_another_tab_needs_no_reload(page: Page, sign_in: SignIn, world: World) -> None:
    open_ranking(page, sign_in, world)
    prefetched(page, world)
    page.context.clear_cookies(name=django_settings.CSRF_COOKIE_NAME)
    order(page)
    submit(page)
    expect(page.locator(STATUS)).to_have_text(COUNTED)
    assert ballots(world) == 1


def test_two_tabs_with_the_same_waiting_answer_count_once(page: Page, sign_in: SignIn, world: World) -> None:
    open_ranking(page, sign_in, world)
    prefetched(page, world)
    context = page.context
    context.route("**/submit", lambda route: route.abort())
    order(page)
    submit(page)
    expect(page.locator(STATUS)).to_contain_text("Saved here.")
    other = context.new_page()
    other.goto("/work/")
    expect(other.locator(STATUS)).to_contain_text("Saved here.")
    taken: list[str] = []
    context.on("requestfinished", lambda request: taken.append(request.url))  # an aborted one never finishes
    context.unroute("**/submit")
    for tab in (page, other):
        tab.evaluate("window.dispatchEvent(new Event('online'))")
    for tab in (page, other):
        expect(tab.locator(STATUS)).to_have_text(COUNTED)
    page.wait_for_load_state("networkidle")
    assert len([url for url in taken if url.endswith("/submit")]) == 1
    assert ballots(world) == 1


def test_an_item_answered_in_another_tab_is_explained_and_leads_on(
    page: Page, sign_in: SignIn, world: World
) -> None:
    lease = open_ranking(page, sign_in, world)
    prefetched(page, world)
    other = page.context.new_page()
    other.goto(page.url)
    on_screen(other)
    order(other)
    submit(other)
    expect(other.locator(STATUS)).to_have_text(COUNTED)
    order(page, "4 3 2 1")
    submit(page)
    expect(page.locator(".outbox__refused")).to_contain_text(
        "An answer was not needed. Your time for it is paid."
    )
    expect(page.locator(".outbox__refused")).to_contain_text("your first answer stands")
    next_item(page, lease)
    assert ballot_of(lease)[0] == [[index] for index in shown(lease, 1, 2, 3, 4)]
    page.get_by_role("button", name="Remove it from here").click()
    expect(page.locator(".outbox__refused .notice")).to_have_count(0)


def test_an_item_that_ended_meanwhile_is_still_taken(page: Page, sign_in: SignIn, world: World) -> None:
    lease = open_ranking(page, sign_in, world)
    prefetched(page, world)
    Lease.objects.filter(pk=lease.pk).update(state="expired", ended_at=lease.expires_at)
    type(lease.item).objects.filter(pk=lease.item_id).update(live_leases=0)
    press(page, "1 2 3")
    expect(page.locator("[data-flow-target=notice]")).to_contain_text("offered to others too")
    press(page, "4")
    submit(page)
    expect(page.locator(STATUS)).to_have_text(COUNTED)
    assert ballots(world) == 1


def test_a_project_that_pauses_lets_the_item_in_hand_be_finished(
    page: Page, sign_in: SignIn, world: World
) -> None:
    lease = open_ranking(page, sign_in, world)
    prefetched(page, world)
    order(page)
    submit(page)
    next_item(page, lease)
    page.wait_for_load_state("networkidle")
    Project.objects.filter(pk=world.project.pk).update(state="paused", paused_reason="engineer")
    answered = 1
    while page.locator(".ranker").count():
        current = Lease.objects.get(pk=on_screen(page))
        order(page)
        submit(page)
        page.wait_for_function(
            "lease => !document.querySelector('.ranker')?.outerHTML.includes(lease)", arg=str(current.pk)
        )
        page.wait_for_load_state("networkidle")
        answered += 1
    page.get_by_text("This project offers no work now").wait_for()
    expect(page.locator(STATUS)).to_have_text(COUNTED)
    assert ballots(world) == answered >= 2
    assert not Lease.objects.filter(state="live").exists()


def test_a_skip_without_a_connection_waits_too(page: Page, sign_in: SignIn, world: World) -> None:
    lease = open_ranking(page, sign_in, world)
    prefetched(page, world)
    page.context.set_offline(True)
    page.locator("summary", has_text="Skip").click()
    page.get_by_label("The prompt is unclear").check()
    page.get_by_role("button", name="Skip", exact=True).click()
    expect(page.locator(STATUS)).to_contain_text("Saved here. No connection")
    next_item(page, lease)
    page.context.set_offline(False)
    expect(page.locator(STATUS)).to_have_text("Sent. Your skip is counted, and paid.", timeout=20_000)
    lease.refresh_from_db()
    assert lease.state == "skipped"
