"""Pages of the model registry: all versions, and one with its lineage, gates and files."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from rewardmodel import selectors
from rewardmodel.views.common import member


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    models = selectors.visible_models(member(request)).select_related("organisation", "run", "parent")
    return render(request, "rewardmodel/models.html", {"models": models[:200]})


@require_safe
def page(request: HttpRequest, model_id: UUID) -> HttpResponse:
    user = member(request)
    version = selectors.get_model(user, model_id)
    line = selectors.lineage(version)
    evaluations = selectors.evaluations(version)
    context = {
        "model": version,
        "lineage": selectors.lineage_steps(line),
        "gates": [(run, selectors.newest_gates(run)) for run in [*line.runs, *evaluations]],
        "withdrawn": selectors.withdrawn_of(line.datasets),
        "evaluations": evaluations,
        "files": version.files.order_by("name"),
    }
    return render(request, "rewardmodel/model.html", context)
