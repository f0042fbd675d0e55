"""Which project pays somebody for reading what the platform writes to them. Reads only."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from byhand.accounts.models import Membership, User
from byhand.accounts.selectors import invited_projects
from wages.models import Accrual, PaidProject, RateCard


def reading_project(worker: User, at: datetime | None = None) -> PaidProject | None:
    """Return the project that pays for reading: the one last worked in, else one that they are invited to.

    Only a project with a rate in force pays; an organisation's own engineers and stewards read for their office.
    """
    own = Membership.objects.filter(user=worker).values("organisation")
    paying = RateCard.objects.filter(period__contains=at or timezone.now()).values("project")
    projects = PaidProject.objects.filter(pk__in=paying).exclude(organisation__in=own)
    last = (
        Accrual.objects.filter(worker=worker, project__in=projects)
        .order_by("-period__starts", "-id")
        .values_list("project", flat=True)
        .first()
    )
    if last is not None:
        return PaidProject.objects.get(pk=last)
    return projects.filter(pk__in=invited_projects(worker)).order_by("pk").first()
