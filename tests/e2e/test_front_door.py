"""The public front page, in a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser


def test_anybody_reads_what_byhand_is(page: Page, axe: Callable[[Page], None]) -> None:
    page.goto("/")
    assert page.locator("h1").all_inner_texts() == ["A language model is made by hand."]
    axe(page)
