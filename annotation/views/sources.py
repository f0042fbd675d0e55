"""The source register of a project: every import's source with its evidence, to be read and added to."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from annotation.import_forms import EvidenceForm
from annotation.import_paths import evidence_path
from annotation.selectors.imports import evidence_for, sources_of
from annotation.selectors.projects import project_for_engineer
from annotation.services.sources import attach_evidence
from annotation.views.incoming import refusal, takes_files
from byhand.accounts.models import User
from byhand.errors import Invalid, NotFound


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _may_add(request: HttpRequest, project_id: uuid.UUID, **_: Any) -> None:
    project_for_engineer(_user(request), project_id)


@require_safe
def source_list(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    project = project_for_engineer(_user(request), project_id)
    context = {"project": project, "sources": sources_of(project)}
    return render(request, "annotation/sources.html", context)


@takes_files(_may_add)
@require_POST
def source_evidence(request: HttpRequest, project_id: uuid.UUID, source_id: uuid.UUID) -> HttpResponse:
    """Keep another file of evidence beside a source."""
    project = project_for_engineer(_user(request), project_id)
    source = sources_of(project).filter(pk=source_id).first()
    if source is None:
        raise NotFound("No such source.")
    if refused := refusal(request):
        raise refused
    form = EvidenceForm(request.POST, request.FILES)
    if not form.is_valid():
        raise Invalid("Choose a file of evidence.", ["evidence: choose a file that is not empty."])
    file = form.cleaned_data["evidence"]
    attach_evidence(actor=_user(request), source=source, filename=file.name, stored=file.stored)
    messages.success(request, "The file is kept beside its source.")
    return redirect("sources", project.pk)


@require_safe
def evidence_file(request: HttpRequest, evidence_id: uuid.UUID) -> FileResponse:
    """Give a file of evidence as it came. It is saved, never shown: nobody knows what is in it."""
    kept = evidence_for(_user(request), evidence_id)
    path = evidence_path(kept.sha256)
    if not path.is_file():
        raise NotFound("The file is missing on the server's disk.")
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=kept.filename, content_type="application/octet-stream"
    )
