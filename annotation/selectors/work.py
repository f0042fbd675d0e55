"""Reads for the annotator: which projects, which step is next, and the item in their hands."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from annotation.models import (
    Acceptance,
    Completion,
    Document,
    DocumentKind,
    Lease,
    LeaseState,
    Participation,
    Project,
    ProjectState,
)
from annotation.selectors.projects import current_documents
from byhand.accounts.models import User
from byhand.accounts.selectors import invited_projects
from byhand.errors import NotFound
from wages.models import WorkerClock
from wages.work import Category

WORKING = frozenset({Category.TASK.value, Category.WAITING.value, Category.UNKNOWN.value})


@dataclass(frozen=True)
class Shown:
    """A completion as it stands on this worker's page: `place` counts from 1 in the shuffled order."""

    place: int
    index: int
    text: str


@dataclass(frozen=True)
class HeldItem:
    lease_id: uuid.UUID
    prompt: str
    completions: tuple[Shown, ...]
    taken_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Step:
    """What the worker does next: join, terms, guidelines, start, break, rank, waiting or closed."""

    name: str
    document: Document | None = None
    lease: Lease | None = None


def projects_for(user: User) -> QuerySet[Project]:
    """Return the projects that `user` takes part in or is invited to, newest first."""
    joined = Participation.objects.filter(user=user).values("project")
    return (
        Project.objects.filter(Q(pk__in=joined) | Q(pk__in=invited_projects(user)))
        .exclude(state=ProjectState.DRAFT)
        .select_related("organisation")
        .order_by("-created_at")
    )


def project_for_worker(user: User, project_id: uuid.UUID) -> Project:
    """Return the project, or raise NotFound: nobody learns of projects that they are not invited to."""
    project = Project.objects.filter(pk=project_id).select_related("organisation").first()
    joined = Participation.objects.filter(project=project_id, user=user).exists()
    if project is None or not (joined or project_id in invited_projects(user)):
        raise NotFound("No such project, or you are not invited to it.")
    return project


def live_lease(user: User, project: Project) -> Lease | None:
    return (
        Lease.objects.filter(worker=user, project=project, state=LeaseState.LIVE).order_by("taken_at").first()
    )


def clock_in(user: User, project: Project) -> str:
    """Return the category that the worker's clock has in this project; blank: stopped, or elsewhere."""
    return (
        WorkerClock.objects.filter(worker=user, project=project.pk).values_list("category", flat=True).first()
        or ""
    )


def next_step(user: User, project: Project) -> Step:
    """Return the one thing to do now."""
    if not Participation.objects.filter(project=project, user=user).exists():
        return Step("join")
    for document in current_documents(project.pk):
        if not Acceptance.objects.filter(document=document, user=user).exists():
            return Step(DocumentKind(document.kind).value, document=document)
    lease, category = live_lease(user, project), clock_in(user, project)
    if category == Category.BREAK:
        return Step("break", lease=lease)
    if lease is not None:
        return Step("rank" if category in WORKING else "start", lease=lease)
    if project.state != ProjectState.OPEN:
        return Step("closed")
    return Step("waiting" if category == Category.WAITING else "start")


def held_item(lease: Lease) -> HeldItem:
    """Return the prompt and the completions of a lease in the order in which its worker sees them."""
    item = lease.item
    rows = Completion.objects.filter(generation=item.generation_id, prompt=item.prompt_id)
    texts = dict(rows.values_list("index", "text"))
    shown = (Shown(place, index, texts[index]) for place, index in enumerate(lease.shown_order, start=1))
    return HeldItem(lease.pk, item.prompt.text, tuple(shown), lease.taken_at, lease.expires_at)
