"""Writes the terms and guidelines of a project, and who accepted which version of them."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from annotation.errors import InvalidProject, NotInvited
from annotation.models import Acceptance, Document, DocumentKind, Participation, Project
from byhand.accounts.models import User
from byhand.accounts.selectors import require_engineer
from byhand.audit.services import record
from byhand.errors import NotFound

LONGEST = 60_000
TEXTS = Path(__file__).resolve().parents[1] / "texts"


def default_text(kind: str) -> str:
    """Return the text that a new project starts with."""
    return (TEXTS / f"{DocumentKind(kind).value}.txt").read_text(encoding="utf-8")


def clean_text(name: str, text: str) -> str:
    """Return the text with plain line ends, or raise InvalidProject."""
    cleaned = text.replace("\r\n", "\n").strip()
    if not cleaned:
        raise InvalidProject("The text can't be used.", [f"{name}: required."])
    if len(cleaned) > LONGEST or "\x00" in cleaned:
        raise InvalidProject(
            "The text can't be used.", [f"{name}: at most {LONGEST} characters, without NUL."]
        )
    return cleaned


@transaction.atomic
def write_document(*, actor: User, project: Project, kind: str, text: str) -> Document:
    """Add a version. The same text as the newest version returns that version instead."""
    require_engineer(actor, project.organisation_id)
    cleaned = clean_text(DocumentKind(kind).value, text)
    digest = hashlib.sha256(cleaned.encode()).hexdigest()
    _lock(project)
    newest = Document.objects.filter(project=project, kind=kind).order_by("-version").first()
    if newest is not None and newest.sha256 == digest:
        return newest
    version = newest.version + 1 if newest else 1
    document = Document.objects.create(
        project=project, kind=kind, version=version, text=cleaned, sha256=digest, created_by=actor
    )
    record(actor_id=actor.pk, action="document.written", subject=f"document:{document.pk}", version=version)
    return document


def accept_document(
    *, user: User, document_id: uuid.UUID, project_id: uuid.UUID | None = None, at: datetime | None = None
) -> Acceptance:
    """Record that `user` accepts this very version; again returns the first record."""
    document = Document.objects.filter(pk=document_id).first()
    if document is not None and project_id not in {None, document.project_id}:
        document = None
    if document is None:
        raise NotFound("No such document.")
    if not Participation.objects.filter(project=document.project_id, user=user).exists():
        raise NotInvited("Join the project first.")
    acceptance, _ = Acceptance.objects.get_or_create(
        document=document, user=user, defaults={"accepted_at": at or timezone.now()}
    )
    return acceptance


def _lock(project: Project) -> None:
    """Let one writer of this project's documents in at a time; the table itself can't be locked by rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"documents:{project.pk}"])
