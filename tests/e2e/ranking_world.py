"""What the browser tests of the ranking page share: a project with an item in hand, and hands that act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page

from annotation.models import Ballot, Lease, Project
from annotation.services.projects import publish_project
from tests.annotation.world import World, add_annotator, fill, fund, make_draft, take

SignIn = Callable[..., None]
LIVE = "[data-ranking-target=live]"
STATUS = "[data-ranking-target=status]"


def make_asking(texts: list[str], *, items: int = 2, **asked: Any) -> World:
    """An open project that asks for more than an order: top_m, asks_strength, dimensions, languages."""
    world = make_draft(k=len(texts), overlap=2)
    Project.objects.filter(pk=world.project.pk).update(**asked)
    world.project.refresh_from_db()
    fill(world, items, texts)
    fund(world)
    publish_project(actor=world.engineer, project=world.project)
    add_annotator(world, "worker0")
    return world


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


def press(page: Page, keys: str) -> None:
    """Press keys that are separated by spaces."""
    for key in keys.split():
        page.keyboard.press(key)


def next_item(page: Page, lease: Lease) -> None:
    """Wait until another item than `lease` is on the page, or none."""
    page.wait_for_function(
        "lease => !document.querySelector('.ranker__form')?.action.includes(lease)", arg=str(lease.pk)
    )


def submit(page: Page, lease: Lease) -> Ballot:
    """Press Enter and return the ballot that came of it."""
    page.keyboard.press("Enter")
    next_item(page, lease)
    return stored(page, lease)


def stored(page: Page, lease: Lease) -> Ballot:
    """Return the ballot of a lease as soon as it has arrived."""
    for _ in range(400):
        ballot = Ballot.objects.filter(lease=lease).first()
        if ballot is not None:
            return ballot
        page.wait_for_timeout(50)
    raise AssertionError("no ballot arrived")


def ballot_of(lease: Lease) -> tuple[list[list[int]], list[int]]:
    ballot = Ballot.objects.get(lease=lease)
    return ballot.groups, ballot.unacceptable


def rows(page: Page, zone: str) -> list[int]:
    """Return the places of the answers in a zone of the order: ranked, unplaced, unranked or unacceptable."""
    places = page.locator(f"[data-zone-name={zone}] > .row").evaluate_all(
        "rows => rows.map(row => row.dataset.place)"
    )
    return [int(place) for place in places]


def row(page: Page, place: int) -> Locator:
    return page.locator(f".row[data-place='{place}']")


def card(page: Page, place: int) -> Locator:
    return page.locator(f".answer[data-place='{place}']")


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


def drag(page: Page, place: int, target: Locator) -> None:
    """Drag an answer by its handle with the mouse, in steps as a hand does, to the lower edge of `target`."""
    handle = row(page, place).locator("[data-handle]").bounding_box()
    goal = target.bounding_box()
    assert handle and goal
    page.mouse.move(handle["x"] + 15, handle["y"] + 15)
    page.mouse.down()
    page.mouse.move(handle["x"] + 30, handle["y"] + 25, steps=4)
    page.mouse.move(goal["x"] + goal["width"] / 2, goal["y"] + goal["height"] - 6, steps=12)
    page.mouse.move(goal["x"] + goal["width"] / 2, goal["y"] + goal["height"] - 4, steps=4)
    page.mouse.up()
