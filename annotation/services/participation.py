"""Lets people into projects that they were invited to, and keeps who agreed to which content warning."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from annotation.errors import NotInvited, SimulatedMismatch, WarningChanged
from annotation.models import Participation, Project, WarningAcceptance
from annotation.selectors.work import warning_digest
from byhand.accounts.models import User
from byhand.accounts.selectors import invited_projects
from byhand.errors import NotFound


def join_project(*, user: User, project_id: uuid.UUID, at: datetime | None = None) -> Participation:
    """Return the participation, made if `user` holds an accepted invitation; again: changes nothing."""
    existing = Participation.objects.filter(project=project_id, user=user).first()
    if existing is not None:
        return existing
    project = Project.objects.filter(pk=project_id).first()
    if project is None:
        raise NotFound(_("No such project."))
    if project_id not in invited_projects(user):
        raise NotInvited(_("This project takes people by invitation. Ask whoever runs it for a link."))
    if user.simulated != project.simulated:
        raise SimulatedMismatch(_("Real people and simulated ones never work on the same project."))
    participation, _made = Participation.objects.get_or_create(
        project=project,
        user=user,
        defaults={
            "simulated": user.simulated,
            "pseudonym": secrets.token_hex(8),
            "joined_at": at or timezone.now(),
        },
    )
    return participation


def accept_warning(
    *, user: User, project_id: uuid.UUID, sha256: str, at: datetime | None = None
) -> WarningAcceptance | None:
    """Record that `user` read this very content warning and agrees to see such content; again: the first record.

    None where the project has no warning. Raises WarningChanged where another one stands there by now.
    """
    participation = (
        Participation.objects.filter(project=project_id, user=user).select_related("project").first()
    )
    if participation is None:
        raise NotInvited(_("Join the project first."))
    project = participation.project
    if not project.content_warning:
        return None
    if sha256 != warning_digest(project):
        raise WarningChanged(
            _("The content warning has changed since you opened the page. Load the page again and read it.")
        )
    acceptance, _made = WarningAcceptance.objects.get_or_create(
        project=project,
        user=user,
        sha256=sha256,
        defaults={
            "warning": project.content_warning,
            "support_contact": project.support_contact,
            "accepted_at": at or timezone.now(),
        },
    )
    return acceptance
