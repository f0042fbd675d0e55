"""The page that starts candidate generation for a project."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from byhand.accounts.selectors import require_engineer
from rewardmodel import selectors, services
from rewardmodel.forms import GenerateForm
from rewardmodel.services.generation import GenerationRefused
from rewardmodel.views.common import member


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, project_id: UUID) -> HttpResponse:
    user = member(request)
    project = selectors.get_project(user, project_id)
    require_engineer(user, project.organisation_id)
    form = GenerateForm(request.POST or None, project=project)
    if request.method == "POST" and form.is_valid():
        try:
            job = services.launch_generation(
                actor=user, project_id=project.pk, policy_id=form.cleaned_data["policy"].pk,
                sampling=form.sampling(), key=form.cleaned_data["key"],
            )  # fmt: skip
        except GenerationRefused as error:
            form.add_problems(error.problems)
        else:
            return redirect("job", job_id=job.pk)
    context = {"project": project, "form": form, "prompts": project.prompts.count()}
    return render(request, "rewardmodel/generate.html", context, status=422 if form.errors else 200)
