"""Reads for the engineer's pages: projects of their organisations, and how far the work is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Greatest

from annotation.models import Ballot, Document, DocumentKind, Item, ItemRole, Project, Skip, StateChange
from byhand.accounts.models import Role, User
from byhand.accounts.selectors import organisations_as
from byhand.errors import NotFound


@dataclass(frozen=True)
class Progress:
    """Counts of a project. Nothing in here is about one person."""

    prompts: int
    items: int
    items_done: int
    ballots_wanted: int
    ballots_counted: int
    ballots_surplus: int
    skips: int
    people: int

    @property
    def items_open(self) -> int:
        return self.items - self.items_done


def projects_of(user: User) -> QuerySet[Project]:
    """Return the projects of every organisation in which `user` is an engineer."""
    organisations = organisations_as(user, Role.ENGINEER)
    return (
        Project.objects.filter(organisation__in=organisations)
        .select_related("organisation")
        .order_by("-created_at")
    )


def project_for_engineer(user: User, project_id: uuid.UUID) -> Project:
    """Return the project, or raise NotFound: who is no engineer of its organisation learns nothing of it."""
    project = projects_of(user).filter(pk=project_id).first()
    if project is None:
        raise NotFound("No such project.")
    return project


def ballots_wanted(project: Project) -> int:
    """Return how many ballots are still missing over all items, or up to the target where that is less."""
    sums = Item.objects.filter(project=project, role=ItemRole.RANK).aggregate(
        missing=Sum(Greatest(F("overlap") - F("ballots_count"), 0)), counted=Sum("ballots_count")
    )
    missing, counted = int(sums["missing"] or 0), int(sums["counted"] or 0)
    if project.target_ballots is None:
        return missing
    return min(missing, max(project.target_ballots - counted, 0))


def current_document(project_id: uuid.UUID, kind: str) -> Document | None:
    return Document.objects.filter(project=project_id, kind=kind).order_by("-version").first()


def current_documents(project_id: uuid.UUID) -> list[Document]:
    """Return the newest terms and the newest guidelines, in the order in which people read them."""
    found = (current_document(project_id, kind) for kind in (DocumentKind.TERMS, DocumentKind.GUIDELINES))
    return [document for document in found if document is not None]


def document_versions(project_id: uuid.UUID, kind: str) -> list[Document]:
    """Return every version, the newest first."""
    return list(
        Document.objects.filter(project=project_id, kind=kind)
        .select_related("created_by")
        .order_by("-version")
    )


def all_documents(project_id: uuid.UUID) -> QuerySet[Document]:
    """Return every version of every text."""
    return Document.objects.filter(project=project_id)


def accepted_before(user: User, document: Document) -> Document | None:
    """Return the newest earlier version that `user` has accepted, so that the page can say what changed."""
    return (
        Document.objects.filter(
            project=document.project_id,
            kind=document.kind,
            version__lt=document.version,
            acceptances__user=user,
        )
        .order_by("-version")
        .first()
    )


def pause_words(project: Project) -> str:
    """Return what annotators read about the state that the project is in; blank where nobody said anything."""
    newest = StateChange.objects.filter(project=project).order_by("-pk").first()
    return newest.words if newest is not None and newest.state == project.state else ""


def progress(project: Project) -> Progress:
    items = Item.objects.filter(project=project, role=ItemRole.RANK).aggregate(
        items=Count("id"),
        done=Count("id", filter=Q(ballots_count__gte=F("overlap"))),
        wanted=Sum("overlap"),
        counted=Sum("ballots_count"),
    )
    return Progress(
        prompts=project.prompts.count(),
        items=items["items"],
        items_done=items["done"],
        ballots_wanted=min(int(items["wanted"] or 0), project.target_ballots or int(items["wanted"] or 0)),
        ballots_counted=int(items["counted"] or 0),
        ballots_surplus=Ballot.objects.filter(item__project=project, surplus=True).count(),
        skips=Skip.objects.filter(lease__project=project).count(),
        people=project.participations.count(),
    )
