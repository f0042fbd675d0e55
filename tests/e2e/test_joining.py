"""What an annotator sees before ranking, in a real browser: offer, warning, texts, qualification, the end."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from annotation.models import Lease, QualificationAnswer, TimeEstimate, WarningAcceptance
from annotation.services.documents import write_document
from annotation.services.projects import pause_project, publish_project
from byhand.accounts.models import User
from tests.annotation.setup_world import SUPPORT, WHY, WRONG, answer, change, items_of, qualify_with
from tests.annotation.world import World, add_annotator, fill, fund, make_draft
from wages.models import Interval, WorkerClock

pytestmark = pytest.mark.browser
SignIn = Callable[..., None]
Check = Callable[[Page], None]
WARNING = "Some answers insult people, and a few describe violence."


def keep_picture(page: Page, name: str) -> None:
    """With SCREENSHOTS set to a folder, the pictures are kept there to be looked at."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.fixture
def world(live_site: str) -> World:
    """An open project with a warning, a qualification of one item and a measured time; nobody has joined."""
    made = make_draft()
    fill(made, 4)
    fund(made)
    change(made, content_warning=WARNING, support_contact=SUPPORT, exposure_ms=7_200_000)
    qualify_with(made, items_of(made)[:1])
    change(made, qualification_retries=1)
    publish_project(actor=made.engineer, project=made.fresh())
    TimeEstimate.objects.create(
        project=made.project, median_ms=75_000, p75_ms=125_000, ballots=24, measured_at=timezone.now()
    )
    return made


def join(page: Page, sign_in: SignIn, world: World) -> User:
    """Come in by the link, agree to the warning, and read both texts."""
    user = add_annotator(world, "joining", ready=False)
    sign_in(page, user)
    page.goto(f"/work/{world.project.pk}/")
    page.get_by_label("I have read the content warning").check()
    page.get_by_role("button", name="Join and read the terms").click()
    for _ in range(2):
        page.get_by_role("button", name="I have read and accept version 1").click()
    return user


def test_everything_is_said_before_anybody_joins(page: Page, sign_in: SignIn, world: World) -> None:
    sign_in(page, add_annotator(world, "looking", ready=False))
    page.goto(f"/work/{world.project.pk}/")
    said = page.locator("main").inner_text()
    for text in (
        "Lake Lab Ltd, KE", "USD 22.20", "1 min 15 s", "2 min 05 s", "USD 0.46 to USD 0.77",
        "Measured on 24 paid rankings", WARNING, SUPPORT, "MB an hour", "a qualification", "120 minutes",
    ):  # fmt: skip
        assert text in said, text


def test_the_warning_is_agreed_to_by_hand_and_kept(page: Page, sign_in: SignIn, world: World) -> None:
    user = add_annotator(world, "joining", ready=False)
    sign_in(page, user)
    page.goto(f"/work/{world.project.pk}/")
    box = page.get_by_label("I have read the content warning")
    assert not box.is_checked()
    page.get_by_role("button", name="Join and read the terms").click()
    assert page.evaluate("document.activeElement.id") == "accept-warning"
    assert WarningAcceptance.objects.count() == 0
    box.check()
    page.get_by_role("button", name="Join and read the terms").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Terms")
    kept = WarningAcceptance.objects.get()
    assert (kept.user_id, kept.warning, kept.support_contact) == (user.pk, WARNING, SUPPORT)


def test_a_new_warning_is_shown_before_the_next_item(page: Page, sign_in: SignIn, world: World) -> None:
    join(page, sign_in, world)
    change(world, content_warning="Now also threats.")
    page.goto(f"/work/{world.project.pk}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Content warning")
    page.get_by_label("I have read the content warning").check()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Qualification")
    assert list(WarningAcceptance.objects.order_by("pk").values_list("warning", flat=True)) == [
        WARNING,
        "Now also threats.",
    ]


def test_a_new_version_shows_what_changed_and_reading_it_is_paid(
    page: Page, sign_in: SignIn, world: World
) -> None:
    user = join(page, sign_in, world)
    page.get_by_role("button", name="Stop", exact=True).click()
    old = world.project.documents.get(kind="guidelines").text
    write_document(
        actor=world.engineer, project=world.project, kind="guidelines",
        text=old.replace("Longer is not better by itself.", "Shorter is better."), change_note="About length.",
    )  # fmt: skip
    page.goto(f"/work/{world.project.pk}/")
    changed = page.get_by_role("region", name="What changed since version 1")
    expect(changed.locator("ins")).to_contain_text("Shorter is better.")
    expect(changed.locator("del")).to_contain_text("Longer is not better by itself.")
    expect(changed).to_contain_text("About length.")
    expect(page.locator(".clock-bar")).to_have_attribute("data-clock-state-value", "running")
    assert WorkerClock.objects.get(worker=user).category == "guidelines"
    page.get_by_role("button", name="I have read and accept version 2").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Qualification")


def test_the_qualification_shows_what_was_expected_and_ends_kindly(
    page: Page, sign_in: SignIn, world: World, axe: Check
) -> None:
    user = join(page, sign_in, world)
    for button in ("Start the qualification", "Try again"):
        page.get_by_role("button", name=button).click()
        page.wait_for_selector(".ranker")
        answer(user, Lease.objects.get(state="live"), WRONG)
        page.goto(f"/work/{world.project.pk}/")
        expect(page.get_by_role("heading", level=1)).to_have_text("What was expected")
        expect(page.get_by_text(WHY)).to_be_visible()
        axe(page)
        page.get_by_role("button", name="I have read this, go on").click()
    expect(page.get_by_text("So this project offers you no more items.")).to_be_visible()
    expect(page.get_by_text(SUPPORT)).to_be_visible()
    axe(page)
    assert Interval.objects.filter(worker=user, category="qualification", rate_card__isnull=True).count() == 0


def test_an_answer_by_keyboard_leads_to_what_was_expected(page: Page, sign_in: SignIn, world: World) -> None:
    join(page, sign_in, world)
    page.get_by_role("button", name="Start the qualification").click()
    page.wait_for_selector(".ranker.is-ready")
    for key in "1234":
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("What was expected")
    page.get_by_role("button", name="I have read this, go on").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).not_to_have_text("What was expected")
    assert QualificationAnswer.objects.count() == 1


def test_all_of_it_works_without_scripts(
    new_page: Callable[..., Page], sign_in: SignIn, world: World
) -> None:
    page = new_page(java_script_enabled=False)
    user = join(page, sign_in, world)
    page.get_by_role("button", name="Start the qualification").click()
    lease = Lease.objects.get(state="live")
    answer(user, lease, WRONG)
    page.goto(f"/work/{world.project.pk}/")
    page.get_by_role("button", name="I have read this, go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Not yet")
    reading = Interval.objects.filter(worker=user, category="guidelines", rate_card__isnull=False)
    assert reading.exists()


@pytest.mark.parametrize("which", ["page", "phone", "dark"])
def test_every_page_before_ranking_stands_and_axe_finds_nothing(
    request: pytest.FixtureRequest, which: str, sign_in: SignIn, world: World, axe: Check
) -> None:
    page: Page = request.getfixturevalue(which)
    user = add_annotator(world, "joining", ready=False)
    sign_in(page, user)
    address = f"/work/{world.project.pk}/"

    def look(name: str) -> None:
        page.goto(address)
        keep_picture(page, f"joining-{which}-{name}")
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), name

    look("join")
    page.get_by_label("I have read the content warning").check()
    page.get_by_role("button", name="Join and read the terms").click()
    look("terms")
    page.get_by_role("button", name="I have read and accept version 1").click()
    page.get_by_role("button", name="I have read and accept version 1").click()
    write_document(
        actor=world.engineer, project=world.project, kind="terms", text="1. One line.\n2. Another.",
        change_note="Much shorter.",
    )  # fmt: skip
    look("changed")
    page.get_by_role("button", name="I have read and accept version 2").click()
    change(world, content_warning="Now also threats.")
    look("warning")
    page.get_by_label("I have read the content warning").check()
    page.get_by_role("button", name="Go on").click()
    look("qualify")
    page.get_by_role("button", name="Start the qualification").click()
    answer(user, Lease.objects.get(state="live"), WRONG)
    look("feedback")
    page.get_by_role("button", name="I have read this, go on").click()
    look("try-again")
    change(world, qualification_retries=0)
    look("not-qualified")
    change(world, qualification_pass_percent=None)
    look("waiting")
    page.get_by_role("button", name="Stop", exact=True).click()
    look("start")
    pause_project(
        actor=world.engineer,
        project=world.project,
        reason="engineer",
        words="We check the guidelines; back on Monday.",
    )
    look("closed")
    page.goto("/work/")
    keep_picture(page, f"joining-{which}-work")
    axe(page)
