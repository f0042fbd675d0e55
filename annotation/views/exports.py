"""Pages of exports: choosing a format, seeing the first rows, following the job, fetching files. Thin."""

from __future__ import annotations

import json
import uuid
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from annotation.api.exports import send_file
from annotation.export_forms import ExportForm
from annotation.exports.catalogue import ASPECTS, FORMATS
from annotation.exports.options import parse_options
from annotation.formats.splitting import SPLITS
from annotation.forms import show_problems
from annotation.models import ExportResult, Project
from annotation.selectors.exports import (
    downloads_of,
    export_for_engineer,
    exports_of,
    file_to_send,
    files,
    preview,
    result_of,
)
from annotation.selectors.projects import project_for_engineer
from annotation.services.exports import allow_download, begin_export
from byhand.accounts.models import User
from byhand.errors import Invalid
from byhand.jobs.models import ENDED, JobEvent

LISTED = 50


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


@require_http_methods(["GET", "HEAD", "POST"])
def project_exports(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    """Choose an export; POST shows its first rows, or asks for it. Each form asks once, however often it is sent."""
    project = project_for_engineer(_user(request), project_id)
    form = ExportForm(request.POST or None)
    shown: list[str] | None = None
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("action") == "preview":
                shown = preview(project, parse_options(form.body()))
            else:
                key = request.POST.get("key") or uuid.uuid4().hex
                export = begin_export(actor=_user(request), project=project, body=form.body(), key=key)
                return redirect("export", export.pk)
        except Invalid as error:
            show_problems(form, error, {"class": "export_class"})
    context = _context(request, project, form) | {"preview": shown}
    return render(request, "annotation/exports.html", context, status=422 if form.errors else 200)


def _context(request: HttpRequest, project: Project, form: ExportForm) -> dict[str, Any]:
    return {
        "project": project,
        "form": form,
        "key": uuid.uuid4().hex,
        "aspects": ASPECTS.values(),
        "formats": [(one.title, one.reads, one.keeps.values()) for one in FORMATS.values()],
        "exports": exports_of(_user(request), project.pk)[:LISTED],
    }


@require_safe
def export_page(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    export = export_for_engineer(_user(request), export_id)
    result = result_of(export)
    newest = JobEvent.objects.filter(job=export.job_id).order_by("-id").values_list("id", flat=True).first()
    context = {
        "export": export,
        "format": FORMATS[export.file_format],
        "ended": export.job.state in ENDED,
        "after": newest or 0,
        "result": result,
        "files": files(result) if result else [],
        "splits": _splits(result) if result else [],
        "manifest": json.dumps(result.manifest, indent=2, ensure_ascii=False) if result else "",
        "downloads": downloads_of(export)[:LISTED],
    }
    return render(request, "annotation/export.html", context)


def _splits(result: ExportResult) -> list[tuple[str, int]]:
    """Return the rows of each split, training first."""
    counts = result.manifest["splits"]
    return [(name, counts[name]["rows"]) for name in (*SPLITS, "all") if name in counts]


@require_POST
def export_download(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    """Record who fetches which file, and lead to it."""
    allowed = allow_download(actor=_user(request), export_id=export_id, filename=request.POST.get("file", ""))
    return redirect("export-file", allowed.pk)


@require_safe
def export_file(request: HttpRequest, download_id: uuid.UUID) -> HttpResponseBase:
    path, allowed = file_to_send(_user(request), download_id)
    return send_file(request, path, allowed)
