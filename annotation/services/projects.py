"""Makes, publishes, pauses and closes projects. Rates, floors and funding are written by `wages`."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from annotation.errors import InvalidProject, NotOpen, SimulatedMismatch
from annotation.models import DocumentKind, Project, ProjectState
from annotation.models.projects import HOUR_MS
from annotation.selectors.projects import ballots_wanted
from annotation.services.documents import clean_text, default_text, write_document
from byhand.accounts.models import Organisation, User
from byhand.accounts.selectors import require_engineer
from byhand.audit.services import record
from wages.services import projects as paid_projects

LANGUAGES_MOST = 20


@dataclass(frozen=True)
class Draft:
    """The fields of a project that this package keeps, checked."""

    title: str
    k: int
    overlap: int
    overlap_percent: int = 100
    lease_ms: int = HOUR_MS
    languages: tuple[str, ...] = field(default=("en",))

    def problems(self) -> list[str]:
        found = []
        if not self.title.strip() or len(self.title) > 200 or "\x00" in self.title:
            found.append("title: required, at most 200 characters.")
        if not 2 <= self.k <= 9:
            found.append(f"k: from 2 to 9 completions in a ranking, not {self.k}.")
        if not 1 <= self.overlap <= 50:
            found.append(f"overlap: from 1 to 50 people a prompt, not {self.overlap}.")
        if not 0 <= self.overlap_percent <= 100:
            found.append(f"overlap_percent: from 0 to 100, not {self.overlap_percent}.")
        if not 60_000 <= self.lease_ms <= 24 * HOUR_MS:
            found.append("lease_ms: from one minute to one day.")
        if not self.languages or len(self.languages) > LANGUAGES_MOST:
            found.append(f"languages: name 1 to {LANGUAGES_MOST}, such as en or sw.")
        found += [
            f"languages: {tag!r:.40} is not a language tag such as en."
            for tag in self.languages
            if not _is_tag(tag)
        ]
        return found


def create_project(
    *,
    actor: User,
    organisation: Organisation,
    title: str,
    k: int,
    overlap: int,
    currency: str,
    hourly_micro: int,
    declared_floor_micro: int,
    simulated: bool,
    overlap_percent: int = 100,
    lease_ms: int = HOUR_MS,
    languages: Sequence[str] = ("en",),
    terms: str = "",
    guidelines: str = "",
    project_id: uuid.UUID | None = None,
    at: datetime | None = None,
) -> Project:
    """Make a draft with its first terms, guidelines and rate card; every part or nothing.

    Blank texts become the defaults. With `project_id` the act may be repeated: the same id returns the
    project that is there. Raises InvalidProject with every problem, and what `wages` refuses.
    """
    require_engineer(actor, organisation.pk)
    draft = Draft(title.strip(), k, overlap, overlap_percent, lease_ms, tuple(languages))
    if problems := draft.problems():
        raise InvalidProject("The project can't be made.", problems)
    if simulated != organisation.simulated:
        raise SimulatedMismatch(
            "A simulated organisation has simulated projects, and a real one real projects."
        )
    texts = {
        DocumentKind.TERMS: clean_text("terms", terms or default_text(DocumentKind.TERMS)),
        DocumentKind.GUIDELINES: clean_text(
            "guidelines", guidelines or default_text(DocumentKind.GUIDELINES)
        ),
    }
    now = at or timezone.now()
    with transaction.atomic():
        project, made = Project.objects.get_or_create(
            pk=project_id or uuid.uuid4(),
            defaults={
                "organisation": organisation,
                "title": draft.title,
                "slug": _free_slug(organisation, draft.title),
                "simulated": simulated,
                "k": k,
                "overlap": overlap,
                "overlap_percent": overlap_percent,
                "lease_ms": lease_ms,
                "languages": list(draft.languages),
                "created_by": actor,
                "created_at": now,
            },
        )
        if not made:
            return _same(project, organisation)
        paid_projects.register_project(
            actor=actor,
            project_id=project.pk,
            organisation=organisation,
            title=project.title,
            currency=currency,
            simulated=simulated,
            declared_floor_micro=declared_floor_micro,
        )
        paid_projects.set_rate_card(
            actor=actor, project_id=project.pk, hourly_micro=hourly_micro, valid_from=now
        )
        for kind, text in texts.items():
            write_document(actor=actor, project=project, kind=kind, text=text)
        record(actor_id=actor.pk, action="project.created", subject=f"project:{project.pk}")
    return project


def publish_project(*, actor: User, project: Project) -> Project:
    """Open the project for work. Raises NotOpen without items, NotPublishable with the figures of `wages`."""
    require_engineer(actor, project.organisation_id)
    with transaction.atomic():
        locked = Project.objects.select_for_update().get(pk=project.pk)
        if locked.state == ProjectState.OPEN:
            return locked
        wanted = ballots_wanted(locked)
        if wanted == 0:
            raise NotOpen("There is nothing to rank yet: import prompts, then generate their candidates.")
        paid_projects.require_publishable(
            project_id=locked.pk, ballots_wanted=wanted, lease_ms=locked.lease_ms
        )
        return _set_state(actor, locked, ProjectState.OPEN, "")


def pause_project(*, actor: User | None, project: Project, reason: str) -> Project:
    """Stop offering work. Whoever holds an item finishes it and is paid. Actor None: the platform itself."""
    if actor is not None:
        require_engineer(actor, project.organisation_id)
    with transaction.atomic():
        locked = Project.objects.select_for_update().get(pk=project.pk)
        if locked.state != ProjectState.OPEN:
            return locked
        return _set_state(actor, locked, ProjectState.PAUSED, reason)


def _set_state(actor: User | None, project: Project, state: ProjectState, reason: str) -> Project:
    project.state, project.paused_reason = state, reason[:40]
    project.save(update_fields=["state", "paused_reason"])
    actor_id = actor.pk if actor else None
    record(
        actor_id=actor_id,
        action=f"project.{state.value}",
        subject=f"project:{project.pk}",
        reason=reason[:40],
    )
    return project


def _same(project: Project, organisation: Organisation) -> Project:
    if project.organisation_id != organisation.pk:
        raise InvalidProject("The project can't be made.", ["project_id: this id is taken."])
    return project


def _free_slug(organisation: Organisation, title: str) -> str:
    base = slugify(title)[:60] or "project"
    taken = set(
        Project.objects.filter(organisation=organisation, slug__startswith=base).values_list(
            "slug", flat=True
        )
    )
    return next(
        slug for slug in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if slug not in taken
    )


def _is_tag(tag: str) -> bool:
    parts = tag.split("-")
    return all(part.isascii() and part.isalnum() and len(part) <= 8 for part in parts) and parts[0].isalpha()
