"""The catalogues are complete, and scripts say nothing that is not in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import translation

from annotation.page_texts import TEXTS, page_texts
from byhand import translations

SOURCE = Path(__file__).parents[2] / "frontend" / "src"
SCRIPTS = sorted(SOURCE.rglob("*.ts"))
# Controllers of engineers' pages, which stay in English.
ENGLISH = {
    "events_controller.ts", "curves_controller.ts", "worst_case_controller.ts", "copy_controller.ts",
    "reload_controller.ts", "refresh_controller.ts", "worst_case.ts",
}  # fmt: skip
TEMPLATES = SOURCE.parent / "templates"
OTHERS = [code for code, _name in settings.LANGUAGES if code != "en"]
KEYS = re.compile(r"[\"'`]((?:clock|outbox|flow|waiting|ranking)\.[a-z_.]*(?:\$\{)?)")
SHOWN = re.compile(
    r"""(?:textContent|title|ariaLabel|placeholder)\s*=\s*(["'`][^"'`]*["'`])"""
    r"""|setAttribute\("(?:aria-label|title|alt)",\s*(["'`][^"'`]*["'`])"""
    r"""|(?:announce|say|confirm|alert)\((["'`][^"'`]*["'`])"""
)


def mentioned() -> set[str]:
    """Return the keys that scripts name; one that ends in "${" is the beginning of several."""
    return {key for path in SCRIPTS for key in KEYS.findall(path.read_text(encoding="utf-8"))}


def base(key: str) -> str:
    return re.sub(r"\.(one|other)$", "", key)


def test_every_language_has_every_text(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("translations", check=True)
    assert capsys.readouterr().out == "Every text is translated.\n"


def test_a_missing_translation_and_a_lost_placeholder_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = translations.catalogue("es")
    kept["Work"].string = ""
    kept["For %(name)s"].string = "Para %(nombre)s"
    monkeypatch.setattr(translations, "catalogue", lambda _language: kept)
    found = translations.problems("es")
    assert any("not translated: 'Work'" in problem for problem in found)
    assert "es: other placeholders than in 'For %(name)s'" in found


@pytest.mark.parametrize("language", OTHERS)
def test_both_plurals_keep_their_placeholders(language: str) -> None:
    wrong = [
        (message.id, text)
        for message in translations.catalogue(language)
        if message.id
        for text in ([message.string] if isinstance(message.string, str) else message.string or ())
        if set(re.findall(r"%\(\w+\)[sd]|\{\w+\}|</?\w+", text))
        != set(
            re.findall(
                r"%\(\w+\)[sd]|\{\w+\}|</?\w+", message.id if isinstance(message.id, str) else message.id[1]
            )
        )
    ]
    assert wrong == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalogue_says_that_nobody_has_reviewed_it(language: str) -> None:
    assert (
        "NOT reviewed by a native speaker" in translations.po_path(language).read_text(encoding="utf-8")
    ) is (language in settings.LANGUAGES_UNREVIEWED)


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_of_the_scripts_is_left_in_english(language: str) -> None:
    english = page_texts()
    with translation.override(language):
        same = {key for key, text in page_texts().items() if text == english[key]}
    assert same == set()


def test_every_key_that_a_script_uses_has_a_text() -> None:
    bases = {base(key) for key in TEXTS}
    unknown = {
        key
        for key in mentioned()
        if key not in bases and not (key.endswith("${") and any(one.startswith(key[:-2]) for one in bases))
    }
    assert unknown == set()


def test_every_text_is_used_by_a_script() -> None:
    beginnings = tuple(key[:-2] for key in mentioned() if key.endswith("${"))
    unused = {key for key in TEXTS if base(key) not in mentioned() and not key.startswith(beginnings)}
    assert unused == set()


@pytest.mark.parametrize(
    "path", [path for path in SCRIPTS if path.name not in ENGLISH], ids=lambda path: path.name
)
def test_a_script_of_annotators_shows_no_words_of_its_own(path: Path) -> None:
    shown = ["".join(found) for found in SHOWN.findall(path.read_text(encoding="utf-8"))]
    assert [text for text in shown if re.search(r"[A-Za-z]{2,}", re.sub(r"\$\{[^}]*\}", "", text))] == []


@pytest.mark.parametrize(
    "page", [page for page in sorted(TEMPLATES.rglob("*.html")) if "annotation/_clock.html" in page.read_text("utf-8")],
    ids=lambda page: page.stem,
)  # fmt: skip
def test_a_page_with_the_clock_carries_the_words_that_its_script_says(page: Path) -> None:
    text = page.read_text("utf-8")
    assert "{% page_texts %}" in text or '{% extends "annotation/_work_base.html" %}' in text
