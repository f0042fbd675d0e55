"""An annotator looks back at a ranking and changes it, with and without scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from annotation.models import Ballot
from tests.annotation.world import World
from tests.e2e.ranking_world import SignIn, make_asking, open_ranking, press, rows, shown, submit

pytestmark = pytest.mark.browser
TEXTS = [f"Answer of completion {index}. It has a second sentence." for index in range(4)]


@pytest.fixture
def world(live_site: str) -> World:
    return make_asking(TEXTS, asks_strength=True, dimensions=["accuracy"])


def test_a_ranking_is_opened_as_it_stands_and_changed(
    page: Page, sign_in: SignIn, world: World, axe: Callable[[Page], None]
) -> None:
    lease = open_ranking(page, sign_in, world)
    press(page, "3 1 t 2 s 4 u")
    first = submit(page, lease)
    page.get_by_role("link", name="Your rankings in this project").click()
    axe(page)
    page.get_by_role("link", name="Change this ranking").click()
    page.wait_for_selector(".ranker.is-ready")
    assert (rows(page, "ranked"), rows(page, "unacceptable")) == ([1, 3, 2], [4])
    axe(page)
    press(page, "4 u 4")  # taken back, then placed last
    page.keyboard.press("Enter")
    page.get_by_text("Your ranking is changed.").wait_for()
    second = Ballot.objects.get(supersedes=first)
    assert second.groups == [sorted(shown(lease, 3, 1)), shown(lease, 2), shown(lease, 4)]
    assert second.strengths == ["slight", None]
    assert second.unacceptable == []
