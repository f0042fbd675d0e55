"""Paid reading on pages that don't know of pay, such as the inbox of byhand.accounts: the page asks by a tag."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import RequestContext

from wages.views.admin_time import reading

register = template.Library()
KEPT_AS = "wages.paid_reading"


@register.simple_tag(takes_context=True)
def paid_reading(context: RequestContext) -> dict[str, Any] | None:
    """`{% paid_reading as paid %}`: what starts the reader's clock, or None where nothing pays them for reading.

    Any number of tags on a page ask once.
    """
    asked = context.render_context
    if KEPT_AS not in asked:
        asked[KEPT_AS] = reading(context["request"])
    found: dict[str, Any] | None = asked[KEPT_AS]
    return found
