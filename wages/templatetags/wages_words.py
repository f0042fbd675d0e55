"""What a stretch of time was, in the reader's words. The stored names stay as they are."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext_lazy as _

from wages.floors.country_names import place_name_here
from wages.tabs import MINE, OF_PROJECT, Tab
from wages.work import Category

register = template.Library()

WORDS = {
    Category.TASK: _("task"),
    Category.GUIDELINES: _("guidelines"),
    Category.TRAINING: _("training"),
    Category.QUALIFICATION: _("qualification"),
    Category.WAITING: _("waiting"),
    Category.REVIEW: _("review"),
    Category.ADMIN: _("admin"),
    Category.BREAK: _("break"),
    Category.UNKNOWN: _("unknown"),
    Category.CLAIMED: _("claimed"),
}


@register.filter
def category_word(category: str | None) -> str:
    """`{{ interval.category|category_word }}`: "waiting"; blank where there is none."""
    return str(WORDS[Category(category)]) if category else ""


@register.filter
def place_word(code: str) -> str:
    """`{{ account.country|place_word }}`: "Kenia" for KE where Spanish is active."""
    return place_name_here(code)


@register.filter
def percent(permille: int) -> str:
    """`{{ card.night_permille|percent }}`: "12.5 %"."""
    return f"{permille / 10:g} %"


@register.filter
def whole_hours(ms: int) -> str:
    """`{{ card.overtime_after_ms|whole_hours }}`: "40 h", "37.5 h"."""
    return f"{ms / 3_600_000:g} h"


@register.simple_tag
def my_tabs() -> tuple[Tab, ...]:
    """`{% my_tabs as tabs %}`: the tabs of a worker's own pages."""
    return MINE


@register.simple_tag
def project_tabs() -> tuple[Tab, ...]:
    """`{% project_tabs as tabs %}`: the tabs of a steward's pages of one project."""
    return OF_PROJECT
