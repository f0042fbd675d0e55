"""Pages of imports, in steps: the file and where it comes from, its first rows, its progress, what came in."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from annotation import import_forms as forms
from annotation.formats.readers.texts import MAX_TEXT
from annotation.forms import show_problems
from annotation.import_paths import problems_path
from annotation.models import Project, Upload, UploadState
from annotation.selectors.imports import SHOWN_PROBLEMS, first_problems, upload_for, uploads_of
from annotation.selectors.projects import project_for_engineer
from annotation.services import imports, uploads
from annotation.services.import_files import store_placed
from annotation.services.sources import attach_evidence
from annotation.services.uploads import CHANGEABLE
from annotation.views.incoming import refusal, takes_files
from byhand.accounts.models import User
from byhand.errors import DomainError, Invalid, NotFound
from byhand.jobs.models import ENDED

STEPS = ("File and source", "First rows", "Import", "Result")


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _may_import(request: HttpRequest, project_id: uuid.UUID, **_: Any) -> None:
    project_for_engineer(_user(request), project_id)


@takes_files(_may_import)
@require_http_methods(["GET", "HEAD", "POST"])
def import_new(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Choose a file and say where it comes from. The file is kept even where an answer is missing."""
    project = project_for_engineer(_user(request), project_id)
    posted = request.method == "POST"
    refused: DomainError | None = refusal(request) if posted else None
    choice = forms.ChooseFile(request.POST if posted else None, request.FILES if posted else None)
    source = forms.SourceForm(request.POST if posted else None, request.FILES if posted else None)
    if posted and refused is None and choice.is_valid():
        try:
            upload = _take_in(_user(request), project, choice)
        except DomainError as error:
            refused = error
        else:
            return _answer(request, project, upload, source)
    context = {
        "project": project,
        "choice": choice,
        "form": source,
        "refused": refused,
        "uploads": uploads_of(project)[:20],
        "most_text": MAX_TEXT,
        "steps": STEPS,
        "step": STEPS[0],
    }
    status = refused.status if refused else 422 if choice.errors else 200
    return render(request, "annotation/import_new.html", context, status=status)


def _take_in(actor: User, project: Project, choice: forms.ChooseFile) -> Upload:
    if placed := choice.cleaned_data.get("placed"):
        name, stored = placed, store_placed(placed)
    else:
        name, stored = choice.cleaned_data["file"].name, choice.cleaned_data["file"].stored
    return uploads.begin_upload(actor=actor, project=project, filename=name, stored=stored)


def _answer(request: HttpRequest, project: Project, upload: Upload, form: forms.SourceForm) -> HttpResponse:
    """Keep the answers about the source and go on; or ask again, with the file kept."""
    if form.is_valid():
        try:
            upload = uploads.answer_source(actor=_user(request), upload=upload, answers=form.answers())
            _keep_evidence(request, upload, form)
            return redirect("import", project.pk, upload.pk)
        except Invalid as error:
            show_problems(form, error, {"compensation_micro": "compensation"})
    context = {"project": project, "upload": upload, "form": form, "steps": STEPS, "step": STEPS[0]}
    return render(request, "annotation/import_source.html", context, status=422)


def _keep_evidence(request: HttpRequest, upload: Upload, form: forms.SourceForm) -> None:
    file = form.cleaned_data.get("evidence")
    if file and upload.source is not None:
        attach_evidence(actor=_user(request), source=upload.source, filename=file.name, stored=file.stored)


@takes_files(_may_import)
@require_http_methods(["GET", "HEAD", "POST"])
def import_page(request: HttpRequest, project_id: uuid.UUID, upload_id: uuid.UUID) -> HttpResponse:
    """Show an import at the step where it is, and take what the step asks for."""
    project = project_for_engineer(_user(request), project_id)
    upload = upload_for(project, upload_id)
    if request.method == "POST":
        return _act(request, project, upload)
    if upload.state not in CHANGEABLE:
        return render(request, "annotation/import_progress.html", _progress(project, upload))
    if upload.source_id is None:
        context = {"project": project, "upload": upload, "form": forms.SourceForm(), "steps": STEPS}
        return render(request, "annotation/import_source.html", {**context, "step": STEPS[0]})
    return _preview(request, project, upload, None)


def _act(request: HttpRequest, project: Project, upload: Upload) -> HttpResponse:
    action = request.POST.get("action", "")
    if action == "source":
        form = forms.SourceForm(request.POST, request.FILES)
        return _answer(request, project, upload, form)
    if action == "cancel":
        imports.cancel_import(actor=_user(request), upload=upload)
    elif action == "resume":
        imports.resume_import(actor=_user(request), upload=upload)
    elif action in ("preview", "start"):
        return _read(request, project, upload, start=action == "start")
    return redirect("import", project.pk, upload.pk)


def _read(request: HttpRequest, project: Project, upload: Upload, *, start: bool) -> HttpResponse:
    form = forms.ReadingForm(request.POST, shown=uploads.preview(upload))
    if not form.is_valid():
        return _preview(request, project, upload, None, form)
    try:
        upload = uploads.set_reading(actor=_user(request), upload=upload, reading=form.reading())
        if start:
            imports.start_import(actor=_user(request), upload=upload)
    except DomainError as error:
        return _preview(request, project, upload, error)
    return redirect("import", project.pk, upload.pk)


def _preview(
    request: HttpRequest,
    project: Project,
    upload: Upload,
    refused: DomainError | None,
    form: forms.ReadingForm | None = None,
) -> HttpResponse:
    try:
        shown = uploads.preview(upload)
    except NotFound:
        return render(request, "annotation/import_progress.html", _progress(project, upload))
    context = {
        "project": project,
        "upload": upload,
        "shown": shown,
        "form": form or forms.ReadingForm(shown=shown),
        "refused": refused,
        "problems": first_problems(upload),
        "most_problems": SHOWN_PROBLEMS,
        "steps": STEPS,
        "step": STEPS[1],
    }
    status = refused.status if refused else 422 if form is not None and form.errors else 200
    return render(request, "annotation/import_preview.html", context, status=status)


def _progress(project: Project, upload: Upload) -> dict[str, Any]:
    ended = upload.state in (UploadState.DONE, UploadState.CANCELLED, UploadState.FAILED)
    return {
        "project": project,
        "upload": upload,
        "job": upload.job,
        "ended": ended,
        "stopped": not ended and upload.job is not None and upload.job.state in ENDED,
        "problems": first_problems(upload),
        "most_problems": SHOWN_PROBLEMS,
        "steps": STEPS,
        "step": STEPS[3] if ended else STEPS[2],
    }


@require_safe
def import_problems(request: HttpRequest, project_id: uuid.UUID, upload_id: uuid.UUID) -> FileResponse:
    """Give the list of all bad rows as a file."""
    upload = upload_for(project_for_engineer(_user(request), project_id), upload_id)
    path = problems_path(upload.pk)
    if not path.is_file():
        raise NotFound("There is no list of bad rows.")
    return FileResponse(
        path.open("rb"), as_attachment=True, filename="bad-rows.csv", content_type="text/csv; charset=utf-8"
    )
