"""Makes projects and changes their settings. Rates, floors and funding are written by `wages`.

A draft may be made step by step: `create_draft`, then `edit_project`, `write_document` and `set_pay` in any order;
`create_project` does all of it at once. Nothing is offered to anybody before it is published.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from annotation.errors import InvalidProject, SettingBound, SimulatedMismatch
from annotation.models import DocumentKind, Project, SettingChange
from annotation.project_settings import HOUR_MS, NAMES, Settings, bound, changed, problems
from annotation.selectors.setup import bound_facts, settings_of
from annotation.services.documents import clean_text, default_text, write_document
from annotation.services.states import close_project, pause_project, publish_project
from byhand.accounts.models import Organisation, User
from byhand.accounts.selectors import require_engineer
from byhand.audit.services import record
from wages.services import projects as paid_projects

__all__ = [
    "close_project",
    "create_draft",
    "create_project",
    "edit_project",
    "pause_project",
    "publish_project",
    "set_pay",
]

TEXTS = (DocumentKind.TERMS, DocumentKind.GUIDELINES)


def create_draft(
    *,
    actor: User,
    organisation: Organisation,
    settings: Settings,
    project_id: uuid.UUID | None = None,
    at: datetime | None = None,
) -> Project:
    """Make a draft without texts and pay. Simulated exactly if its organisation is.

    With `project_id` the act may be repeated: the same id returns the project that is there. Raises
    InvalidProject with every problem.
    """
    require_engineer(actor, organisation.pk)
    with transaction.atomic():
        return _made(actor, organisation, settings, project_id, at)[0]


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
    more: Mapping[str, Any] | None = None,
    terms: str = "",
    guidelines: str = "",
    project_id: uuid.UUID | None = None,
    at: datetime | None = None,
) -> Project:
    """Make a draft with its first terms, guidelines and rate card; every part or nothing.

    Blank texts become the defaults; `more` holds further settings by their name. With `project_id` the act may be
    repeated. Raises InvalidProject with every problem, and what `wages` refuses.
    """
    require_engineer(actor, organisation.pk)
    settings = Settings(title, k, overlap, overlap_percent, lease_ms, tuple(languages))
    settings = with_changes(settings, more or {})
    if simulated != organisation.simulated:
        raise SimulatedMismatch(
            "A simulated organisation has simulated projects, and a real one real projects."
        )
    given = dict(zip(TEXTS, (terms, guidelines), strict=True))
    texts = {kind: clean_text(kind.value, text or default_text(kind)) for kind, text in given.items()}
    now = at or timezone.now()
    with transaction.atomic():
        project, made = _made(actor, organisation, settings, project_id, now)
        if not made:
            return project
        set_pay(
            actor=actor, project=project, currency=currency, hourly_micro=hourly_micro,
            declared_floor_micro=declared_floor_micro, at=now,
        )  # fmt: skip
        for kind, text in texts.items():
            write_document(actor=actor, project=project, kind=kind, text=text)
    return project


def edit_project(
    *, actor: User, project: Project, changes: Mapping[str, Any], at: datetime | None = None
) -> Project:
    """Change settings by their name; each change is kept with its old value. The same values change nothing.

    Raises InvalidProject with every problem, or SettingBound where a change would rewrite what people were asked.
    """
    require_engineer(actor, project.organisation_id)
    with transaction.atomic():
        locked = Project.objects.select_for_update().get(pk=project.pk)
        before = settings_of(locked)
        after = with_changes(before, changes)
        differing = changed(before, after)
        if not differing:
            return locked
        stands_fast = bound(bound_facts(locked))
        refused = [f"{name}: {stands_fast[name]}" for name in differing if name in stands_fast]
        if refused:
            raise SettingBound("This can't be changed any more.", refused)
        if found := problems(after, simulated=locked.simulated):
            raise InvalidProject("The project can't be changed so.", found)
        _write(actor, locked, differing, at or timezone.now())
        return locked


def set_pay(
    *,
    actor: User,
    project: Project,
    currency: str,
    hourly_micro: int,
    declared_floor_micro: int,
    at: datetime | None = None,
) -> None:
    """Register the project for pay with its first rate card. The currency is final; later rates are a steward's.

    The same values again change nothing; others raise what `wages` refuses.
    """
    require_engineer(actor, project.organisation_id)
    with transaction.atomic():
        paid_projects.register_project(
            actor=actor,
            project_id=project.pk,
            organisation=project.organisation,
            title=project.title,
            currency=currency,
            simulated=project.simulated,
            declared_floor_micro=declared_floor_micro,
        )
        if not paid_projects.has_rate_card(project.pk):
            paid_projects.set_rate_card(
                actor=actor, project_id=project.pk, hourly_micro=hourly_micro, valid_from=at
            )


def with_changes(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """Return the settings with some replaced. Raises InvalidProject for a name that is none of them."""
    unknown = [f"{name:.40}: is no setting of a project." for name in changes if name not in NAMES]
    if unknown:
        raise InvalidProject("The project can't have these settings.", unknown)
    values = dict(changes)
    for name in ("languages", "dimensions"):
        if name in values:
            values[name] = tuple(values[name])
    for name in ("title", "content_warning", "support_contact"):
        if name in values:
            values[name] = str(values[name]).replace("\r\n", "\n").strip()
    return replace(settings, **values)


def _made(
    actor: User,
    organisation: Organisation,
    settings: Settings,
    project_id: uuid.UUID | None,
    at: datetime | None,
) -> tuple[Project, bool]:
    settings = replace(settings, title=settings.title.strip())
    if found := problems(settings, simulated=organisation.simulated):
        raise InvalidProject("The project can't be made.", found)
    values = {name: getattr(settings, name) for name in NAMES}
    project, made = Project.objects.get_or_create(
        pk=project_id or uuid.uuid4(),
        defaults={
            **values,
            "languages": list(settings.languages),
            "dimensions": list(settings.dimensions),
            "organisation": organisation,
            "slug": _free_slug(organisation, settings.title),
            "simulated": organisation.simulated,
            "created_by": actor,
            "created_at": at or timezone.now(),
        },
    )
    if project.organisation_id != organisation.pk:
        raise InvalidProject("The project can't be made.", ["project_id: this id is taken."])
    if made:
        record(actor_id=actor.pk, action="project.created", subject=f"project:{project.pk}")
    return project, made


def _write(actor: User, project: Project, differing: dict[str, tuple[Any, Any]], at: datetime) -> None:
    for name, (old, new) in differing.items():
        setattr(project, name, list(new) if isinstance(new, tuple) else new)
        SettingChange.objects.create(project=project, name=name, before=old, after=new, actor=actor, at=at)
    project.save(update_fields=sorted(differing))
    record(
        actor_id=actor.pk,
        action="project.changed",
        subject=f"project:{project.pk}",
        settings=sorted(differing),
    )


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
