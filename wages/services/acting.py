"""What every steward's act on a project begins with: its lock, the time, and who may do it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

from byhand.accounts.models import User
from byhand.accounts.selectors import is_engineer, is_steward, require_steward
from byhand.errors import NotAllowed, NotFound
from wages.models import PaidProject


def locked_project(project_id: UUID) -> PaidProject:
    """Lock the project's row against other stewards' acts; work goes on (it takes a key share lock only)."""
    project = PaidProject.objects.select_for_update(no_key=True).filter(pk=project_id).first()
    if project is None:
        raise NotFound(f"No paid project {project_id}.")
    return project


def stewards_project(actor: User, project_id: UUID) -> PaidProject:
    """Lock the project for an act of one of its stewards. Raises NotFound or NotAllowed."""
    project = locked_project(project_id)
    require_steward(actor, project.organisation_id)
    return project


def require_member(actor: User, organisation_id: UUID) -> None:
    """Raise NotAllowed unless `actor` is an engineer or a steward of the organisation."""
    if not (is_steward(actor, organisation_id) or is_engineer(actor, organisation_id)):
        raise NotAllowed("Only an engineer or a steward of this organisation can do this.")


def database_now() -> datetime:
    """Return the database's time, the one clock that every service reads."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT date_trunc('milliseconds', clock_timestamp())")
        now: datetime = cursor.fetchone()[0]
    return now
