"""`{{ text|visible_text }}`: untrusted text for a page. Plain text out: the template escapes it as always."""

from __future__ import annotations

from django import template

from byhand import text

register = template.Library()


@register.filter
def visible_text(value: object) -> str:
    """Return the value with hidden characters made visible. Never marked safe."""
    return text.visible("" if value is None else str(value))
