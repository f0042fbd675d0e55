"""What every step of an import does alike: read on from the checkpoint, hold the upload, move on, say how far."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, BinaryIO

from annotation.formats.readers.reading import read
from annotation.formats.rows import CandidateRow, Entry, LabelledRow, Problem, PromptRow
from annotation.import_paths import problems_path, upload_path
from annotation.models import Upload, UploadState
from annotation.services import import_batches
from annotation.services.uploads import Reading, reading_of
from byhand.jobs.errors import Cancelled
from byhand.jobs.worker import JobContext


def entries(upload: Upload, reading: Reading, stream: BinaryIO) -> Iterator[Entry]:
    """Yield the file's rows; one that can't become an item is a problem where items are wanted."""
    k = upload.project.k
    for entry in read(stream, upload.filename, reading.shape, reading.fields):
        if reading.candidates and isinstance(entry, PromptRow):
            count = len(entry.completions) if isinstance(entry, CandidateRow) else 0
            if count != k:
                has = f"{count} completion{'' if count == 1 else 's'}"
                yield Problem(entry.line, "completions", f"has {has}; this project ranks {k}")
                continue
        yield entry


def batches(context: JobContext, upload: Upload) -> Iterator[tuple[list[Entry], int, list[int]]]:
    """Yield batches after the checkpoint: entries, the count they end at, and each row's first place on its line."""
    with upload_path(upload.pk).open("rb") as stream:
        ends_at, places = upload.checkpoint, _Places()
        rest = entries(upload, reading_of(upload), stream)
        for entry in islice(rest, upload.checkpoint):
            places.next(entry)
            context.check()
        for batch in import_batches.batches(rest):
            context.check()
            ends_at += len(batch)
            yield batch, ends_at, [places.next(entry) for entry in batch if isinstance(entry, PromptRow)]


class _Places:
    """Counts the judgements of a line, where one line gives several rows."""

    def __init__(self) -> None:
        self._line, self._next = 0, 0

    def next(self, entry: Entry) -> int:
        if entry.line != self._line:
            self._line, self._next = entry.line, 0
        first = self._next
        self._next += len(entry.answers) if isinstance(entry, LabelledRow) else 0
        return first


@contextmanager
def held(context: JobContext, upload: Upload, state: UploadState) -> Iterator[Upload]:
    """Open a transaction in which this job works on the upload; raise Cancelled where somebody ended it."""
    with context.fenced():
        locked = Upload.objects.select_for_update(of=("self",)).select_related("project").get(pk=upload.pk)
        if locked.state != state or locked.job_id != context.job_id:
            raise Cancelled
        yield locked


def move(locked: Upload, *, checkpoint: int, counts: dict[str, Any], phase: str | None = None) -> None:
    locked.checkpoint, locked.counts = checkpoint, counts
    locked.phase = locked.phase if phase is None else phase
    locked.save(update_fields=["checkpoint", "counts", "phase"])


def tell(context: JobContext, upload: Upload, what: str) -> None:
    total = upload.counts["rows"] + upload.counts["bad"]
    share = upload.checkpoint / total if total else 1.0
    megabytes = f"{share * upload.size / 1e6:,.0f} of {upload.size / 1e6:,.0f} MB"
    context.progress(upload.checkpoint, total, f"{upload.checkpoint:,} of {total:,} rows {what}, {megabytes}")


@contextmanager
def problem_list(upload: Upload) -> Iterator[Any]:
    """Give a CSV writer for the list of bad rows; the file appears when it is whole."""
    path = problems_path(upload.pk)
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("w", encoding="utf-8", newline="", errors="backslashreplace") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "field", "reason"])
        yield writer
    unfinished.replace(path)
