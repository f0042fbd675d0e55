"""Every Python example of docs/api is run, as it stands there, against a live site."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from byhand.embedded.paths import ROOT
from byhand.webhooks import signing
from tests.client.conftest import Site

FOLDER = ROOT / "docs" / "api"
PAGES = sorted(path.name for path in FOLDER.glob("*.md"))
EXPECTED = {
    "README.md": [
        "Capitals 6 of 9", "changed_meanwhile", "overlap: Ensure this value is greater than or equal to 1.",
        "No such project.", "draft 2", "200 304",
    ],
    "webhooks.md": ["gate.decided {'passed': True}", "whsec_"],
}  # fmt: skip


def examples(page: str) -> list[str]:
    text = (FOLDER / page).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_every_page_of_the_docs_is_known_here() -> None:
    assert set(EXPECTED) == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_the_docs_run(page: str, site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    secret, body = signing.new_secret(), b'{"type":"gate.decided","data":{"passed":true}}'
    names: dict[str, Any] = {
        "SITE": site.url, "TOKEN": site.token, "PROJECT": site.world.project.pk,
        "ORGANISATION": site.world.organisation.pk, "SECRET": secret, "BODY": body,
        "HEADERS": signing.headers([secret], "id", int(time.time()), body),
    }  # fmt: skip
    found = examples(page)
    assert len(found) >= 2
    for example in found:
        exec(compile(example, page, "exec"), names)  # noqa: S102  our own documentation
    said = capsys.readouterr().out
    assert [line for line in EXPECTED[page] if line not in said] == [], said
