"""Chromium as a client of a benchmark, as a process of its own: `python -m byhand.bench.browser`.

Loads the annotator's page with an item in hand and reads the browser's own paint timing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byhand.bench.serving import Answer, serve

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

CHROMIUM = Path(os.environ.get("BYHAND_CHROMIUM", "/usr/bin/chromium"))
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-gpu", "--no-first-run"]
FIRST_PAINT = """() => new Promise(done => new PerformanceObserver(list => {
    const paint = list.getEntriesByName('first-contentful-paint')[0];
    if (paint) done([paint.startTime, performance.getEntriesByType('navigation')[0].responseEnd]);
}).observe({type: 'paint', buffered: true}))"""


def missing() -> str:
    """Return why no browser can be driven here, or an empty string."""
    if find_spec("playwright") is None:
        return "playwright is not installed"
    return "" if CHROMIUM.exists() else f"Chromium is not at {CHROMIUM}; set BYHAND_CHROMIUM"


def ready(order: dict[str, Any]) -> Mapping[str, Callable[[int], Answer]]:
    """Start Chromium and sign in by the form."""
    from playwright.sync_api import sync_playwright

    chromium = sync_playwright().start().chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
    context = chromium.new_context(base_url=order["site"])
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("input[name=login]", order["email"])
    page.fill("input[name=password]", order["password"])
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)
    return {"paint": partial(_paint, chromium, context, f"/work/{order['project']}/")}


def _paint(chromium: Browser, context: BrowserContext, path: str, count: int) -> Answer:
    """Load the page `count` times with the site's files in the cache and `count` times without."""
    took: Answer = {"first_paint": [], "html": [], "cold_first_paint": [], "cold_html": []}
    for _ in range(count):
        _load(context, path, took, "")
        cold = chromium.new_context(
            base_url=context.pages[0].url.split("/work")[0], storage_state=context.storage_state()
        )
        _load(cold, path, took, "cold_")
        cold.close()
    return took


def _load(context: BrowserContext, path: str, took: Answer, prefix: str) -> None:
    page = context.pages[0] if context.pages else context.new_page()
    page.goto(path, wait_until="load")
    if page.locator(".ranker").count() != 1:
        raise RuntimeError(f"{path} shows no item to rank")
    painted, answered = page.evaluate(FIRST_PAINT)
    took[f"{prefix}first_paint"].append(painted)
    took[f"{prefix}html"].append(answered)


if __name__ == "__main__":
    serve(ready)
