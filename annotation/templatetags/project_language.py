"""The language of a project's own texts, beside pages that may be in another one."""

from __future__ import annotations

from django import template
from django.utils.translation import get_language

from annotation.models import Project

register = template.Library()


@register.filter
def own_language(project: Project) -> str:
    """Return the code for a `lang` attribute; blank where the project names none."""
    return str(project.languages[0]) if project.languages else ""


@register.filter
def in_another_language(project: Project) -> bool:
    """Return whether the page around the project's texts is in another language than they are."""
    return own_language(project).partition("-")[0].lower() != (get_language() or "en").partition("-")[0]
