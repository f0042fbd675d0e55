"""Finds the texts that people read in their own language, and keeps the catalogues of `frontend/locale` complete.

Templates are read by Django's own parser and Python by Babel's, so that nothing has to be installed beside pip's
packages. Knows nothing of what the texts say.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.template import Engine
from django.template.backends.django import get_installed_libraries
from django.template.base import Node
from django.templatetags.i18n import BlockTranslateNode, TranslateNode

ROOT = Path(__file__).resolve().parents[2]
LOCALE = ROOT / "frontend" / "locale"
TEMPLATES = ROOT / "frontend" / "templates"
PYTHON = (ROOT / "annotation", ROOT / "wages", ROOT / "platform" / "byhand")
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
}
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")

Text = str | tuple[str, str]


@dataclass(frozen=True)
class Found:
    """A text as the source has it (with its plural, where it counts) and the file it stands in."""

    text: Text
    file: str


def texts() -> Iterator[Found]:
    """Yield every text that is marked for translation, file by file in a fixed order."""
    engine = Engine(dirs=[str(TEMPLATES)], app_dirs=False, libraries=get_installed_libraries())
    for path in sorted(TEMPLATES.rglob("*.html")):
        source = path.read_text(encoding="utf-8")
        if "translate" in source:
            yield from _of_template(engine, path, source)
    for folder in PYTHON:
        for path in sorted(folder.rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            for _line, text, _comments, _context in extract_from_file("python", path, KEYWORDS):
                yield Found(text if isinstance(text, str) else (text[0], text[1]), name)


def template() -> Catalog:
    """Return all texts as an empty catalogue."""
    catalog = Catalog(project="Byhand", charset="utf-8")
    for found in texts():
        catalog.add(found.text, locations=[(found.file, 0)])
    return catalog


def catalogue(language: str) -> Catalog:
    """Return the committed catalogue of a language; empty where there is none yet."""
    path = po_path(language)
    if not path.exists():
        return Catalog(locale=language, project="Byhand", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def problems(language: str) -> list[str]:
    """Return what is wrong with a language: texts without translation, lost placeholders, a stale .mo file."""
    kept, wanted = catalogue(language), template()
    found = []
    for message in wanted:
        if not message.id:
            continue
        known = kept.get(_key(message))
        if known is None or known.fuzzy or not all(_strings(known)):
            found.append(f"{language}: not translated: {_key(message)!r} ({message.locations[0][0]})")
        elif any(_placeholders(text) != _placeholders(_key(message)) for text in _strings(known)[-1:]):
            found.append(f"{language}: other placeholders than in {_key(message)!r}")
    if not mo_path(language).exists() or mo_path(language).read_bytes() != compiled(kept):
        found.append(f"{language}: {mo_path(language).name} is not made from its .po file")
    return found


def update(language: str) -> Catalog:
    """Write the catalogue with today's texts: new ones empty, gone ones dropped, translations kept."""
    kept = catalogue(language)
    kept.update(template(), no_fuzzy_matching=True)
    kept.obsolete.clear()
    po_path(language).parent.mkdir(parents=True, exist_ok=True)
    with po_path(language).open("wb") as file:
        write_po(file, kept, width=110, sort_by_file=True, include_lineno=False, omit_header=False)
    mo_path(language).write_bytes(compiled(kept))
    return kept


def compiled(catalog: Catalog) -> bytes:
    """Return the bytes of the .mo file."""
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def po_path(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def mo_path(language: str) -> Path:
    return po_path(language).with_suffix(".mo")


def _of_template(engine: Engine, path: Path, source: str) -> Iterator[Found]:
    name = path.relative_to(ROOT).as_posix()
    for node in engine.from_string(source).nodelist.get_nodes_by_type(Node):
        text = _of_node(node)
        if text:
            yield Found(text, name)


def _of_node(node: Node) -> Text | None:
    if isinstance(node, TranslateNode):
        literal = node.filter_expression.var.literal
        return str(literal) if literal else None
    if isinstance(node, BlockTranslateNode):
        singular, _names = node.render_token_list(node.singular)
        if not node.plural:
            return _trimmed(node, singular)
        plural, _names = node.render_token_list(node.plural)
        return _trimmed(node, singular), _trimmed(node, plural)
    return None


def _trimmed(node: BlockTranslateNode, text: str) -> str:
    return " ".join(line.strip() for line in text.splitlines() if line.strip()) if node.trimmed else text


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _strings(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def _placeholders(text: str) -> set[str]:
    return {first or second for first, second in _PLACEHOLDER.findall(text)}
