"""Removals as the person sees them, as a project's engineers and stewards see them, and as counts for reports."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from annotation.models import Participation, Project, Removal, RemovalStep
from byhand.accounts.models import Membership, Role, User
from byhand.errors import NotFound


@dataclass(frozen=True)
class RemovalView:
    """One removal with its history. `pseudonym` is what the organisation knows the person by."""

    row: Removal
    steps: list[RemovalStep]
    pseudonym: str
    in_effect: bool

    @property
    def over(self) -> bool:
        return any(step.kind in RemovalStep.OVER for step in self.steps)

    @property
    def appealed(self) -> bool:
        return any(step.kind == RemovalStep.APPEALED for step in self.steps)

    @property
    def decided(self) -> bool:
        return any(step.kind in {RemovalStep.UPHELD, RemovalStep.REVERSED} for step in self.steps)


def removals_of(worker: User, at: datetime | None = None) -> list[RemovalView]:
    """Return every proposal about the person, newest first, with reason and evidence."""
    return _views(Removal.objects.filter(worker=worker), at or timezone.now())


def removals_in(project: Project, at: datetime | None = None) -> list[RemovalView]:
    return _views(Removal.objects.filter(project=project), at or timezone.now())


def project_for_member(user: User, project_id: uuid.UUID) -> Project:
    """Return a project of an organisation in which `user` is an engineer or a steward; NotFound otherwise."""
    organisations = Membership.objects.filter(user=user).values("organisation")
    found = Project.objects.filter(pk=project_id, organisation__in=organisations).first()
    if found is None:
        raise NotFound("There is no such project.")
    return found


def is_project_steward(user: User, project: Project) -> bool:
    return Membership.objects.filter(
        user=user, organisation=project.organisation_id, role=Role.STEWARD
    ).exists()


def pseudonyms_in(project: Project) -> list[str]:
    """Return the participants by pseudonym, in no order that says anything about their work."""
    rows = Participation.objects.filter(project=project)
    return sorted(rows.values_list("pseudonym", flat=True))


def removal_counts(project_ids: list[uuid.UUID]) -> dict[str, int]:
    """Return how many removals, appeals and reversals there were in these projects, for publication."""
    steps = RemovalStep.objects.filter(removal__project__in=project_ids)
    return steps.aggregate(
        removals=Count("pk", filter=Q(kind="proposed", removal__kind="remove")),
        pauses=Count("pk", filter=Q(kind="proposed", removal__kind="pause")),
        for_abuse=Count("pk", filter=Q(kind="proposed", removal__abuse=True)),
        appeals=Count("pk", filter=Q(kind="appealed")),
        reversals=Count("pk", filter=Q(kind="reversed")),
    )


def _views(rows: QuerySet[Removal], now: datetime) -> list[RemovalView]:
    steps = Prefetch("steps", RemovalStep.objects.select_related("written").order_by("pk"))
    found = list(rows.select_related("project").prefetch_related(steps).order_by("-proposed_at", "pk"))
    names = {
        (project, user): pseudonym
        for project, user, pseudonym in Participation.objects.filter(
            project__in={row.project_id for row in found}, user__in={row.worker_id for row in found}
        ).values_list("project", "user", "pseudonym")
    }
    views = []
    for row in found:
        history = list(row.steps.all())
        over = any(step.kind in RemovalStep.OVER for step in history)
        views.append(
            RemovalView(
                row,
                history,
                names.get((row.project_id, row.worker_id), ""),
                not over and row.effective_at <= now,
            )
        )
    return views
