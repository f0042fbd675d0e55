"""Imports prompts: the whole file or nothing, with every bad row named, and the source kept beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from django.conf import settings
from django.db import transaction

from annotation.errors import BadImport
from annotation.models import Project, Prompt, PromptImport
from annotation.models.prompts import Consent
from annotation.prompt_files import FORMATS, Fields, Problem, Row, format_of, read
from byhand.accounts.models import User
from byhand.accounts.selectors import require_engineer
from byhand.audit.services import record

BATCH = 1000
LISTED = 500  # problems shown; the rest is counted
SAMPLE = 5


@dataclass(frozen=True)
class Source:
    """Where the prompts come from, and why they may be used. All four are required."""

    source: str
    creator: str
    licence: str
    consent: str

    def problems(self) -> list[str]:
        limits = {"source": 300, "creator": 300, "licence": 120}
        found = []
        for name, most in limits.items():
            value = getattr(self, name)
            if not value.strip() or len(value) > most or "\x00" in value:
                found.append(f"{name}: required, at most {most} characters.")
        if self.consent not in Consent.values:
            found.append(f"consent: one of {', '.join(Consent.values)}.")
        return found


@dataclass(frozen=True)
class Checked:
    """What a file holds: how many new prompts, which rows repeat others, and its first rows."""

    sha256: str
    rows: int
    duplicates: tuple[str, ...]
    sample: tuple[Row, ...]


@dataclass(frozen=True)
class ImportResult:
    """`status` is imported, or replayed where this very file is already in the project."""

    status: str
    prompt_import: PromptImport
    rows: int
    duplicates: tuple[str, ...]


def check_prompts(
    *,
    actor: User,
    project: Project,
    filename: str,
    stream: BinaryIO,
    file_format: str = "",
    fields: Fields | None = None,
) -> Checked:
    """Read the whole file and change nothing. Raises BadImport with every bad line."""
    require_engineer(actor, project.organisation_id)
    chosen = _format(filename, file_format)
    digest = _digest(stream)
    duplicates: list[str] = []
    sample: list[Row] = []
    problems: list[str] = []
    bad = 0
    seen: dict[str, int] = {}
    stream.seek(0)
    for entry in read(stream, chosen, fields or Fields()):
        if isinstance(entry, Problem):
            bad += 1
            problems += [str(entry)] if bad <= LISTED else []
        elif entry.sha256 in seen:
            duplicates.append(f"line {entry.line}: same text as line {seen[entry.sha256]}")
        else:
            seen[entry.sha256] = entry.line
            sample += [entry] if len(sample) < SAMPLE else []
    if bad:
        more = [f"and {bad - LISTED} more bad lines"] if bad > LISTED else []
        lines = "bad line" if bad == 1 else "bad lines"
        raise BadImport(f"{bad} {lines}; nothing was imported.", problems + more)
    if not seen:
        raise BadImport("The file has no prompts; nothing was imported.", ["line 1: no rows"])
    known = _known(project, list(seen))
    duplicates += [f"line {seen[sha]}: already in this project" for sha in known]
    rows = len(seen) - len(known)
    return Checked(digest, rows, tuple(duplicates), tuple(row for row in sample if row.sha256 not in known))


def import_prompts(
    *,
    actor: User,
    project: Project,
    filename: str,
    stream: BinaryIO,
    source: Source,
    file_format: str = "",
    fields: Fields | None = None,
) -> ImportResult:
    """Import the new prompts of a seekable file in one transaction.

    Rows whose text is already there are left out and reported. The same file again is `replayed`. Raises
    BadImport with every bad line or missing field, and then nothing was imported.
    """
    require_engineer(actor, project.organisation_id)
    if problems := source.problems():
        raise BadImport("Say where these prompts come from; nothing was imported.", problems)
    chosen, fields = _format(filename, file_format), fields or Fields()
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # one import of a project at a time
        digest = _digest(stream)
        earlier = PromptImport.objects.filter(project=project, sha256=digest).first()
        if earlier is not None:
            return ImportResult("replayed", earlier, earlier.rows, ())
        checked = check_prompts(
            actor=actor, project=project, filename=filename, stream=stream, file_format=chosen, fields=fields
        )
        if checked.rows == 0:
            raise BadImport(
                "Every prompt of this file is already in the project.", list(checked.duplicates[:LISTED])
            )
        made = PromptImport.objects.create(
            project=project,
            filename=filename[-200:].replace("\x00", ""),
            sha256=digest,
            file_format=chosen,
            rows=checked.rows,
            source=source.source.strip(),
            creator=source.creator.strip(),
            licence=source.licence.strip(),
            consent=source.consent,
            created_by=actor,
        )
        _store(made, stream, chosen, fields)
        record(actor_id=actor.pk, action="prompts.imported", subject=f"import:{made.pk}", rows=checked.rows)
    return ImportResult("imported", made, checked.rows, checked.duplicates)


def _store(made: PromptImport, stream: BinaryIO, file_format: str, fields: Fields) -> None:
    stream.seek(0)
    rows = (entry for entry in read(stream, file_format, fields) if isinstance(entry, Row))
    for batch in _batches(rows):
        Prompt.objects.bulk_create(
            [
                Prompt(
                    project_id=made.project_id,
                    prompt_import=made,
                    line=row.line,
                    text=row.text,
                    sha256=row.sha256,
                    prompt_group=row.prompt_group,
                )
                for row in batch
            ],
            ignore_conflicts=True,  # repeated texts, which `check_prompts` has reported
        )


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _format(filename: str, file_format: str) -> str:
    chosen = file_format or format_of(filename)
    if chosen not in FORMATS:
        raise BadImport(
            "Choose the file's format.", ["file: give it the ending .jsonl or .csv, or name the format."]
        )
    return chosen


def _digest(stream: BinaryIO) -> str:
    """Return the sha256 of the file's bytes; raises BadImport past the size limit."""
    digest, size = hashlib.sha256(), 0
    stream.seek(0)
    while block := stream.read(1024 * 1024):
        size += len(block)
        if size > settings.IMPORT_MAX_BYTES:
            limit = settings.IMPORT_MAX_BYTES // (1024 * 1024)
            raise BadImport(
                "The file is too large; nothing was imported.", [f"file: at most {limit} MiB; split it."]
            )
        digest.update(block)
    return digest.hexdigest()


def _known(project: Project, digests: list[str]) -> set[str]:
    known: set[str] = set()
    for start in range(0, len(digests), 5000):
        part = digests[start : start + 5000]
        known |= set(Prompt.objects.filter(project=project, sha256__in=part).values_list("sha256", flat=True))
    return known
