"""What the import job does: check the whole file, write its rows unseen, show them at once, open items.

Each step may be cut off at any moment and run again. Every batch commits together with the count of rows that it
ends at, under the job's fence and the upload's lock; a successor reads past as many rows. Bad rows are found before
anything is written, so a refused file leaves nothing to remove.
"""

from __future__ import annotations

import time
import uuid
from typing import Any, cast

from django.db import connection
from django.utils import timezone

from annotation.errors import BadImport
from annotation.formats.cells import guarded
from annotation.formats.rows import CandidateRow, LabelledRow, Problem, PromptRow
from annotation.import_paths import upload_path
from annotation.models import BadRows, Generation, PromptImport, Source, Upload, UploadState
from annotation.services import import_batches
from annotation.services.import_batches import Target
from annotation.services.import_files import remove_all, remove_file, sha256_of
from annotation.services.import_steps import batches, entries, held, move, problem_list, tell
from annotation.services.uploads import reading_of
from byhand.audit.services import record
from byhand.jobs.worker import JobContext
from byhand.webhooks import services as webhooks

LISTED = 100  # problems in the error of a refused file; the list of all is a file
REMOVED_AT_ONCE = 5000
CHECK, WRITE, OPEN = "check", "write", "open"


def run_import(context: JobContext) -> dict[str, Any]:
    """Bring a file in, from where an earlier attempt stopped. Raises BadImport where it is refused."""
    upload = Upload.objects.select_related("project", "source").get(pk=context.payload["upload"])
    if upload.state == UploadState.IMPORTING and upload.phase in ("", CHECK):
        _check(context, upload)
    if upload.state == UploadState.IMPORTING and upload.phase == WRITE:
        _write(context, upload)
        _publish(context, upload)
    if upload.state == UploadState.OPENING:
        _open(context, upload)
        _end(context, upload)
    remove_file(upload.pk)
    return {"upload": str(upload.pk), "state": upload.state, **upload.counts}


def run_removal(context: JobContext) -> dict[str, Any]:
    """Remove everything that a cancelled import has written; it was never seen."""
    upload = Upload.objects.get(pk=context.payload["upload"])
    made = PromptImport.objects.filter(upload=upload, published_at__isnull=True).first()
    removed = 0
    for table in ("annotation_outsidelabel", "annotation_prompt") if made else ():
        while gone := _remove_some(context, table, made.pk if made else None):
            removed += gone
            context.progress(removed, 0, f"{removed:,} rows removed")
    with held(context, upload, UploadState.CANCELLING) as locked:
        PromptImport.objects.filter(upload=locked, published_at__isnull=True).delete()
        locked.state, locked.ended_at = UploadState.CANCELLED, timezone.now()
        locked.save(update_fields=["state", "ended_at"])
    remove_all(upload.pk)
    return {"removed": removed}


def _check(context: JobContext, upload: Upload) -> None:
    """Read the whole file and write nothing but the list of its bad rows."""
    path = upload_path(upload.pk)
    if not path.is_file() or sha256_of(path) != upload.sha256:
        _refuse(
            context, upload, "The file on the server is not the one that was uploaded; upload it again.", []
        )
    reading, began = reading_of(upload), time.monotonic()
    counts = {"rows": 0, "bad": 0, "candidates": 0, "labels": 0}
    first: list[str] = []
    with path.open("rb") as stream, problem_list(upload) as listed:
        for entry in entries(upload, reading, stream):
            context.check()
            if isinstance(entry, Problem):
                counts["bad"] += 1
                listed.writerow([entry.line, guarded(entry.field), guarded(entry.reason)])
                first += [str(entry)] if len(first) < LISTED else []
                continue
            counts["rows"] += 1
            counts["candidates"] += isinstance(entry, CandidateRow)
            counts["labels"] += len(entry.answers) if isinstance(entry, LabelledRow) else 0
            if counts["rows"] % 1000 == 0:
                context.progress(stream.tell(), upload.size, f"checked {counts['rows']:,} rows")
    upload.counts = {**counts, "check_seconds": round(time.monotonic() - began, 1)}
    if counts["bad"] and upload.bad_rows == BadRows.REFUSE:
        rows = "row is" if counts["bad"] == 1 else "rows are"
        _refuse(context, upload, f"{counts['bad']:,} {rows} bad; nothing was imported.", first)
    if not counts["rows"]:
        _refuse(context, upload, "The file has no usable row; nothing was imported.", first)
    _begin_writing(context, upload)


def _refuse(context: JobContext, upload: Upload, message: str, problems: list[str]) -> None:
    with held(context, upload, UploadState.IMPORTING) as locked:
        locked.state, locked.error = UploadState.FAILED, message
        locked.counts, locked.phase, locked.ended_at = upload.counts, "", timezone.now()
        locked.save(update_fields=["state", "error", "counts", "phase", "ended_at"])
    raise BadImport(message, problems)


def _begin_writing(context: JobContext, upload: Upload) -> None:
    with held(context, upload, UploadState.IMPORTING) as locked:
        PromptImport.objects.create(
            project_id=locked.project_id,
            source=cast(Source, upload.source),  # the database lets none move without
            upload=locked,
            filename=locked.filename,
            sha256=locked.sha256,
            file_format=locked.file_format,
            brings=locked.brings,
            rows=0,
            created_by_id=locked.created_by_id,
        )
        counts = {**upload.counts, "new": 0, "repeated": 0, "labels_kept": 0, "opened": 0, "write_seconds": 0}
        move(locked, phase=WRITE, checkpoint=0, counts=counts)
    upload.refresh_from_db()


def _write(context: JobContext, upload: Upload) -> None:
    """Write prompts and labels in batches; nobody sees them until `_publish`."""
    target = Target(upload.project_id, PromptImport.objects.get(upload=upload).pk)
    for batch, ends_at, places in batches(context, upload):
        began = time.monotonic()
        rows = [entry for entry in batch if isinstance(entry, PromptRow)]
        judged = [
            (place, row) for row, place in zip(rows, places, strict=True) if isinstance(row, LabelledRow)
        ]
        with held(context, upload, UploadState.IMPORTING) as locked:
            counts = locked.counts
            new = import_batches.write_prompts(target, rows)
            counts["new"] += new
            counts["repeated"] += len(rows) - new
            counts["labels_kept"] += (
                import_batches.write_labels(target, judged) if "labels" in locked.brings else 0
            )
            counts["write_seconds"] = round(counts["write_seconds"] + time.monotonic() - began, 3)
            move(locked, checkpoint=ends_at, counts=counts)
        tell(context, locked, "written")
    upload.refresh_from_db()


def _publish(context: JobContext, upload: Upload) -> None:
    """Show all rows at once: one row of one table changes, however many prompts there are."""
    with held(context, upload, UploadState.IMPORTING) as locked:
        made = PromptImport.objects.get(upload=locked)
        made.rows, made.labels, made.published_at = (
            locked.counts["new"],
            locked.counts["labels_kept"],
            timezone.now(),
        )
        made.save(update_fields=["rows", "labels", "published_at"])
        opening = "candidates" in locked.brings
        if opening:
            Generation.objects.get_or_create(
                job_id=locked.pk,
                defaults={
                    "project_id": locked.project_id,
                    "policy_digest": locked.sha256,
                    "policy_name": "imported",
                    "sampling": {"import": str(made.pk), "file": locked.filename},
                },
            )
        locked.state = UploadState.OPENING if opening else UploadState.DONE
        locked.ended_at = None if opening else timezone.now()
        locked.save(update_fields=["state", "ended_at"])
        move(locked, phase=OPEN if opening else "", checkpoint=0, counts=locked.counts)
        record(
            actor_id=locked.created_by_id,
            action="prompts.imported",
            subject=f"import:{made.pk}",
            rows=made.rows,
        )
        if not opening:
            _announce(locked, made.pk)
    upload.refresh_from_db()


def _open(context: JobContext, upload: Upload) -> None:
    """Give prompts their candidate completions and open their items, batch by batch."""
    target = Target(upload.project_id, PromptImport.objects.get(upload=upload).pk)
    generation = Generation.objects.get(job_id=upload.pk)
    for batch, ends_at, _ in batches(context, upload):
        rows = [entry for entry in batch if isinstance(entry, CandidateRow)]
        with held(context, upload, UploadState.OPENING) as locked:
            locked.counts["opened"] += import_batches.write_candidates(target, generation.pk, rows)
            move(locked, checkpoint=ends_at, counts=locked.counts)
        tell(context, locked, "opened")


def _end(context: JobContext, upload: Upload) -> None:
    with held(context, upload, UploadState.OPENING) as locked:
        Generation.objects.filter(job_id=locked.pk).update(finished_at=timezone.now())
        locked.state, locked.phase, locked.ended_at = UploadState.DONE, "", timezone.now()
        locked.save(update_fields=["state", "phase", "ended_at"])
        _announce(locked, PromptImport.objects.get(upload=locked).pk)
    upload.refresh_from_db()


def _announce(upload: Upload, import_id: uuid.UUID) -> None:
    """Tell the organisation's webhooks that the import is whole, in the transaction that made it so."""
    webhooks.publish(
        organisation_id=upload.project.organisation_id,
        type="import.finished",
        data={
            "project": str(upload.project_id),
            "import": str(import_id),
            "upload": str(upload.pk),
            "counts": upload.counts,
        },
    )


def _remove_some(context: JobContext, table: str, import_id: uuid.UUID | None) -> int:
    with context.fenced(), connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE prompt_import_id = %s LIMIT %s)",  # noqa: S608
            [import_id, REMOVED_AT_ONCE],
        )
        return int(cursor.rowcount)
