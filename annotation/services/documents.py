"""Writes the terms and guidelines of a project, and who accepted which version of them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from annotation.errors import InvalidProject, NotInvited
from annotation.models import Acceptance, Document, DocumentKind, Participation, Project
from byhand.accounts.models import User
from byhand.accounts.selectors import require_engineer
from byhand.accounts.services import send_message
from byhand.audit.services import record
from byhand.errors import NotFound

LONGEST = 60_000
LONGEST_NOTE = 1000
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
def write_document(*, actor: User, project: Project, kind: str, text: str, change_note: str = "") -> Document:
    """Add a version. The same text as the newest version returns that version instead.

    Whoever accepted the version before is told by a message; they read and accept the new one, paid, before they
    get another item. `change_note` says in a few words what is new; what differs is shown beside it.
    """
    require_engineer(actor, project.organisation_id)
    cleaned = clean_text(DocumentKind(kind).value, text)
    note = _note(change_note)
    digest = hashlib.sha256(cleaned.encode()).hexdigest()
    _lock(project)
    newest = Document.objects.filter(project=project, kind=kind).order_by("-version").first()
    if newest is not None and newest.sha256 == digest:
        return newest
    version = newest.version + 1 if newest else 1
    document = Document.objects.create(
        project=project, kind=kind, version=version, text=cleaned, sha256=digest, created_by=actor,
        change_note=note if newest else "",
    )  # fmt: skip
    record(actor_id=actor.pk, action="document.written", subject=f"document:{document.pk}", version=version)
    if newest is not None:
        _tell(document, newest)
    return document


@transaction.atomic
def write_documents(
    *, actor: User, project: Project, texts: Mapping[str, str], change_notes: Mapping[str, str]
) -> list[Document]:
    """Write several texts by their kind, all or none; what is the same as before stays the version it is."""
    return [
        write_document(
            actor=actor, project=project, kind=kind, text=text, change_note=change_notes.get(kind, "")
        )
        for kind, text in texts.items()
    ]


def accept_document(
    *, user: User, document_id: uuid.UUID, project_id: uuid.UUID | None = None, at: datetime | None = None
) -> Acceptance:
    """Record that `user` accepts this very version; again returns the first record."""
    document = Document.objects.filter(pk=document_id).first()
    if document is not None and project_id not in {None, document.project_id}:
        document = None
    if document is None:
        raise NotFound(_("No such document."))
    if not Participation.objects.filter(project=document.project_id, user=user).exists():
        raise NotInvited(_("Join the project first."))
    acceptance, _made = Acceptance.objects.get_or_create(
        document=document, user=user, defaults={"accepted_at": at or timezone.now()}
    )
    return acceptance


def _tell(document: Document, before: Document) -> None:
    """Say to everybody who accepted the version before that there is a new one, in the project's language."""
    with translation.override(document.project.languages[0]):
        named = {"project": document.project.title, "version": document.version}
        subject = (
            _("%(project)s: new terms, version %(version)s")
            if document.kind == DocumentKind.TERMS
            else _("%(project)s: new guidelines, version %(version)s")
        ) % named
        body = _(
            "The page shows what has changed since the version that you accepted. Reading it is paid: "
            "the clock starts by itself as the page opens."
        )
    if document.change_note:
        body = f"{document.change_note}\n\n{body}"
    for user in User.objects.filter(acceptances__document=before).order_by("pk"):
        send_message(user=user, subject=subject, body=body, link=f"/work/{document.project_id}/")


def _note(text: str) -> str:
    cleaned = text.replace("\r\n", "\n").strip()
    if len(cleaned) > LONGEST_NOTE or "\x00" in cleaned:
        raise InvalidProject(
            "The text can't be used.", [f"change_note: at most {LONGEST_NOTE} characters, without NUL."]
        )
    return cleaned


def _lock(project: Project) -> None:
    """Let one writer of this project's documents in at a time; the table itself can't be locked by rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"documents:{project.pk}"])
