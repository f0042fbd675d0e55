"""Reads of the source register, of imports, and of what others said of completions."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from annotation.import_paths import problems_path
from annotation.models import OutsideLabel, Project, PromptImport, Source, SourceEvidence, Upload
from byhand.accounts.models import Membership, Role, User
from byhand.errors import NotFound

SHOWN_PROBLEMS = 100


@dataclass(frozen=True)
class OutsideLabelRow:
    """One outside label, with the prompt it is about. `answer` has the shape of a ballot's JSON."""

    label_id: int
    prompt_id: int
    prompt_group: str
    prompt: str
    language: str
    completions: tuple[str, ...]
    answer: dict[str, Any]
    note: str
    annotator_hash: str
    import_id: uuid.UUID


def upload_for(project: Project, upload_id: uuid.UUID) -> Upload:
    """Return an import of a project that the caller may see; NotFound otherwise."""
    found = (
        Upload.objects.filter(project=project, pk=upload_id)
        .select_related("job", "source", "project__organisation")
        .first()
    )
    if found is None:
        raise NotFound("No such import.")
    return found


def uploads_of(project: Project) -> QuerySet[Upload]:
    return (
        Upload.objects.filter(project=project).select_related("job", "source").order_by("-created_at", "-id")
    )


def sources_of(project: Project) -> QuerySet[Source]:
    """Return the project's register, newest first, with evidence and what came in from each source."""
    published = PromptImport.objects.filter(published_at__isnull=False).order_by("created_at")
    return (
        Source.objects.filter(project=project)
        .select_related("created_by")
        .prefetch_related("evidence", Prefetch("imports", queryset=published))
        .order_by("-created_at", "-id")
    )


def evidence_for(user: User, evidence_id: uuid.UUID) -> SourceEvidence:
    """Return a file of evidence; only engineers and stewards of the organisation know that it exists."""
    member = Membership.objects.filter(
        Q(role=Role.ENGINEER) | Q(role=Role.STEWARD), user_id=user.pk, organisation__isnull=False
    ).values("organisation_id")
    found = SourceEvidence.objects.filter(pk=evidence_id, source__project__organisation__in=member).first()
    if found is None:
        raise NotFound("No such file.")
    return found


def first_problems(upload: Upload) -> list[tuple[str, str, str]]:
    """Return the first bad rows as (line, field, reason); none where no list was made."""
    path = problems_path(upload.pk)
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = islice(csv.reader(file), 1, SHOWN_PROBLEMS + 1)
        return [(line, field, reason) for line, field, reason in rows]


def outside_labels(project_id: uuid.UUID) -> Iterator[OutsideLabelRow]:
    """Yield the outside labels of published imports, in the order in which they came. No wages belong to them."""
    labels = OutsideLabel.objects.filter(prompt__project=project_id).select_related("prompt").order_by("pk")
    for label in labels.iterator(chunk_size=500):
        yield OutsideLabelRow(
            label_id=label.pk,
            prompt_id=label.prompt_id,
            prompt_group=label.prompt.prompt_group,
            prompt=label.prompt.text,
            language=label.prompt.language,
            completions=tuple(label.completions),
            answer=label.answer,
            note=label.note,
            annotator_hash=label.annotator_hash,
            import_id=label.prompt_import_id,
        )
