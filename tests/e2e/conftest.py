"""Browser tests: a live site in front of a database of the test's own, and Chromium.

Fixtures for every `tests/e2e/test_<area>_*.py` (mark the module `pytestmark = pytest.mark.browser`):

    live_site               URL of the site; rows that the test commits are there (it brings `own_database`)
    page, phone, dark       a page at 1280 px; at 390 px with touch; at 1280 px in dark colours
    new_page(**options)     one more page with its own cookies, e.g. a second device
    sign_in(page, user, recent=False)   signs in by session cookie; `recent`: re-authenticated just now
    axe(page)               fails with the list of what axe-core finds against WCAG 2.2 A and AA

A page whose scripts fail, or whose content security policy was broken, fails its test at the end.
Without Chromium the tests are skipped; BYHAND_REQUIRE_BROWSER=1 makes that a failure.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from byhand.accounts.models import User
from tests.people import proof

CHROMIUM = Path(os.environ.get("BYHAND_CHROMIUM", "/usr/bin/chromium"))
AXE = Path(__file__).parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
ARGUMENTS = [
    "--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-quic", "--no-first-run", "--disable-gpu",
]  # fmt: skip
DESKTOP = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

NewPage = Callable[..., Page]


def _as_it_is(handler: Any) -> Any:
    return handler  # whitenoise serves the static files, as it does for real


def _absent(reason: str) -> None:
    if os.environ.get("BYHAND_REQUIRE_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        _absent(f"Chromium is not at {CHROMIUM}; set BYHAND_CHROMIUM.")
    # Playwright keeps an event loop in this thread; Django would then refuse the test's own queries
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
            yield chromium
            chromium.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def live_site(own_database: str, settings: Any) -> Iterator[str]:
    thread = LiveServerThread("127.0.0.1", _as_it_is)  # type: ignore[arg-type]
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    settings.SITE_URL = f"http://localhost:{thread.port}"
    yield settings.SITE_URL
    thread.terminate()


@pytest.fixture
def new_page(browser: Browser, live_site: str) -> Iterator[NewPage]:
    """Open pages with their own cookies. Nothing outside this machine is ever asked."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def local_only(route: Route) -> None:
        local = urlsplit(route.request.url).hostname in {"localhost", "127.0.0.1", None}
        route.continue_() if local else route.abort()

    def open_page(**options: Any) -> Page:
        context = browser.new_context(**{"base_url": live_site, **DESKTOP, **options})
        contexts.append(context)
        context.route("**/*", local_only)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on("console", lambda line: faults.extend([f"{page.url}: {line.text}"] * _is_policy(line.text)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == [], "scripts failed, or the content security policy was broken"


def _is_policy(text: str) -> bool:
    return "Content Security Policy" in text or "Content-Security-Policy" in text


@pytest.fixture
def page(new_page: NewPage) -> Page:
    return new_page()


@pytest.fixture
def phone(new_page: NewPage) -> Page:
    return new_page(**PHONE)


@pytest.fixture
def dark(new_page: NewPage) -> Page:
    return new_page(color_scheme="dark")


@pytest.fixture
def sign_in(live_site: str) -> Callable[..., None]:
    def enter(page: Page, user: User, recent: bool = False) -> None:
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = django_settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        if recent:
            session.update(proof(user))
        session.create()
        cookie = {"name": django_settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": live_site}
        page.context.add_cookies([cookie])  # type: ignore[list-item]

    return enter


@pytest.fixture
def axe() -> Callable[[Page], None]:
    if not AXE.exists():
        _absent("axe-core is not installed: run npm ci in frontend/")
    script = AXE.read_text(encoding="utf-8")

    def check(page: Page) -> None:
        page.evaluate(script)  # through the debugger, so that the page's own policy stays as it is
        found = page.evaluate("tags => axe.run({runOnly: tags})", AXE_TAGS)
        wrong = [f"{v['id']}: {v['help']}: {[n['target'] for n in v['nodes']]}" for v in found["violations"]]
        assert wrong == [], "\n".join([page.url, *wrong])

    return check
