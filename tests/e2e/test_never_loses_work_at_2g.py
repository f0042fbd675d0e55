"""A session at 2G speed where every fifth request is lost: nothing ranked is lost or stored twice, no minute unpaid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, Page, expect

from annotation.models import Ballot, Lease
from tests.annotation.world import World, make_open, take
from tests.e2e.bad_link import Link, through
from tests.e2e.conftest import NewPage
from tests.e2e.ranking_world import SignIn, press
from tests.e2e.test_never_loses_work import COUNTED, STATUS, on_screen
from wages.models import Interval, WorkerClock
from wages.services import clock

pytestmark = pytest.mark.browser
TEXTS = [f"Answer of completion {index}. " + "It has many sentences to read. " * 30 for index in range(4)]
ITEMS = 5
TWO_G = "Object.defineProperty(navigator, 'connection', {value: {effectiveType: '2g', saveData: false}})"
LISTEN = """() => {
  const status = document.querySelector('[data-outbox-target=status]');
  window.said = [];
  new MutationObserver(() => window.said.push(status.textContent)).observe(status, {childList: true});
}"""


@pytest.fixture
def world(live_site: str) -> World:
    return make_open(k=4, items=ITEMS, overlap=2, texts=TEXTS)


@pytest.fixture
def link(live_site: str, settings: Any) -> Iterator[Link]:
    with through(Link(live_site)) as slow:
        settings.CSRF_TRUSTED_ORIGINS = [slow.url]
        yield slow


@pytest.fixture
def slow_page(new_page: NewPage, link: Link) -> Page:
    page = new_page(base_url=link.url)
    page.context.set_default_timeout(60_000)
    page.add_init_script(TWO_G)
    return page


def load(page: Page, path: str) -> None:
    """Open a page as a person does: again, where the link has lost it."""
    for _attempt in range(20):
        try:
            page.goto(path)
            page.wait_for_selector(".ranker.is-ready")
            return
        except Error as error:
            if "ERR_EMPTY_RESPONSE" not in str(error) and "ERR_CONNECTION" not in str(error):
                raise
    raise AssertionError("the page never came")


def test_at_2g_with_a_fifth_of_the_requests_lost_every_ballot_is_stored_once_and_every_minute_paid(
    slow_page: Page, sign_in: SignIn, world: World, link: Link
) -> None:
    page = slow_page
    take(world)
    sign_in(page, world.worker)
    load(page, f"/work/{world.project.pk}/")
    page.evaluate(LISTEN)
    answered = []
    for item in range(ITEMS):
        answered.append(on_screen(page))
        press(page, "2 4 1 3")
        page.keyboard.press("Enter")
        if item < ITEMS - 1:
            page.wait_for_function(
                "lease => document.querySelector('.ranker.is-ready:not([hidden] *)')?.dataset.rankingLeaseValue"
                " && document.querySelector('.ranker').dataset.rankingLeaseValue !== lease",
                arg=answered[-1],
            )
    said = page.evaluate("window.said")
    expect(page.get_by_role("heading", name="Nothing to rank right now")).to_be_visible(timeout=120_000)
    expect(page.locator(STATUS)).to_have_text(COUNTED)
    assert any(text.startswith("Saved here.") for text in said)
    assert COUNTED in said
    assert len(set(answered)) == ITEMS
    ballots = Ballot.objects.filter(worker=world.worker)
    assert sorted(str(ballot.lease_id) for ballot in ballots) == sorted(answered)
    for ballot in ballots:
        order = Lease.objects.get(pk=ballot.lease_id).shown_order
        assert ballot.groups == [[order[place - 1]] for place in (2, 4, 1, 3)]
    assert link.lost["before"] > 0
    assert link.lost["after"] > 0
    clock.stop(worker=world.worker)
    intervals = list(Interval.objects.filter(worker=world.worker, period__isnull=False).order_by("period"))
    work = [row for row in intervals if row.category in {"task", "waiting"}]
    assert all(row.rate_card_id for row in intervals)
    assert sum(row.ms for row in work) == (work[-1].period.upper - work[0].period.lower) // timedelta(
        milliseconds=1
    )
    assert {row.work_id for row in work if row.category == "task"} == set(answered)


def test_beats_on_a_slow_link_take_at_most_200_bytes_in_any_minute(
    slow_page: Page, sign_in: SignIn, world: World, link: Link
) -> None:
    page = slow_page
    lease = take(world)
    sign_in(page, world.worker)
    page.clock.install()
    load(page, f"/work/{world.project.pk}/")
    for minute in range(24):
        page.clock.run_for(60_000)
        page.wait_for_timeout(600)
        if minute % 8 == 3:
            press(page, "1 Backspace")
    beats = [(json.loads(body)["elapsed_ms"], len(body)) for body in link.bodies["/clock/beat/"]]
    assert len(beats) >= 18
    for start, _size in beats:
        assert sum(size for moment, size in beats if start <= moment < start + 60_000) <= 200
    assert WorkerClock.objects.get(worker=world.worker).work_id == str(lease.pk)
    assert urlsplit(page.url).port == link.port
