"""What templates of annotators' pages look up."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.functional import Promise

register = template.Library()


@register.filter
def label_of(labels: Mapping[str, str | Promise], name: str) -> str:
    """Return the label of a choice, in the reader's language."""
    return str(labels[name])
