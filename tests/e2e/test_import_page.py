"""An engineer brings a file in with the browser: sent once, looked at, imported; every page is accessible."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from annotation.models import Prompt, Upload
from tests.annotation.imports_world import work
from tests.annotation.world import make_draft

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("BYHAND_SHOTS", "")
HOSTILE = "<img src=x onerror=alert(1)> \u202egnp.exe"


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def file(tmp_path: Path) -> Path:
    rows: list[Any] = [
        {
            "prompt": f"Why is the sky blue, in {n} words?",
            "chosen": "Light is scattered.",
            "rejected": "It is.",
        }
        for n in range(12)
    ]
    rows += [
        {"prompt": HOSTILE, "chosen": "a", "rejected": "b"},
        {"prompt": 7, "chosen": "a", "rejected": "b"},
    ]
    path = tmp_path / "preferences.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def answer(page: Page, consent: str) -> None:
    page.get_by_label("Where the texts come from").fill("Written for a test")
    page.get_by_label("Who wrote them").fill("The test")
    page.get_by_label("How you obtained them").fill("Typed in")
    page.get_by_label("Licence").fill("CC0-1.0")
    page.get_by_label("Consent", exact=True).select_option(consent)
    page.get_by_label("Was the creator paid for this use?").select_option("no")
    page.get_by_label("Personal data in the texts").select_option("none")


@pytest.mark.parametrize("kind", ["page", "phone", "dark"])
def test_a_file_is_sent_once_and_comes_in(
    kind: str, request: Any, sign_in: Callable[..., None], axe: Callable[..., None], tmp_path: Path
) -> None:
    page: Page = request.getfixturevalue(kind)
    world = make_draft(k=2)
    sign_in(page, world.engineer)
    page.goto(f"/projects/{world.project.pk}/import/")
    axe(page)
    page.get_by_label("File", exact=True).set_input_files(file(tmp_path))
    answer(page, "unknown")
    shot(page, f"import-1-{kind}")
    page.get_by_role("button", name="Send the file and look at it").click()
    expect(page.get_by_text("you need not send it again")).to_be_visible()  # a reason is missing
    axe(page)
    shot(page, f"import-2-{kind}")
    page.get_by_label("Reason, where nobody agreed").fill("A test needs texts of unknown origin.")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1, name="First rows")).to_be_visible()
    expect(page.get_by_text("This looks like TRL preferences in JSON lines.")).to_be_visible()
    expect(page.get_by_text("“prompt” must be text, not a number")).to_be_visible()
    axe(page)
    shot(page, f"import-3-{kind}")
    page.get_by_label("Import the good rows and list the bad ones").check()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", level=2, name="Importing")).to_be_visible()
    axe(page)
    shot(page, f"import-4-{kind}")
    assert work(Upload.objects.get()) == "succeeded"
    expect(page.get_by_text("13 new prompts came in.")).to_be_visible(timeout=30_000)
    axe(page)
    shot(page, f"import-5-{kind}")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.goto(f"/projects/{world.project.pk}/sources/")
    expect(page.get_by_text("A test needs texts of unknown origin.")).to_be_visible()
    axe(page)
    shot(page, f"import-6-{kind}")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert Prompt.objects.filter(text=HOSTILE).count() == 1


def test_the_steps_work_without_scripts(
    new_page: Callable[..., Page], sign_in: Callable[..., None], tmp_path: Path
) -> None:
    page = new_page(java_script_enabled=False)
    world = make_draft(k=2)
    sign_in(page, world.engineer)
    page.goto(f"/projects/{world.project.pk}/import/")
    page.get_by_label("File", exact=True).set_input_files(file(tmp_path))
    answer(page, "own_work")
    page.get_by_role("button", name="Send the file and look at it").click()
    page.get_by_label("Import the good rows and list the bad ones").check()
    page.get_by_role("button", name="Import", exact=True).click()
    assert work(Upload.objects.get()) == "succeeded"
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_text("13 new prompts came in.")).to_be_visible()
    assert Prompt.objects.count() == 13
