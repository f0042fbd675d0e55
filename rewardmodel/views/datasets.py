"""Pages of frozen datasets, and the button that freezes one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from byhand.accounts.selectors import is_engineer
from byhand.errors import DomainError
from rewardmodel import selectors, services
from rewardmodel.decided import ACCOMPANY
from rewardmodel.forms import FreezeForm
from rewardmodel.views.common import member


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """List datasets; POST freezes the ballots of a project as they stand now."""
    user = member(request)
    projects = selectors.visible_projects(user)
    form = FreezeForm(request.POST or None, projects=projects)
    if request.method == "POST" and form.is_valid():
        try:
            dataset = services.freeze_dataset(
                actor=user,
                project_id=form.cleaned_data["project"].pk,
                seed=form.cleaned_data["seed"],
                adjudication=form.cleaned_data["adjudication"] or ACCOMPANY,
            )
        except DomainError as error:
            if error.status == 403:
                raise
            form.add_error(None, error.message)
        else:
            messages.success(request, f"Frozen: {dataset.manifest['counts']['rankings']} rankings.")
            return redirect("dataset", dataset_id=dataset.pk)
    context = {"datasets": selectors.visible_datasets(user)[:200], "form": form, "projects": projects}
    return render(request, "rewardmodel/datasets.html", context, status=422 if form.errors else 200)


@require_safe
def page(request: HttpRequest, dataset_id: UUID) -> HttpResponse:
    user = member(request)
    dataset = selectors.get_dataset(user, dataset_id)
    context = {
        "dataset": dataset,
        "counts": dataset.manifest["counts"],
        "splits": [
            (name, dataset.manifest["counts"]["splits"][name]) for name in ("train", "validation", "test")
        ],
        "excluded": sorted(dataset.manifest["excluded"].items()),
        "files": sorted(dataset.manifest["files"].items()),
        "runs": selectors.visible_runs(user).filter(dataset=dataset),
        "withdrawn": selectors.withdrawn_of([dataset]),
        "succeeds": [row.dataset for row in dataset.succeeds.select_related("dataset")],
        "trained": selectors.trained_on(dataset),
        "engineer": is_engineer(user, dataset.organisation_id),
    }
    return render(request, "rewardmodel/dataset.html", context)
