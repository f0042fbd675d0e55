"""What the browser tests of an annotator's whole way share: hands of two kinds, and the steps that both take."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Protocol

from django.db.models import QuerySet
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from annotation.models import Acceptance, Lease, Participation, QualificationResult, Skip, WarningAcceptance
from annotation.services.projects import publish_project
from byhand.accounts.models import User
from byhand.accounts.services import invite
from tests.annotation.setup_world import SUPPORT, change, items_of, qualify_with
from tests.annotation.world import World, fill, fund, make_draft, take
from tests.e2e.ranking_world import card, next_item
from wages.models import Interval, WorkerClock
from wages.services import clock

WARNING = "Some answers insult people."
PASSWORD = "a long passphrase of no meaning"
TEXTS = [f"Answer of completion {index}. It has a second sentence." for index in range(4)]


def make_offer() -> World:
    """Return an open project with a content warning and a qualification of one item; nobody has joined."""
    world = make_draft()
    fill(world, 6, TEXTS)
    fund(world)
    change(world, content_warning=WARNING, support_contact=SUPPORT)
    qualify_with(world, items_of(world)[:1])
    publish_project(actor=world.engineer, project=world.fresh())
    return world


def invitation(world: World) -> str:
    """Return a link that makes an account and leads into the project."""
    _, url = invite(
        actor=world.engineer, organisation=world.organisation, role="annotator", project=world.project.pk
    )
    return url


def leave_a_gap(worker: User, world: World) -> Interval:
    """Let somebody fall silent while ranking: whether they worked, only they can say."""
    take(world, worker)
    clock.stop(worker=worker, at=timezone.now() + timedelta(minutes=40))
    return Interval.objects.get(worker=worker, category="unknown")


class Hands(Protocol):
    """A way to use a page."""

    page: Page

    def act(self, target: Locator) -> None: ...
    def tick(self, target: Locator) -> None: ...
    def write(self, target: Locator, text: str) -> None: ...
    def rank(self, order: list[int], unacceptable: list[int]) -> None: ...


class Keyboard:
    """Tab, Enter, Space and letters; never a pointer."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, target: Locator) -> None:
        """Press Tab until the focus is on `target`."""
        target.wait_for()
        for _step in range(200):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the Tab key does not reach {target}")

    def act(self, target: Locator) -> None:
        self.reach(target)
        self.page.keyboard.press("Enter")

    def tick(self, target: Locator) -> None:
        self.reach(target)
        self.page.keyboard.press("Space")

    def write(self, target: Locator, text: str) -> None:
        self.reach(target)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def rank(self, order: list[int], unacceptable: list[int]) -> None:
        for place in order:
            self.page.keyboard.press(str(place))
        for place in unacceptable:
            self.page.keyboard.press(str(place))
            self.page.keyboard.press("u")
        self.page.keyboard.press("Enter")


class Touch:
    """One finger, and the keys of the phone in fields."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def act(self, target: Locator) -> None:
        target.tap()

    tick = act

    def write(self, target: Locator, text: str) -> None:
        target.tap()
        target.fill(text)

    def rank(self, order: list[int], unacceptable: list[int]) -> None:
        for place in order:
            card(self.page, place).get_by_role("button", name="Place next").tap()
        for place in unacceptable:
            card(self.page, place).get_by_role("button", name=f"Mark answer {place} unacceptable").tap()
        self.page.get_by_role("button", name="Submit the ranking").tap()


def button(hands: Hands, name: str) -> None:
    hands.act(hands.page.get_by_role("main").get_by_role("button", name=name, exact=True))


def come_in(hands: Hands, world: World) -> User:
    """From the link to the first item: account, warning, both texts, and a qualification that is passed."""
    page = hands.page
    page.goto(invitation(world))
    hands.write(page.get_by_label("E-mail address"), "new@example.org")
    hands.write(page.get_by_label("Password"), PASSWORD)
    button(hands, "Make my account")
    hands.act(page.get_by_role("link", name="Open Capitals"))
    user = User.objects.get(email="new@example.org")
    assert not WarningAcceptance.objects.exists()
    hands.tick(page.get_by_label("I have read the content warning"))
    button(hands, "Join and read the terms")
    expect(page.get_by_role("heading", level=1)).to_have_text("Terms")
    assert Participation.objects.filter(user=user).exists()
    assert WarningAcceptance.objects.get().warning == WARNING
    button(hands, "I have read and accept version 1")
    expect(page.get_by_role("heading", level=1)).to_have_text("Guidelines")
    button(hands, "I have read and accept version 1")
    expect(page.get_by_role("heading", level=1)).to_have_text("Qualification")
    assert Acceptance.objects.filter(user=user).count() == 2
    qualify(hands, user)
    return user


def qualify(hands: Hands, user: User) -> None:
    """Rank the item whose answer is known, read what was expected, and go on to the first real item."""
    page = hands.page
    button(hands, "Start the qualification")
    page.wait_for_selector(".ranker.is-ready")
    shown = Lease.objects.get(worker=user).shown_order
    hands.rank([shown.index(index) + 1 for index in (0, 1, 2)], [shown.index(3) + 1])
    expect(page.get_by_role("heading", level=1)).to_have_text("What was expected")
    expect(page.get_by_text("3 of 3 points.")).to_be_visible()
    button(hands, "I have read this, go on")
    page.wait_for_selector(".ranker.is-ready")
    assert QualificationResult.objects.get().passed


def on_screen(page: Page) -> Lease:
    """Return the lease that the page shows; the next one may be held in advance."""
    return Lease.objects.get(pk=str(page.locator(".ranker").get_attribute("data-ranking-lease-value")))


def skip(hands: Hands) -> None:
    """Skip the item on screen, with a reason."""
    page, lease = hands.page, on_screen(hands.page)
    hands.act(page.locator("summary", has_text="Skip (paid)"))
    hands.tick(page.locator(f"#rank-{lease.pk} [name=reason]").first)
    hands.act(page.get_by_role("button", name="Skip", exact=True))
    next_item(page, lease)
    page.wait_for_selector(".ranker.is-ready")
    arrived(page, Skip.objects.filter(lease=lease))


def arrived(page: Page, rows: QuerySet[Any]) -> None:
    """Wait until what the page sends by itself is stored."""
    for _wait in range(200):
        if rows.exists():
            return
        page.wait_for_timeout(50)
    raise AssertionError("nothing arrived")


def pause_and_stop(hands: Hands, user: User) -> None:
    """Take a break, come back, stop, and start again."""
    page, bar = hands.page, hands.page.get_by_role("banner")
    hands.act(bar.get_by_role("button", name="Break"))
    expect(page.get_by_role("heading", level=1)).to_have_text("You are on a break")
    assert category(user) == "break"
    button(hands, "Back to work")
    page.wait_for_selector(".ranker.is-ready")
    assert category(user) == "task"
    hands.act(bar.get_by_role("button", name="Stop"))
    page.get_by_role("button", name="Start work").wait_for()
    assert not category(user)
    button(hands, "Start work")
    page.wait_for_selector(".ranker.is-ready")
    assert category(user) == "task"


def category(user: User) -> str | None:
    return WorkerClock.objects.get(worker=user).category


def answer_the_gap(hands: Hands, gap: Interval) -> None:
    """Say on the page of earnings that some minutes of a silent stretch were work."""
    page = hands.page
    page.goto("/earnings/")
    hands.write(page.get_by_label("Or so many minutes"), "12")
    hands.act(page.get_by_role("button", name="That many minutes"))
    expect(page.get_by_role("heading", name="Were you working?")).to_have_count(0)
    word = Interval.objects.get(resolves=gap)
    assert (word.ms, word.earned_micro > 0) == (720_000, True)
