"""What no template and no script may hold: the content security policy and untrusted text depend on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.template import engines

FRONTEND = Path(__file__).parents[2] / "frontend"
TEMPLATES = sorted((FRONTEND / "templates").rglob("*.html"))
SCRIPTS = sorted((FRONTEND / "src").rglob("*.ts"))
BANNED_IN_TEMPLATES = {
    "inline style": r"""\sstyle\s*=|<style""",
    "inline handler": r"""\son[a-z]+\s*=\s*["']""",
    "inline script": r"""<script(?![^>]*\bsrc=)(?![^>]*type="application/json")""",
    "unescaped text": r"""\|\s*safe\b|autoescape\s+off""",
    "another host": r"""(src|href)="https?://""",
}
BANNED_IN_SCRIPTS = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(FRONTEND / "templates")))
def test_a_template_compiles_and_holds_nothing_inline(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    engines["django"].from_string(text)
    found = {name for name, pattern in BANNED_IN_TEMPLATES.items() if re.search(pattern, text)}
    assert found == set()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_writes_text_and_never_markup(path: Path) -> None:
    assert re.findall(BANNED_IN_SCRIPTS, path.read_text(encoding="utf-8")) == []
