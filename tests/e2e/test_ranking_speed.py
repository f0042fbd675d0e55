"""How fast and how light the ranking page is: nine answers of 4,000 words, and what is sent before anybody ranks."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response

from tests.annotation.world import World
from tests.e2e.ranking_world import SignIn, card, make_asking, open_ranking, press, row, rows

pytestmark = pytest.mark.browser
WORDS = [
    "the",
    "lake",
    "is",
    "wide",
    "and",
    "calm",
    "its",
    "town",
    "trades",
    "in",
    "fish",
    "salt",
    "rope",
    "books",
]
LONG = [" ".join(WORDS[(n * (index + 3)) % len(WORDS)] for n in range(4000)) for index in range(9)]
LIMIT_MS = 100
TRIES = 4
WATCH = """() => {
  window.slowest = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.interactionId) window.slowest = Math.max(entry.duration, window.slowest);
    }
  }).observe({type: "event", durationThreshold: 16});
}"""
TAKE = """() => new Promise((done) => setTimeout(() => { done(window.slowest); window.slowest = 0; }, 150))"""


@pytest.fixture
def long(live_site: str) -> World:
    return make_asking(LONG, asks_strength=True, dimensions=["accuracy", "clarity"])


def search(page: Page) -> None:
    press(page, "/")
    page.keyboard.type("salt", delay=30)
    press(page, "Enter Enter Escape Escape")


ACTS: dict[str, Callable[[Page], None]] = {
    "place": lambda page: press(page, "3 1 2 4 5 6 7 8 9"),
    "move": lambda page: press(page, "ArrowUp ArrowUp ArrowDown"),
    "tie, strength, undo": lambda page: press(page, "t s u z Shift+Z"),
    "go to a text": lambda page: press(page, "2 g"),
    "show all of it": lambda page: press(page, "x x g"),
    "pick by mouse": lambda page: row(page, 5).locator(".row__main").click(),
    "move by mouse": lambda page: row(page, 5).get_by_role("button", name="Move answer 5 up").click(),
    "take back": lambda page: card(page, 1).get_by_role("button", name="Take back").click(),
    "place by mouse": lambda page: card(page, 1).get_by_role("button", name="Place next").click(),
    "rate": lambda page: card(page, 1).get_by_role("radio", name="4").first.click(),
    "search": search,
    "layout": lambda page: press(page, "l l"),
}


def test_no_interaction_with_nine_long_answers_takes_100_ms(page: Page, sign_in: SignIn, long: World) -> None:
    """Each act counts with the best of a few tries: another process may hold one up, never all of them."""
    open_ranking(page, sign_in, long)
    best = dict.fromkeys(ACTS, float("inf"))
    for _attempt in range(TRIES):
        page.evaluate(WATCH)
        for name, act in ACTS.items():
            act(page)
            best[name] = min(best[name], page.evaluate(TAKE))
        if max(best.values()) < LIMIT_MS:
            break
        page.evaluate("() => localStorage.clear()")
        page.reload()
        page.wait_for_selector(".ranker.is-ready")
    assert {name: ms for name, ms in best.items() if ms >= LIMIT_MS} == {}


def test_an_act_lays_out_no_text_of_an_answer_again(page: Page, sign_in: SignIn, long: World) -> None:
    open_ranking(page, sign_in, long)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def laid_out() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float(next(metric["value"] for metric in metrics if metric["name"] == "LayoutDuration"))

    page.wait_for_timeout(300)
    before = laid_out()
    page.evaluate(
        "() => { document.querySelector('.ranker').classList.add('text-large'); document.body.offsetHeight; }"
    )
    relayout = laid_out() - before
    page.evaluate(
        "() => { document.querySelector('.ranker').classList.remove('text-large'); document.body.offsetHeight; }"
    )
    before = laid_out()
    press(page, "1 2 3")
    assert rows(page, "ranked") == [1, 2, 3]
    assert (laid_out() - before) / 3 < relayout / 2


def test_the_page_weighs_less_than_120_kb_without_its_completions(
    page: Page, sign_in: SignIn, long: World
) -> None:
    sizes: dict[str, int] = {}

    def weigh(response: Response) -> None:
        if response.request.method != "GET" or "/api/" in response.url:
            return
        body = response.body()
        if "/work/" in response.url:
            for text in LONG:
                body = body.replace(text.encode(), b"")
        sizes[response.url] = len(gzip.compress(body, 6))

    page.on("response", weigh)
    open_ranking(page, sign_in, long)
    page.wait_for_load_state("networkidle")
    kinds = {re.sub(r".*\.", "", url) for url in sizes}
    assert {"css", "js"} <= kinds  # the build is there and was weighed
    assert sum(sizes.values()) < 120_000, sizes
