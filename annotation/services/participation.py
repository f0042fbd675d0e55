"""Lets people into projects that they were invited to."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime

from django.utils import timezone

from annotation.errors import NotInvited, SimulatedMismatch
from annotation.models import Participation, Project
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
        raise NotFound("No such project.")
    if project_id not in invited_projects(user):
        raise NotInvited("This project takes people by invitation. Ask whoever runs it for a link.")
    if user.simulated != project.simulated:
        raise SimulatedMismatch("Real people and simulated ones never work on the same project.")
    participation, _ = Participation.objects.get_or_create(
        project=project,
        user=user,
        defaults={
            "simulated": user.simulated,
            "pseudonym": secrets.token_hex(8),
            "joined_at": at or timezone.now(),
        },
    )
    return participation
