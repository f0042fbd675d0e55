"""What each page of the set-up shows beside its form: figures, texts and what is there already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import NoReverseMatch, reverse

from annotation.models import DocumentKind, Item, ItemRole, Project, ProjectState
from annotation.reading import WORDS_PER_MINUTE, reading_ms, words
from annotation.selectors.estimates import data_use, measured_now, rankings_given, task_times, time_estimate
from annotation.selectors.gold import active_items
from annotation.selectors.pay import paid_terms
from annotation.selectors.projects import current_document
from annotation.selectors.setup import funding, pilot_reasons
from annotation.services import documents
from byhand.money import exponent

CHANGES_SHOWN = 20
PILOT_FROM = frozenset({ProjectState.DRAFT, ProjectState.PAUSED})


def _texts(project: Project) -> dict[str, Any]:
    rows = []
    for kind in DocumentKind:
        document = current_document(project.pk, kind)
        text = document.text if document else documents.default_text(kind)
        rows.append(
            {
                "kind": kind,
                "document": document,
                "text": text,
                "words": words(text),
                "reading_ms": reading_ms(text),
                "url": reverse(f"project-{kind.value}", args=[project.pk]),
            }
        )
    return {"texts": rows, "words_per_minute": WORDS_PER_MINUTE, "paid": paid_terms(project.pk)}


def _people(project: Project) -> dict[str, Any]:
    return {
        "qualification_items": active_items(project, ItemRole.QUALIFICATION).count(),
        "gold_items": active_items(project, ItemRole.GOLD).count(),
        "items": Item.objects.filter(project=project).count(),
    }


def _pay(project: Project) -> dict[str, Any]:
    paid = paid_terms(project.pk)
    funded = funding(project, time_estimate(project))
    planned = funded.ballots if funded else 0
    parts = funded.parts if funded else None
    return {
        "paid": paid,
        "funding": funded,
        "live": {
            "ballots": planned or 100,
            "planned": bool(planned),
            # the browser adds these to what is typed, by the formula of wages.rates.publishing; amounts as text,
            # because they may be above what a number of the browser holds
            "hourly": str(funded.hourly_micro) if funded else "0",
            "premium_permille": parts.card.premium_permille if parts else 0,
            "piece": str(parts.card.piece_micro or 0) if parts else "0",
            "overhead": str(parts.overhead_micro) if parts else "0",
            "fees_permille": parts.fees_permille if parts else 0,
            "currency": funded.currency if funded else "USD",
            "digits": exponent(funded.currency) if funded else 2,
        },
    }


def _prompts(project: Project) -> dict[str, Any]:
    try:
        generate_url = reverse("generate-candidates", args=[project.pk])
    except NoReverseMatch:
        generate_url = ""
    return {
        "prompts": project.prompts.count(),
        "items": Item.objects.filter(project=project).count(),
        "imports": project.imports.filter(published_at__isnull=False).order_by("-created_at")[:5],
        "generate_url": generate_url,
    }


def _pilot(project: Project) -> dict[str, Any]:
    kept = time_estimate(project)
    estimate = kept or measured_now(project)
    one, hour = data_use(project, estimate)
    return {
        "estimate": estimate,
        "kept": kept,
        "counted": rankings_given(project),
        "timed": len(task_times(project)),
        "pilot_missing": pilot_reasons(project) if project.state in PILOT_FROM else [],
        "may_pilot": project.state in PILOT_FROM and project.pilot_ballots > 0,
        "funding": funding(project, estimate),
        "item_bytes": one,
        "hour_bytes": hour,
    }


def _publish(project: Project) -> dict[str, Any]:
    changes = project.setting_changes.select_related("actor").order_by("-pk")[:CHANGES_SHOWN]
    states = project.state_changes.select_related("actor").order_by("-pk")[:CHANGES_SHOWN]
    return _pilot(project) | {"setting_changes": changes, "state_changes": states}


CONTEXTS: dict[str, Callable[[Project], dict[str, Any]]] = {
    "texts": _texts,
    "people": _people,
    "pay": _pay,
    "prompts": _prompts,
    "pilot": _pilot,
    "publish": _publish,
}
