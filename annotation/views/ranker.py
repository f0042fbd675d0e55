"""What the template of one item, annotation/_ranker.html, needs. Used by the page and by the fragment alike."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from annotation.models import Lease, Project, SkipReason
from annotation.ranking_form import ITEM, STRENGTH_LABELS, Entered, fields_of, flag_options
from annotation.selectors.work import asked_of, held_item

NOTHING = Entered()


def entered_in(request: HttpRequest) -> Entered:
    """Return what the form of this request says."""
    return Entered(request.POST.dict(), request.POST.getlist("flag"))


def changing_context(project: Project, lease: Lease, entered: Entered) -> dict[str, Any]:
    """Return the context of an item that its author ranked before and changes now."""
    urls = {
        "action_url": reverse("work-change", args=[project.pk, lease.pk]),
        "submit_url": reverse("api-work-replace", args=[project.pk]),
    }
    return ranker_context(project, lease, entered) | urls | {"changing": True}


def ranker_context(project: Project, lease: Lease, entered: Entered = NOTHING) -> dict[str, Any]:
    """Return the context of one held item. `entered`: what a refused form had in it; else nothing is filled in."""
    held, asked = held_item(lease), asked_of(project)
    return {
        "project": project,
        "held": held,
        "asked": asked,
        "answers": fields_of(held.completions, asked, entered),
        "item_flags": flag_options(ITEM, entered),
        "rest_below": bool(entered.texts.get("rest_below", "")),
        "note": entered.texts.get("note", ""),
        "strength_labels": STRENGTH_LABELS.items(),
        "language": (project.languages or [""])[0],
        "action_url": reverse("work-submit", args=[project.pk, lease.pk]),
        "submit_url": reverse("api-work-submit", args=[project.pk]),
        "key": entered.texts.get("key", "") or secrets.token_hex(16),
        "skip_key": secrets.token_hex(16),
        "skip_reasons": SkipReason.choices,
    }
