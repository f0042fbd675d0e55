"""Takes in a file that shall be imported, remembers how it is to be read, and shows its first rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from annotation.errors import BadImport
from annotation.formats.readers.detection import SHAPE_NAMES, Looks, look
from annotation.formats.readers.reading import read
from annotation.formats.readers.records import Fields, Unreadable
from annotation.formats.rows import CandidateRow, LabelledRow, Problem, PromptRow
from annotation.import_paths import upload_path
from annotation.models import BadRows, Project, Upload, UploadState
from annotation.services.import_files import Stored, adopt, remove_all, remove_left_behind
from annotation.services.sources import Source, clean_filename, register_source
from byhand.accounts.models import User
from byhand.accounts.selectors import require_engineer
from byhand.audit.services import record
from byhand.errors import NotFound

PREVIEWED_ROWS = 500
SAMPLE = 5
PROBLEMS = 20
MAX_NAME = 120
PROMPTS, CANDIDATES, LABELS = "prompts", "candidates", "labels"
KEPT = timedelta(days=7)
LEFT_BEHIND = timedelta(days=1)  # what a killed process was still receiving
CHANGEABLE = (UploadState.UPLOADED, UploadState.PREVIEWED, UploadState.FAILED)


@dataclass(frozen=True)
class Reading:
    """How a file is to be read, and what of it is to be kept beside its prompts."""

    shape: str = "prompts"
    fields: Fields = field(default_factory=Fields)
    candidates: bool = False
    labels: bool = False
    bad_rows: str = BadRows.REFUSE

    @property
    def brings(self) -> str:
        parts = [PROMPTS, *([CANDIDATES] if self.candidates else []), *([LABELS] if self.labels else [])]
        return "+".join(parts)

    def problems(self) -> list[str]:
        found = []
        if self.shape not in SHAPE_NAMES:
            found.append(f"shape: one of {', '.join(SHAPE_NAMES)}.")
        if self.bad_rows not in BadRows.values:
            found.append(f"bad_rows: one of {', '.join(BadRows.values)}.")
        for name, value in asdict(self.fields).items():
            names = [value] if isinstance(value, str) else value
            if len(names) > 50 or any(len(one) > MAX_NAME or "\x00" in one for one in names):
                found.append(f"{name}: names of fields, at most {MAX_NAME} characters each.")
        return found


@dataclass(frozen=True)
class Preview:
    """The first rows of a file, as they would be read."""

    looks: str
    names: tuple[str, ...]
    reading: Reading
    rows: int
    problems: int
    complete: bool  # the whole file was looked at
    sample: tuple[PromptRow, ...]
    bad: tuple[Problem, ...]
    with_completions: int
    with_answers: int


def begin_upload(
    *, actor: User, project: Project, filename: str, stored: Stored, at: datetime | None = None
) -> Upload:
    """Keep a file that came whole. Raises BadImport with what it is, where no reader knows it."""
    require_engineer(actor, project.organisation_id)
    try:
        with stored.path.open("rb") as stream:
            looks = look(stream, filename)
        upload = Upload(
            project=project,
            filename=clean_filename(filename, "file"),
            size=stored.size,
            sha256=stored.sha256,
            created_by=actor,
            created_at=at or timezone.now(),
            **_columns(suggested(looks)),
        )
        adopt(stored, upload_path(upload.pk))
    except Unreadable as error:
        raise BadImport("The file can't be read; nothing was imported.", [f"file: {error}"]) from error
    finally:
        stored.drop()
    with transaction.atomic():
        upload.save(force_insert=True)
        record(actor_id=actor.pk, action="import.uploaded", subject=f"upload:{upload.pk}", size=stored.size)
    return upload


def answer_source(*, actor: User, upload: Upload, answers: Source) -> Upload:
    """Write where the file's texts come from. Once; the register keeps what was said."""
    with transaction.atomic():
        locked = _locked(actor, upload)
        if locked.source_id is None:
            locked.source = register_source(actor=actor, project=locked.project, answers=answers)
            locked.save(update_fields=["source"])
    return locked


def set_reading(*, actor: User, upload: Upload, reading: Reading) -> Upload:
    """Remember how the file is to be read, until its import begins."""
    if problems := reading.problems():
        raise BadImport("The file can't be read like this.", problems)
    with transaction.atomic():
        locked = _locked(actor, upload)
        if locked.state in CHANGEABLE:
            locked.state = UploadState.PREVIEWED
            Upload.objects.filter(pk=locked.pk).update(state=locked.state, **_columns(reading))
    return Upload.objects.get(pk=upload.pk)


def discard_upload(*, actor: User, upload: Upload, at: datetime | None = None) -> Upload:
    """Throw away a file whose import has not begun."""
    with transaction.atomic():
        locked = _locked(actor, upload)
        if locked.state not in CHANGEABLE:
            return locked
        locked.state, locked.ended_at = UploadState.CANCELLED, at or timezone.now()
        locked.save(update_fields=["state", "ended_at"])
        record(actor_id=actor.pk, action="import.cancelled", subject=f"upload:{locked.pk}")
        transaction.on_commit(lambda: remove_all(locked.pk))
    return locked


def sweep_uploads(*, at: datetime | None = None) -> int:
    """Throw away files that nobody imported within KEPT; return how many."""
    now = at or timezone.now()
    swept = 0
    for upload in Upload.objects.filter(state__in=CHANGEABLE, created_at__lt=now - KEPT):
        dropped = Upload.objects.filter(pk=upload.pk, state=upload.state).update(
            state=UploadState.CANCELLED, ended_at=now
        )
        if dropped:
            remove_all(upload.pk)
            swept += 1
    remove_left_behind(older_than=now - LEFT_BEHIND)
    return swept


def preview(upload: Upload) -> Preview:
    """Read the first rows and change nothing. Raises NotFound where the file is gone."""
    path = upload_path(upload.pk)
    if not path.is_file():
        raise NotFound("The file is not kept any more; upload it again.")
    reading = reading_of(upload)
    with path.open("rb") as stream:
        looks = look(stream, upload.filename)
        entries = list(
            islice(read(stream, upload.filename, reading.shape, reading.fields), PREVIEWED_ROWS + 1)
        )
    shown = entries[:PREVIEWED_ROWS]
    rows = [entry for entry in shown if not isinstance(entry, Problem)]
    bad = [entry for entry in shown if isinstance(entry, Problem)]
    return Preview(
        looks=str(looks),
        names=looks.fields,
        reading=reading,
        rows=len(rows),
        problems=len(bad),
        complete=len(entries) <= PREVIEWED_ROWS,
        sample=tuple(rows[:SAMPLE]),
        bad=tuple(bad[:PROBLEMS]),
        with_completions=sum(1 for row in rows if isinstance(row, CandidateRow) and row.completions),
        with_answers=sum(1 for row in rows if isinstance(row, LabelledRow) and row.answers),
    )


def suggested(looks: Looks) -> Reading:
    """Return how a file of this look is read at first: its judgements are kept as outside labels."""
    return Reading(looks.shape, looks.suggested, labels=looks.shape != "prompts")


def reading_of(upload: Upload) -> Reading:
    mapping: Mapping[str, Any] = upload.mapping
    return Reading(
        shape=upload.file_format,
        fields=Fields(
            text=mapping.get("text", ""),
            group=mapping.get("group", ""),
            language=mapping.get("language", ""),
            completions=tuple(mapping.get("completions", ())),
            metadata=tuple(mapping.get("metadata", ())),
        ),
        candidates=CANDIDATES in upload.brings,
        labels=LABELS in upload.brings,
        bad_rows=upload.bad_rows,
    )


def _columns(reading: Reading) -> dict[str, Any]:
    return {
        "file_format": reading.shape,
        "mapping": asdict(reading.fields),
        "brings": reading.brings,
        "bad_rows": reading.bad_rows,
    }


def _locked(actor: User, upload: Upload) -> Upload:
    locked = Upload.objects.select_for_update(of=("self",)).select_related("project").get(pk=upload.pk)
    require_engineer(actor, locked.project.organisation_id)
    return locked
