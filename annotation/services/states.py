"""Opens, pauses and closes projects. What is offered follows from the state; what was earned never does.

Every change keeps its words: they are what annotators read.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from annotation.errors import InvalidProject
from annotation.models import Project, ProjectState, StateChange
from annotation.models.projects import OFFERING
from annotation.publishing import Reason
from annotation.selectors.setup import publishing_reasons
from annotation.services.measuring import measure_time
from byhand.accounts.models import User
from byhand.accounts.selectors import require_engineer
from byhand.audit.services import record
from byhand.webhooks.services import publish
from wages.errors import NotPublishable

LONGEST_WORDS = 1000
_TOLD = {
    ProjectState.OPEN: "project.published",
    ProjectState.PAUSED: "project.paused",
    ProjectState.CLOSED: "project.closed",
}


def publish_project(*, actor: User, project: Project, at: datetime | None = None) -> Project:
    """Open the project for work; also again, after a pause or a close. An open one is returned as it is.

    Raises NotPublishable with every reason and its figures. The time estimate that people are shown is measured
    anew and kept.
    """
    require_engineer(actor, project.organisation_id)
    with transaction.atomic():
        locked = _locked(project)
        if locked.state == ProjectState.OPEN:
            return locked
        refuse(publishing_reasons(locked), "This project can't be published yet.")
        measure_time(project=locked, at=at)
        return set_state(actor, locked, ProjectState.OPEN, "", at=at)


def pause_project(
    *, actor: User | None, project: Project, reason: str, words: str = "", at: datetime | None = None
) -> Project:
    """Stop offering work. Whoever holds an item finishes it and is paid. Actor None: the platform itself.

    `reason` is a code, `words` what annotators read. A project that offers nothing is returned as it is.
    """
    if actor is not None:
        require_engineer(actor, project.organisation_id)
    said = cleaned_words(words)
    with transaction.atomic():
        locked = _locked(project)
        if locked.state not in OFFERING:
            return locked
        return set_state(actor, locked, ProjectState.PAUSED, reason, said, at)


def close_project(*, actor: User, project: Project, words: str = "", at: datetime | None = None) -> Project:
    """End a project. Items in people's hands are finished and paid; it can be opened again by publishing it."""
    require_engineer(actor, project.organisation_id)
    said = cleaned_words(words)
    with transaction.atomic():
        locked = _locked(project)
        if locked.state == ProjectState.CLOSED:
            return locked
        if locked.state == ProjectState.DRAFT:
            raise InvalidProject(
                "A draft can't be closed.", ["state: nobody has worked on it; it may stay a draft."]
            )
        return set_state(actor, locked, ProjectState.CLOSED, "engineer", said, at)


def set_state(
    actor: User | None,
    project: Project,
    state: ProjectState,
    reason: str,
    words: str = "",
    at: datetime | None = None,
) -> Project:
    """Write the state with its reason, once; the caller holds the project's row."""
    project.state, project.paused_reason = state, reason[:40]
    project.save(update_fields=["state", "paused_reason"])
    StateChange.objects.create(
        project=project, state=state, reason=reason[:40], words=words, actor=actor, at=at or timezone.now()
    )
    record(
        actor_id=actor.pk if actor else None,
        action=f"project.{state.value}",
        subject=f"project:{project.pk}",
        reason=reason[:40],
    )
    if state in _TOLD:
        publish(
            organisation_id=project.organisation_id,
            type=_TOLD[state],
            data={"project": str(project.pk), "reason": reason[:40]},
            at=at,
        )
    return project


def refuse(reasons: list[Reason], message: str) -> None:
    """Raise NotPublishable with the reasons, if there are any."""
    if reasons:
        raise NotPublishable(message, [reason.text for reason in reasons])


def cleaned_words(words: str) -> str:
    said = words.replace("\r\n", "\n").strip()
    if len(said) > LONGEST_WORDS or "\x00" in said:
        raise InvalidProject(
            "These words can't be kept.", [f"words: at most {LONGEST_WORDS} characters, without NUL."]
        )
    return said


def _locked(project: Project) -> Project:
    return Project.objects.select_for_update().get(pk=project.pk)
