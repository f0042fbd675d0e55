"""What was typed into the form of numbers, so that a refused submit shows it again."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def entered_rank(entered: Mapping[str, str] | str | None, index: int) -> str:
    return str(entered.get(f"rank_{index}", ""))[:2] if isinstance(entered, Mapping) else ""


@register.filter
def entered_unacceptable(entered: Mapping[str, str] | str | None, index: int) -> bool:
    return isinstance(entered, Mapping) and bool(entered.get(f"unacceptable_{index}"))
