"""Pages of runs: the list, the form that starts one, one run live, and its cancel button."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from byhand.accounts.models import Role
from byhand.accounts.selectors import is_engineer, organisations_as
from byhand.errors import NotAllowed
from byhand.jobs.models import ENDED
from byhand.jobs.services import request_cancel
from rewardmodel import curves, presets, selectors, services
from rewardmodel.errors import ConfigRefused
from rewardmodel.forms import RunForm
from rewardmodel.views.common import member


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    user = member(request)
    runs = selectors.visible_runs(user)[:200]
    engineer = organisations_as(user, Role.ENGINEER).exists()
    return render(request, "rewardmodel/runs.html", {"runs": runs, "engineer": engineer})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Show the config form; POST starts the run, or shows every mistake beside the text."""
    user = member(request)
    organisations = organisations_as(user, Role.ENGINEER)
    if not organisations.exists():
        raise NotAllowed("Only an engineer can start a run.")
    problems: list[str] = []
    initial = {"config": presets.text_of(request.GET.get("preset", "")), "key": uuid.uuid4().hex}
    form = RunForm(request.POST or None, initial=initial, organisations=organisations)
    if request.method == "POST" and form.is_valid():
        try:
            run = services.launch_run(
                actor=user, config=form.cleaned_data["config"], key=form.cleaned_data["key"],
                organisation=form.cleaned_data["organisation"],
            )  # fmt: skip
            return redirect("run", run_id=run.pk)
        except ConfigRefused as error:
            problems = error.problems or [error.message]
    context = {"form": form, "problems": problems, "presets": presets.names()}
    return render(
        request, "rewardmodel/run_new.html", context, status=422 if problems or form.errors else 200
    )


@require_safe
def page(request: HttpRequest, run_id: UUID) -> HttpResponse:
    user = member(request)
    run = selectors.get_run(user, run_id)
    return render(request, "rewardmodel/run.html", {"run": run, **_live(run), **_facts(request, run)})


def _live(run: Any) -> dict[str, Any]:
    """Return what the page draws: points of the curves, their table, samples and what the run did besides."""
    last_event = curves.last_event(run.job)  # read first: what comes after it reaches the page live
    points = curves.points(run.job)
    return {
        "last_event": last_event,
        "points": points,
        "table": curves.table(points),
        "samples": curves.samples(run.job),
        "resumed": curves.resumes(run.job),
        "segments": run.segments.order_by("index"),
        "ended": run.job.state in ENDED,
    }


def _facts(request: HttpRequest, run: Any) -> dict[str, Any]:
    return {
        "gates": selectors.newest_gates(run),
        "outputs": selectors.made_by(run),
        "inputs": selectors.inputs(run),
        "config": presets.as_yaml(run.config),
        "figures": curves.flat(run.metrics),
        "may_cancel": is_engineer(request.user, run.organisation_id),
    }


@require_POST
def cancel(request: HttpRequest, run_id: UUID) -> HttpResponse:
    user = member(request)
    run = selectors.get_run(user, run_id)
    request_cancel(actor=user, job=run.job)
    return redirect("run", run_id=run.pk)
