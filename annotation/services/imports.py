"""Begins, resumes and cancels imports; and imports a small file at once, for the demo and the command line.

One import of a project moves at a time: the rows of an unfinished one are unseen, and another that left its own
out as repeated would lose them if the first is cancelled.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation.errors import AlreadyImported, BadImport, BadSource, ImportRunning, TooLateToCancel
from annotation.formats.readers.detection import container_of
from annotation.formats.readers.reading import read
from annotation.formats.readers.records import Fields, Unreadable
from annotation.formats.rows import Entry, Problem, PromptRow
from annotation.models import Project, Prompt, PromptImport, Upload, UploadState
from annotation.models.sources import BUSY
from annotation.services import import_batches
from annotation.services.import_batches import Target, digest
from annotation.services.import_files import BLOCK, too_large
from annotation.services.sources import Source, clean_filename, register_source
from annotation.services.uploads import CHANGEABLE, discard_upload
from byhand.accounts.models import User
from byhand.accounts.selectors import require_engineer
from byhand.audit.services import record
from byhand.jobs.models import ENDED, Job
from byhand.jobs.services import enqueue, request_cancel

LISTED = 500  # problems shown; the rest is counted
SAMPLE = 5
RUNNING = "Another import of this project is running; wait until it is done, or cancel it."

__all__ = ["Checked", "ImportResult", "Source", "check_prompts", "import_prompts", "start_import"]


def start_import(*, actor: User, upload: Upload) -> Upload:
    """Begin to bring a file in. Raises BadSource before its source is known, ImportRunning, AlreadyImported."""
    require_engineer(actor, upload.project.organisation_id)
    try:
        with transaction.atomic():
            locked = (
                Upload.objects.select_for_update(of=("self",)).select_related("project").get(pk=upload.pk)
            )
            if locked.state not in CHANGEABLE:
                return locked
            if locked.source_id is None:
                raise BadSource("Say where these texts come from first.", ["source: required."])
            _refuse_known(locked)
            locked.state, locked.phase, locked.checkpoint = UploadState.IMPORTING, "", 0
            locked.counts, locked.error, locked.ended_at = {}, "", None
            locked.job = _enqueue(locked, actor)
            locked.save()
            record(actor_id=actor.pk, action="import.started", subject=f"upload:{locked.pk}")
    except IntegrityError as error:
        if "upload_one_moves_at_a_time" not in str(error):
            raise
        raise ImportRunning(RUNNING) from error
    return locked


def resume_import(*, actor: User, upload: Upload) -> Upload:
    """Go on with an import whose job ended before the import did. Again, or while it runs: changes nothing."""
    require_engineer(actor, upload.project.organisation_id)
    with transaction.atomic():
        locked = (
            Upload.objects.select_for_update(of=("self",)).select_related("project", "job").get(pk=upload.pk)
        )
        if locked.state not in BUSY or locked.job is None or locked.job.state not in ENDED:
            return locked
        removing = locked.state == UploadState.CANCELLING
        locked.job = _enqueue(locked, actor, "annotation.import.remove" if removing else "annotation.import")
        locked.save(update_fields=["job"])
    return locked


def cancel_import(*, actor: User, upload: Upload, at: datetime | None = None) -> Upload:
    """Stop an import and remove all that it brought. Raises TooLateToCancel once its rows are seen."""
    require_engineer(actor, upload.project.organisation_id)
    if upload.state in CHANGEABLE:
        return discard_upload(actor=actor, upload=upload, at=at)
    with transaction.atomic():
        if upload.job is not None:  # the job's row first, as the job itself does
            request_cancel(actor=actor, job=upload.job, at=at)
        locked = Upload.objects.select_for_update(of=("self",)).select_related("project").get(pk=upload.pk)
        if locked.state in (UploadState.CANCELLING, UploadState.CANCELLED):
            return locked
        if locked.state != UploadState.IMPORTING:
            raise TooLateToCancel("The rows of this import are in use already; they can't be taken back.")
        locked.state = UploadState.CANCELLING
        locked.job = _enqueue(locked, actor, "annotation.import.remove")
        locked.save(update_fields=["state", "job"])
        record(actor_id=actor.pk, action="import.cancelled", subject=f"upload:{locked.pk}")
    return locked


def _enqueue(upload: Upload, actor: User, kind: str = "annotation.import") -> Job:
    return enqueue(
        kind=kind,
        payload={"upload": str(upload.pk)},
        organisation=upload.project.organisation,
        created_by=actor,
    )


def _refuse_known(upload: Upload) -> None:
    known = PromptImport.objects.filter(
        project_id=upload.project_id, sha256=upload.sha256, brings=upload.brings
    ).first()
    if known is not None:
        raise AlreadyImported(
            f"This very file is in the project already: {known.rows:,} prompts. Nothing was changed."
        )


@dataclass(frozen=True)
class Checked:
    """What a file holds: how many new prompts, which rows repeat others, and its first rows."""

    sha256: str
    rows: int
    duplicates: tuple[str, ...]
    sample: tuple[PromptRow, ...]


@dataclass(frozen=True)
class ImportResult:
    """`status` is imported, or replayed where this very file is already in the project."""

    status: str
    prompt_import: PromptImport
    rows: int
    duplicates: tuple[str, ...]


def check_prompts(
    *, actor: User, project: Project, filename: str, stream: BinaryIO, fields: Fields | None = None
) -> Checked:
    """Read the whole file and change nothing. Raises BadImport with every bad line."""
    require_engineer(actor, project.organisation_id)
    _require_readable(stream, filename)
    file_digest = _digest(stream)
    duplicates: list[str] = []
    sample: list[PromptRow] = []
    problems: list[str] = []
    bad = 0
    seen: dict[str, int] = {}
    for entry in _prompts(stream, filename, fields):
        if isinstance(entry, Problem):
            bad += 1
            problems += [str(entry)] if bad <= LISTED else []
        elif (sha256 := digest(entry.prompt)) in seen:
            duplicates.append(f"line {entry.line}: same text as line {seen[sha256]}")
        else:
            seen[sha256] = entry.line
            sample += [entry] if len(sample) < SAMPLE else []
    if bad:
        more = [f"and {bad - LISTED} more bad lines"] if bad > LISTED else []
        lines = "bad line" if bad == 1 else "bad lines"
        raise BadImport(f"{bad} {lines}; nothing was imported.", problems + more)
    if not seen:
        raise BadImport("The file has no prompts; nothing was imported.", ["line 1: no rows"])
    known = _known(project, list(seen))
    duplicates += [f"line {seen[sha]}: already in this project" for sha in known]
    fresh = tuple(row for row in sample if digest(row.prompt) not in known)
    return Checked(file_digest, len(seen) - len(known), tuple(duplicates), fresh)


def import_prompts(
    *,
    actor: User,
    project: Project,
    filename: str,
    stream: BinaryIO,
    source: Source,
    fields: Fields | None = None,
) -> ImportResult:
    """Import the prompts of a small seekable file in one transaction, in the caller's own process.

    Rows whose text is already there are left out and reported. The same file again is `replayed`. Raises
    BadImport with every bad line, BadSource with every missing answer, and then nothing was imported.
    """
    require_engineer(actor, project.organisation_id)
    if problems := source.problems():
        raise BadSource("Say where these texts come from; nothing was imported.", problems)
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # one import of a project at a time
        if Upload.objects.filter(project=project, state__in=BUSY).exists():
            raise ImportRunning(RUNNING)
        earlier = PromptImport.objects.filter(
            project=project, sha256=_digest(stream), brings="prompts"
        ).first()
        if earlier is not None:
            return ImportResult("replayed", earlier, earlier.rows, ())
        checked = check_prompts(actor=actor, project=project, filename=filename, stream=stream, fields=fields)
        if checked.rows == 0:
            raise BadImport(
                "Every prompt of this file is already in the project.", list(checked.duplicates[:LISTED])
            )
        made = PromptImport.objects.create(
            project=project,
            source=register_source(actor=actor, project=project, answers=source),
            filename=clean_filename(filename, "prompts"),
            sha256=checked.sha256,
            file_format=container_of(stream, filename),
            rows=checked.rows,
            created_by=actor,
        )
        for batch in import_batches.batches(_prompts(stream, filename, fields)):
            import_batches.write_prompts(Target(project.pk, made.pk), batch)
        made.published_at = timezone.now()
        made.save(update_fields=["published_at"])
        record(actor_id=actor.pk, action="prompts.imported", subject=f"import:{made.pk}", rows=checked.rows)
    return ImportResult("imported", made, checked.rows, checked.duplicates)


def _prompts(stream: BinaryIO, filename: str, fields: Fields | None) -> Iterator[Entry]:
    return read(stream, filename, "prompts", fields or Fields())


def _require_readable(stream: BinaryIO, filename: str) -> None:
    stream.seek(0, io.SEEK_END)
    if stream.tell() == 0:
        raise BadImport("The file has no prompts; nothing was imported.", ["line 1: no rows"])
    try:
        container_of(stream, filename)
    except Unreadable as error:
        raise BadImport("The file can't be read; nothing was imported.", [f"file: {error}"]) from error


def _digest(stream: BinaryIO) -> str:
    """Return the sha256 of the file's bytes; raises BadImport past the size limit."""
    found, size = hashlib.sha256(), 0
    stream.seek(0)
    while block := stream.read(BLOCK):
        size += len(block)
        if size > settings.IMPORT_MAX_BYTES:
            raise too_large(settings.IMPORT_MAX_BYTES)
        found.update(block)
    return found.hexdigest()


def _known(project: Project, digests: list[str]) -> set[str]:
    known: set[str] = set()
    for start in range(0, len(digests), 5000):
        part = digests[start : start + 5000]
        known |= set(Prompt.objects.filter(project=project, sha256__in=part).values_list("sha256", flat=True))
    return known
