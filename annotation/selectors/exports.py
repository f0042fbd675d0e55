"""Reads of exports. Engineers of the project's organisation alone; who is none learns nothing of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from annotation.errors import ExportGone
from annotation.exports.build import ARCHIVE, rows_of, tasks
from annotation.exports.manifest import NAME
from annotation.exports.options import Options
from annotation.exports.reading import snapshot
from annotation.exports.release import Release
from annotation.formats.writers.counting import Tally
from annotation.models import Export, ExportDownload, ExportResult, Project
from byhand.accounts.models import Role, User
from byhand.accounts.selectors import organisations_as
from byhand.errors import NotFound

OPEN_FOR = timedelta(days=1)
PREVIEW_ROWS = 3


@dataclass(frozen=True)
class ExportFile:
    name: str
    bytes: int
    sha256: str


def exports_of(user: User, project_id: UUID | None = None) -> QuerySet[Export]:
    """Return the exports of the organisations in which `user` is an engineer, newest first."""
    organisations = organisations_as(user, Role.ENGINEER)
    found = Export.objects.filter(project__organisation__in=organisations).select_related(
        "project", "job", "result", "requested_by"
    )
    found = found if project_id is None else found.filter(project=project_id)
    return found.order_by("-created_at", "-id")


def export_for_engineer(user: User, export_id: UUID) -> Export:
    export = exports_of(user).filter(pk=export_id).first()
    if export is None:
        raise NotFound("No such export.")
    return export


def result_of(export: Export) -> ExportResult | None:
    return ExportResult.objects.filter(export=export).first()


def files(result: ExportResult) -> list[ExportFile]:
    """Return what can be fetched: one file with everything, the manifest, then each file."""
    listed = [
        ExportFile(name, file["bytes"], file["sha256"]) for name, file in result.manifest["files"].items()
    ]
    manifest = _folder(result) / NAME
    size = manifest.stat().st_size if manifest.is_file() else 0
    return [
        ExportFile(ARCHIVE, result.archive_bytes, ""),
        ExportFile(NAME, size, result.manifest_sha256),
        *listed,
    ]


def file_names(result: ExportResult) -> set[str]:
    return {ARCHIVE, NAME, *result.manifest["files"]}


def downloads_of(export: Export) -> QuerySet[ExportDownload]:
    return ExportDownload.objects.filter(export=export).select_related("user").order_by("-created_at", "-id")


def file_to_send(user: User, download_id: UUID, at: datetime | None = None) -> tuple[Path, ExportDownload]:
    """Return the file of a download that `user` was allowed within the last day."""
    now = at or timezone.now()
    allowed = (
        ExportDownload.objects.select_related("export__result", "export__project")
        .filter(pk=download_id, user=user, created_at__gt=now - OPEN_FOR, export__in=exports_of(user))
        .first()
    )
    if allowed is None:
        raise NotFound("No such download, or its day is over. Ask for the file again.")
    path = _folder(allowed.export.result) / allowed.filename
    if not path.is_file():
        raise ExportGone("The files of this export were removed when their time was over. Make it again.")
    return path, allowed


def folder_of(result: ExportResult) -> Path:
    """Return where the files are; for commands on this machine."""
    return _folder(result)


def preview(project: Project, options: Options) -> list[str]:
    """Return the first rows as they would be written, for the eye. Numbers of people are not drawn yet."""
    release = Release(options, project.simulated, "", str(project.pk))
    shape = rows_of(options, Tally())
    with snapshot(project.pk, options) as found:
        rows = (row for task in tasks(found, release, "preview", limit=PREVIEW_ROWS) for row in shape(task))
        return [json.dumps(row, ensure_ascii=False, indent=2) for row in islice(rows, PREVIEW_ROWS)]


def _folder(result: ExportResult) -> Path:
    return Path(settings.EXPORT_ROOT) / result.manifest_sha256
