"""Reads for the engineer's pages: projects of their organisations, and how far the work is."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet, Sum

from annotation.models import Ballot, Document, DocumentKind, Item, Project, Skip
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
    """Return how many ballots are still missing over all items."""
    missing = Item.objects.filter(project=project).aggregate(n=Sum(F("overlap") - F("ballots_count")))["n"]
    return int(missing or 0)


def current_document(project_id: uuid.UUID, kind: str) -> Document | None:
    return Document.objects.filter(project=project_id, kind=kind).order_by("-version").first()


def current_documents(project_id: uuid.UUID) -> list[Document]:
    """Return the newest terms and the newest guidelines, in the order in which people read them."""
    found = (current_document(project_id, kind) for kind in (DocumentKind.TERMS, DocumentKind.GUIDELINES))
    return [document for document in found if document is not None]


def progress(project: Project) -> Progress:
    items = Item.objects.filter(project=project).aggregate(
        items=Count("id"),
        done=Count("id", filter=Q(ballots_count__gte=F("overlap"))),
        wanted=Sum("overlap"),
        counted=Sum("ballots_count"),
    )
    return Progress(
        prompts=project.prompts.count(),
        items=items["items"],
        items_done=items["done"],
        ballots_wanted=int(items["wanted"] or 0),
        ballots_counted=int(items["counted"] or 0),
        ballots_surplus=Ballot.objects.filter(item__project=project, surplus=True).count(),
        skips=Skip.objects.filter(lease__project=project).count(),
        people=project.participations.count(),
    )
