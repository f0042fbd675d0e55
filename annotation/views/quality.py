"""The engineer's page of how far the people of a project agree. About rankings, never about one person."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotation.charts import bar_chart
from annotation.interval_chart import IntervalChart, interval_chart
from annotation.models import Project, QualitySnapshot
from annotation.quality.plausibility import KINDS
from annotation.quality.verdict import REASONS
from annotation.selectors.projects import project_for_engineer
from annotation.selectors.quality import newest_snapshot, running_job
from annotation.selectors.reviews import review_counts
from annotation.services.quality import request_quality
from byhand.accounts.models import User

WHOLE, SHARE = (-1.0, 1.0), (0.0, 1.0)


def _project(request: HttpRequest, project_id: uuid.UUID) -> Project:
    return project_for_engineer(cast(User, request.user), project_id)


@require_safe
def quality_page(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """The whole page, or with `?part=live` what the page fetches anew every some seconds."""
    project = _project(request, project_id)
    snapshot = newest_snapshot(project)
    context: dict[str, Any] = {
        "project": project,
        "snapshot": snapshot,
        "job": running_job(project),
        "counts": review_counts(project),
        "rule": REASONS.values(),
    }
    if snapshot is not None:
        context |= _figures(snapshot)
    live = request.GET.get("part") == "live"
    return render(request, "annotation/_quality_live.html" if live else "annotation/quality.html", context)


@require_POST
def quality_compute(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    request_quality(actor=cast(User, request.user), project=_project(request, project_id))
    messages.success(request, "New figures are being computed. This page shows them when they are there.")
    return redirect("quality", project_id)


def _figures(snapshot: QualitySnapshot) -> dict[str, Any]:
    figures = snapshot.figures
    agreement, bias = figures["agreement"], figures["bias"]
    position, length, speed = bias["position"], bias["length"], bias["speed"]
    return {
        "figures": figures,
        "tau": _shown("tau", agreement["tau_b"], WHOLE, 0),
        "alpha": _shown("alpha", agreement["alpha_ordinal"], WHOLE, 0),
        "alpha_interval": _shown("alpha-interval", agreement["alpha_interval"], WHOLE, 0),
        "cycles": _shown("cycles", agreement["cycles"], SHARE),
        "taus": _histogram("taus", "Items by agreement", agreement["histogram"]),
        "gold": _shown("gold", figures["gold"]["met"], SHARE),
        "self_tau": _shown("self", figures["self"]["tau_b"], WHOLE, 0),
        "self_same": _shown("same", figures["self"]["same"], SHARE),
        "position": _shown("position", position["earlier_higher"], SHARE, 0.5),
        "places": _places(position["places"]),
        "length": _shown("length", length["longer_higher"], SHARE, 0.5),
        "tests": [
            ("Place on the page: a trend", position["trend"]),
            ("Place on the page: who stands first", position["winners"]),
            ("Length", length["test"]),
        ],
        "speed": _shown("speed", speed["correlation"], WHOLE, 0) if speed else None,
        "reliability": _reliability(figures["reliability"]),
        "plausibility": _plausibility(figures["plausibility"]),
        "reasons": [(REASONS[name], n) for name, n in figures["review"]["reasons"].items()],
    }


def _shown(
    name: str, estimate: dict[str, Any], scale: tuple[float, float], null: float | None = None
) -> dict[str, Any]:
    """Return an estimate with its drawing and the name of the drawing."""
    chart: IntervalChart | None = interval_chart(
        estimate["value"], estimate["low"], estimate["high"], scale=scale, null=null
    )
    return {**estimate, "name": name, "chart": chart}


def _histogram(name: str, title: str, bins: list[dict[str, Any]]) -> dict[str, Any]:
    chart = bar_chart([(f"{one['from']:g}", one["count"]) for one in bins], most_labels=len(bins))
    return {"name": name, "title": title, "chart": chart, "bins": bins, "hidden": False}


def _places(places: list[dict[str, Any]]) -> dict[str, Any]:
    rows = [(str(one["place"]), one["wins"]) for one in places]
    title = "How often the answer in each place was ranked first alone"
    return {"name": "places", "title": title, "chart": bar_chart(rows), "rows": places, "hidden": False}


def _reliability(found: dict[str, Any] | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {**found, "chart": _histogram("weights", "People by agreement with others", found["histogram"])}


def _plausibility(found: dict[str, Any] | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {**found, "rows": [(kind, found["flagged"][kind]) for kind in KINDS]}
