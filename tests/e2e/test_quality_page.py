"""Quality and reviews in a browser: read by the engineer, decided by keyboard alone and on a phone."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.template.defaultfilters import floatformat
from playwright.sync_api import Page, expect

from annotation.models import Adjudication, Lease, QualitySnapshot
from byhand.accounts.models import User
from tests.annotation.rankings import add_reviewer, disagreeing, groups, measure, order, rank_all
from tests.annotation.world import World, make_open

pytestmark = pytest.mark.browser
HOSTILE = "<script>alert('hostile')</script> \u202egnisolc"
TEXTS = [
    HOSTILE,
    "Lisbon is the capital of Portugal.\n\n" + "More words to read here. " * 60,
    "Porto.",
    "No.",
]


@pytest.fixture
def crowd(live_site: str) -> World:
    """Six people with opinions of their own, one who keeps the order shown, on eight items; figures computed."""
    world = make_open(k=4, overlap=6, items=8, annotators=6, texts=TEXTS)
    dice = random.Random(7)

    def say(lease: Lease, worker: User) -> dict[str, Any]:
        if worker == world.annotators[0]:
            return order(*lease.shown_order)
        if dice.random() < 0.2:
            return groups([1], [2], [0], unacceptable=[3])
        return order(1, 2, 0, 3) if dice.random() < 0.7 else order(*dice.sample(range(4), 4))

    rank_all(world, say, seconds=90)
    measure(world)
    return world


@pytest.fixture
def question(live_site: str) -> tuple[World, User]:
    world = make_open(k=4, overlap=2, items=2, annotators=2, texts=TEXTS)
    disagreeing(world)
    measure(world)
    return world, add_reviewer(world)


def shot(page: Page, name: str, tmp_path: Path) -> None:
    page.screenshot(path=str(tmp_path / f"{name}.png"), full_page=True)


def test_the_engineer_reads_figures_with_their_intervals_and_limits(
    page: Page, phone: Page, dark: Page, sign_in: Callable[..., None], axe: Callable[[Page], None], crowd: World,
    tmp_path: Path,
) -> None:  # fmt: skip
    for which, name in ((page, "quality"), (phone, "quality-phone"), (dark, "quality-dark")):
        sign_in(which, crowd.engineer)
        which.goto(f"/projects/{crowd.project.pk}/quality/")
        expect(which.get_by_role("heading", name="Kendall's tau-b")).to_be_visible()
        for summary in which.locator("summary").all():
            summary.click()
        axe(which)
        assert which.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        shot(which, name, tmp_path)
    tau = QualitySnapshot.objects.get().figures["agreement"]["tau_b"]
    expect(page.locator("article", has_text="Kendall's tau-b")).to_contain_text(floatformat(tau["value"], 2))
    expect(page.locator("article", has_text="Kendall's tau-b")).to_contain_text(
        f"{floatformat(tau['low'], 2)} to {floatformat(tau['high'], 2)}"
    )


def test_nobody_is_named_and_no_speed_of_a_person_is_shown(
    page: Page, sign_in: Callable[..., None], crowd: World
) -> None:
    sign_in(page, crowd.engineer)
    page.goto(f"/projects/{crowd.project.pk}/quality/")
    text = page.content()
    people = [
        *crowd.project.participations.values_list("pseudonym", flat=True),
        *(u.email for u in crowd.annotators),
    ]
    assert [who for who in people if who in text] == []


def test_the_page_shows_new_figures_by_itself(
    page: Page, sign_in: Callable[..., None], question: tuple[World, User]
) -> None:
    world, _reviewer = question
    sign_in(page, world.engineer)
    page.clock.install()
    page.goto(f"/projects/{world.project.pk}/quality/")
    first = page.locator("main time").first.get_attribute("datetime")
    measure(world)
    page.clock.run_for(11_000)
    expect(page.locator("main time").first).not_to_have_attribute("datetime", first or "")


def test_a_review_is_decided_with_the_keyboard_alone(
    page: Page,
    sign_in: Callable[..., None],
    axe: Callable[[Page], None],
    question: tuple[World, User],
    tmp_path: Path,
) -> None:
    world, reviewer = question
    sign_in(page, reviewer)
    page.goto(f"/work/{world.project.pk}/review/")
    axe(page)
    page.get_by_role("button", name="Take the next item").press("Enter")
    expect(page.get_by_role("heading", name="The rankings, side by side")).to_be_visible()
    axe(page)
    assert page.locator("input:checked").count() == 0
    assert page.locator("script", has_text="alert").count() == 0
    shot(page, "review", tmp_path)
    page.locator("input[name=decision]").first.focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Another ranking, which I give below")).to_be_checked()
    for number, rank in enumerate(("2", "1", "3"), start=1):
        _tab_to(page, f"rank-{number}")
        page.keyboard.type(rank)
    _tab_to(page, "rank-4")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    _tab_to(page, "reason")
    page.keyboard.type("Answer 2 names the right place.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Stored.")).to_be_visible()
    made = Adjudication.objects.get()
    assert made.answer is not None
    assert (made.decision, made.answer["groups"], made.answer["unacceptable"]) == (
        "ranking",
        [[1], [0], [2]],
        [3],
    )
    assert made.reason.text == "Answer 2 names the right place."


def _tab_to(page: Page, target: str) -> None:
    for _ in range(30):
        if page.evaluate("document.activeElement.id") == target:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} is not reached with the Tab key")


def test_a_refused_decision_keeps_all_that_was_entered(
    page: Page, sign_in: Callable[..., None], axe: Callable[[Page], None], question: tuple[World, User]
) -> None:
    world, reviewer = question
    sign_in(page, reviewer)
    page.goto(f"/work/{world.project.pk}/review/")
    page.get_by_role("button", name="Take the next item").click()
    page.get_by_label("Another ranking, which I give below").check()
    page.get_by_label("Rank of answer 1").fill("1")
    page.get_by_label("Why?").fill("Because it is so.")
    page.get_by_role("button", name="Decide", exact=True).click()
    expect(page.locator("#refused")).to_be_visible()
    expect(page.get_by_label("Rank of answer 1")).to_have_value("1")
    expect(page.get_by_label("Why?")).to_have_value("Because it is so.")
    expect(page.get_by_label("Another ranking, which I give below")).to_be_checked()
    axe(page)
    assert Adjudication.objects.count() == 0


def test_a_review_is_decided_on_a_phone_in_the_dark(
    new_page: Callable[..., Page], sign_in: Callable[..., None], axe: Callable[[Page], None],
    question: tuple[World, User], tmp_path: Path,
) -> None:  # fmt: skip
    world, reviewer = question
    small = new_page(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, color_scheme="dark"
    )
    sign_in(small, reviewer)
    small.goto(f"/work/{world.project.pk}/review/")
    small.get_by_role("button", name="Take the next item").tap()
    expect(small.get_by_role("heading", name="Your decision")).to_be_visible()
    assert small.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    axe(small)
    shot(small, "review-phone", tmp_path)
    small.get_by_label("These answers can't be ranked").tap()
    small.get_by_label("Why?").fill("All of them miss the question.")
    small.get_by_role("button", name="Decide", exact=True).tap()
    expect(small.get_by_text("Stored.")).to_be_visible()
    assert Adjudication.objects.get().decision == "unrankable"


def test_the_engineer_names_a_reviewer_and_reads_the_queue(
    page: Page, phone: Page, sign_in: Callable[..., None], axe: Callable[[Page], None],
    question: tuple[World, User], tmp_path: Path,
) -> None:  # fmt: skip
    world, _reviewer = question
    sign_in(page, world.engineer)
    page.goto(f"/projects/{world.project.pk}/reviews/")
    page.get_by_label("E-mail address of somebody who takes part").fill("stranger@example.org")
    page.get_by_role("button", name="Let them review").click()
    expect(page.get_by_role("alert")).to_contain_text("a reviewer is paid like everybody")
    page.get_by_label("E-mail address of somebody who takes part").fill(world.worker.email)
    page.get_by_role("button", name="Let them review").click()
    expect(page.get_by_text(world.worker.email[:2] + "…@example.org", exact=True)).to_be_visible()
    assert world.worker.email not in page.content()
    expect(page.get_by_role("region", name="Items that wait").get_by_role("row")).to_have_count(3)
    axe(page)
    shot(page, "reviews", tmp_path)
    sign_in(phone, world.engineer)
    phone.goto(f"/projects/{world.project.pk}/reviews/")
    axe(phone)
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
