"""`{% vite_entry %}`: the built scripts and their styles. Unbuilt, it writes nothing and pages work."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()
ENTRY = "src/main.ts"


@lru_cache(maxsize=4)
def _manifest(path: Path, changed: int) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


@register.simple_tag
def vite_entry(entry: str = ENTRY) -> SafeString:
    """Write the script of `entry` and its style sheets, as far as there is a build."""
    path = Path(str(settings.DJANGO_VITE["default"]["manifest_path"]))
    try:
        chunk = _manifest(path, path.stat().st_mtime_ns)[entry]
    except FileNotFoundError:
        return SafeString("")
    styles = format_html_join(
        "\n", '<link rel="stylesheet" href="{}">', ((static(f),) for f in chunk.get("css", []))
    )
    return format_html('{}\n<script type="module" src="{}"></script>', styles, static(chunk["file"]))
