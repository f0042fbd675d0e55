"""Exports: asks for one, makes it as a job, lets people fetch its files, and removes files whose time is over.

An export is made in a folder of its own and adopted at once, by the hash of its manifest; a job that starts again
begins with an empty folder. Every access to a file is recorded before it is given.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from annotation.errors import ExportGone, ExportNotReady, KeyReused
from annotation.exports.build import archive, build
from annotation.exports.options import parse_options
from annotation.exports.reading import snapshot
from annotation.models import Export, ExportDownload, ExportResult, Project, Withdrawal
from annotation.selectors.exports import export_for_engineer, file_names
from byhand import folders
from byhand.accounts.models import User
from byhand.accounts.selectors import require_engineer
from byhand.audit.services import record
from byhand.errors import Invalid, NotFound
from byhand.jobs.services import enqueue
from byhand.jobs.worker import JobContext
from byhand.webhooks import services as webhooks

KIND = "annotation.export"


class WithdrawnMeanwhile(Exception):
    """The job is tried again: what it has read is not what may leave."""


STALE = timedelta(days=1)  # an unfinished folder that nobody works on any more


def begin_export(*, actor: User, project: Project, body: Mapping[str, Any], key: str) -> Export:
    """Enqueue an export. The same key with the same options gives the first one; with others it is refused.

    Raises BadOptions with every problem, NotAllowed or KeyReused, and then nothing was enqueued.
    """
    require_engineer(actor, project.organisation_id)
    if not 8 <= len(key) <= 64 or "\x00" in key:
        raise Invalid("The export can't be made.", ["key: 8 to 64 characters."])
    options = parse_options(body)
    asked = {"class": options.export_class, "format": options.file_format, **_rest(options.as_json())}
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # two with one key wait
        known = Export.objects.select_related("job").filter(project=project, key=key).first()
        if known is not None:
            if known.options != asked:
                raise KeyReused("This key was used for an export with other options.")
            return known
        made = Export(
            project=project, simulated=project.simulated, export_class=options.export_class,
            file_format=options.file_format, options=asked, key=key, requested_by=actor,
        )  # fmt: skip
        made.job = enqueue(
            kind=KIND, payload={"export": str(made.pk)}, organisation=project.organisation, created_by=actor
        )
        made.save(force_insert=True)
        record(
            actor_id=actor.pk, action="export.begin", subject=f"export:{made.pk}", project=str(project.pk),
            export_class=made.export_class, file_format=made.file_format,
        )  # fmt: skip
    return made


def _rest(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if name not in {"export_class", "file_format"}}


def make_export(context: JobContext) -> dict[str, Any]:
    """Write the files of one export and adopt them: the handler of the job."""
    export = Export.objects.select_related("project__organisation").get(pk=context.payload["export"])
    earlier = ExportResult.objects.filter(export=export).first()
    if earlier is not None:  # an attempt that died after it had adopted its folder
        return _told(earlier.manifest, earlier.manifest_sha256)
    options, top = parse_options(export.options), Path(settings.EXPORT_ROOT)
    withdrawals = _withdrawals(export)
    with folders.incoming(top) as folder:
        with snapshot(export.project_id, options) as found:
            built = build(
                snapshot=found, project=export.project, options=options, folder=folder,
                secret=settings.SECRET_KEY.encode(), check=context.check,
                progress=lambda done, total: context.progress(done, total, "ballots written"),
            )  # fmt: skip
        context.check()
        size = archive(folder)
        with context.fenced():
            _one_at_a_time()
            if _withdrawals(export) != withdrawals:
                raise WithdrawnMeanwhile("rankings were withdrawn while this was being made")
            folders.keep(folder, top, built.digest)
            _adopt(export, built.manifest, built.digest, size)
    return _told(built.manifest, built.digest)


def _withdrawals(export: Export) -> int:
    return Withdrawal.objects.filter(project=export.project_id).count()


def remove_exports(project_id: UUID) -> int:
    """Remove the files of all exports of a project, because rankings in them were withdrawn; return how many."""
    results = ExportResult.objects.filter(export__project=project_id)
    with transaction.atomic():
        _one_at_a_time()
        # one that was made since has no withdrawn ranking in it
        newest = Withdrawal.objects.filter(project=project_id).aggregate(at=Max("at"))["at"]
        stale = results.filter(finished_at__lte=newest) if newest else results.none()
        found = [
            Path(settings.EXPORT_ROOT) / name for name in stale.values_list("manifest_sha256", flat=True)
        ]
        present = [folder for folder in set(found) if folder.is_dir()]
        for folder in present:
            shutil.rmtree(folder)
    return len(present)


def _told(manifest: Mapping[str, Any], digest: str) -> dict[str, Any]:
    return {"manifest_sha256": digest, "rows": manifest["counts"]["rows"]}


def _adopt(export: Export, manifest: Mapping[str, Any], digest: str, size: int) -> None:
    now = timezone.now()
    _, made = ExportResult.objects.get_or_create(
        export=export,
        defaults={
            "manifest_sha256": digest, "manifest": manifest, "archive_bytes": size, "finished_at": now,
            "kept_until": now + timedelta(days=settings.EXPORT_KEEP_DAYS),
        },
    )  # fmt: skip
    record(
        actor_id=export.requested_by_id, action="export.made", subject=f"export:{export.pk}", manifest=digest
    )
    if made:
        webhooks.publish(
            organisation_id=export.project.organisation_id,
            type="export.ready",
            data={"project": str(export.project_id), "export": str(export.pk), "manifest_sha256": digest},
            at=now,
        )


def allow_download(
    *, actor: User, export_id: UUID, filename: str, at: datetime | None = None
) -> ExportDownload:
    """Record that `actor` fetches a file, and return the record: it opens the file for a day.

    Raises NotFound, ExportNotReady or ExportGone, and then nothing was recorded.
    """
    export, now = export_for_engineer(actor, export_id), at or timezone.now()
    result = ExportResult.objects.filter(export=export).first()
    if result is None:
        raise ExportNotReady("This export has no files yet.")
    if result.kept_until <= now:
        raise ExportGone("The files of this export were removed when their time was over. Make it again.")
    if not (Path(settings.EXPORT_ROOT) / result.manifest_sha256).is_dir():
        raise ExportGone(
            "The files of this export were removed: rankings in it were withdrawn. Make it again."
        )
    if filename not in file_names(result):
        raise NotFound("This export has no such file.")
    with transaction.atomic():
        allowed = ExportDownload.objects.create(export=export, user=actor, filename=filename, created_at=now)
        record(
            actor_id=actor.pk, action="export.download", subject=f"export:{export.pk}", file=filename,
            export_class=export.export_class,
        )  # fmt: skip
    return allowed


def sweep_exports(*, at: datetime | None = None) -> int:
    """Remove the folders that no export keeps any more, and what killed jobs left. Returns how many."""
    now, top, removed = at or timezone.now(), Path(settings.EXPORT_ROOT), 0
    if not top.is_dir():
        return 0
    with transaction.atomic():
        _one_at_a_time()
        kept = set(ExportResult.objects.filter(kept_until__gt=now).values_list("manifest_sha256", flat=True))
        for folder in list(top.iterdir()):
            if folder.name not in kept and not _at_work(folder):
                shutil.rmtree(folder)
                removed += 1
    return removed


def _at_work(folder: Path) -> bool:
    return (
        folder.name.startswith(folders.INCOMING)
        and folder.stat().st_mtime > time.time() - STALE.total_seconds()
    )


def _one_at_a_time() -> None:
    """Wait for whoever adopts or removes a folder: the one that is removed must not be adopted again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('annotation exports', 0))")
