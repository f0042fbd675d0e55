"""Every word that an annotator's page shows is marked for translation.

The pages are read in a language made here, whose every text is the English one in marks. What stands outside marks
was forgotten, unless it is what people wrote, a number, a name or code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from django.test import Client
from django.urls import reverse

from annotation.models import Document
from annotation.services.documents import accept_document
from annotation.services.projects import publish_project
from byhand import translations
from byhand.middleware import TRANSLATED
from byhand.money.currencies import codes
from tests.annotation.setup_world import WRONG, answer, begin, change, items_of, qualify_with
from tests.annotation.world import World as Work
from tests.annotation.world import add_annotator, fill, fund, make_draft
from tests.api.conftest import HOSTILE, MARK, World, build_world
from tests.api.test_url_walk import addresses
from wages.services.places import zones
from wages.tabs import MINE

PSEUDO = "eo"
ATTRIBUTES = ("aria-label", "title", "alt", "placeholder")
SILENT = {"script", "style", "bdi", "code", "kbd", "time", "svg"}
EMPTY = {"input", "meta", "link", "br", "hr", "img"}
# Written by people or the same in every language; the rest of a page has to stand in marks.
SAME = (
    "Byhand", "UTC", "USD", "MB", "kB", "ms", "English", "Español", "Kiswahili", "KE", "API", "river", "Lake Lab Ltd",
    "Lake Lab", "Capitals", "engineer", "steward", "annotator", "newcomer", "outsider", "Payer", "Support", "sha256",
    "example.org", "looking", "Aa", "(work)", MARK, HOSTILE, "en",
)  # fmt: skip

# allauth makes this label of the field's name and offers no translation of it.
NOT_OURS = {"/accounts/2fa/webauthn/add/: Name"}
# Lists to choose from: time zones and currencies are alike everywhere, and Babel names countries in this language too.
LISTED = {*zones(), *codes(), *Locale.parse(PSEUDO).territories.values()}


def marked(text: str) -> str:
    return f"⟦{text}⟧"


@pytest.fixture
def pseudo(tmp_path: Path, settings: Any) -> str:
    """Install the language, made of the texts as they are found now."""
    catalog = Catalog(locale=PSEUDO, charset="utf-8", fuzzy=False)
    for found in translations.texts():
        text = found.text
        same = text in {"j F Y, H:i"}
        catalog.add(
            text, text if same else marked(text) if isinstance(text, str) else tuple(map(marked, text))
        )
    folder = tmp_path / PSEUDO / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "django.mo").open("wb") as file:
        write_mo(file, catalog)
    settings.LOCALE_PATHS = [tmp_path]
    settings.LANGUAGES = [*settings.LANGUAGES, (PSEUDO, "English")]
    return PSEUDO


class Outside(HTMLParser):
    """Collects what stands outside marks, in texts and in attributes that are read out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        hostile = "hostile" in (values.get("class") or "")
        if tag not in EMPTY and (self.silent or tag in SILENT or hostile):
            self.silent.append(tag)
        self.found += [
            value for name in ATTRIBUTES if (value := values.get(name) or "") and not in_marks(value)
        ]

    def handle_endtag(self, tag: str) -> None:
        if self.silent and tag not in EMPTY:
            self.silent.pop()

    def handle_data(self, data: str) -> None:
        for part in re.split("([⟦⟧])", data):
            self.depth += {"⟦": 1, "⟧": -1}.get(part, 0)
            if self.depth == 0 and not self.silent and worded(part):
                self.found.append(part.strip())


def in_marks(text: str) -> bool:
    return not worded(re.sub("⟦.*⟧", "", text, flags=re.S))


def worded(text: str) -> bool:
    """Return whether words are left when names and what is the same in every language are taken out."""
    text = re.sub(r"\b[A-Z2-7]{32}\b", "", text)  # the secret of an authenticator app
    for known in sorted(SAME, key=len, reverse=True):
        text = text.replace(known, "")
    return re.search(r"[^\W\d_]{2,}", text) is not None


def outside(html: str) -> list[str]:
    parser = Outside()
    parser.feed(html)
    return parser.found


def read(client: Client, path: str) -> list[str]:
    """Return what a page shows outside marks; nothing where it is no page."""
    got = client.get(path)
    if got.status_code in {301, 302, 405} or not got.get("content-type", "").startswith("text/html"):
        return []
    html = got.content.decode()
    assert "<html" not in html or f'<html lang="{PSEUDO}">' in html, path
    return [
        said for text in outside(html) if text not in LISTED and (said := f"{path}: {text}") not in NOT_OURS
    ]


def in_pseudo(user: Any) -> Client:
    client = Client()
    client.cookies["byhand_language"] = PSEUDO
    if user is not None:
        client.force_login(user)
    return client


def test_the_reader_finds_what_is_not_marked() -> None:
    html = '<p title="A hint">⟦Said <b>so</b>⟧ and more</p><bdi>theirs</bdi><p>⟦ok⟧ 12 UTC</p>'
    assert outside(html) == ["A hint", "and more"]


def test_nothing_on_any_translated_address_is_unmarked(pseudo: str, db: None) -> None:
    world: World = build_world()
    wrong = []
    for who in ("annotator", "newcomer", None):
        client = in_pseudo(world.people[who] if who else None)
        for _name, path in addresses(world):
            if path == "/" or path.startswith(TRANSLATED):
                wrong += read(client, path)
    assert sorted(set(wrong)) == []


def test_every_page_about_ones_own_pay_and_data_is_in_the_readers_language() -> None:
    routes = [*(route for route, _text in MINE), "monitoring"]
    assert [route for route in routes if not reverse(route).startswith(TRANSLATED)] == []


def states(work: Work) -> Iterator[tuple[Any, str]]:
    """Lead one person through the pages before ranking; yield whom to read each page as, and where."""
    user = add_annotator(work, "looking", ready=False)
    client = in_pseudo(user)
    address = f"/work/{work.project.pk}/"
    yield client, address
    client.post(f"{address}join/", {})
    yield client, address
    for document in Document.objects.filter(project=work.project):
        accept_document(user=user, document_id=document.pk)
    yield client, address
    lease = begin(work, user)
    assert lease is not None
    yield client, address
    answer(user, lease, WRONG)
    yield client, address
    client.post(f"{address}go-on/{lease.pk}/")
    yield client, address
    yield client, "/earnings/"
    change(work, qualification_pass_percent=None)
    yield client, address
    client.post("/clock/break/", {"next": address})
    yield client, address
    yield client, "/earnings/"
    client.post("/clock/stop/", {"next": address})
    yield client, address


def test_nothing_on_the_way_to_ranking_is_unmarked(pseudo: str, db: None) -> None:
    work = make_draft()
    fill(work, 4)
    fund(work)
    change(work, asks_strength=True, dimensions=["accuracy", "safety"])
    qualify_with(work, items_of(work)[:1])
    change(work, qualification_retries=1)
    publish_project(actor=work.engineer, project=work.fresh())
    wrong = [found for client, path in states(work) for found in read(client, path)]
    assert sorted(set(wrong)) == []
