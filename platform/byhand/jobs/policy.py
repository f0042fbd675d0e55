"""Who may see and stop a job: members of its organisation as engineers, and whoever started it."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from byhand.accounts.models import Membership, Role, User
from byhand.errors import NotAllowed
from byhand.jobs.models import Job


def visible_jobs(actor: User) -> QuerySet[Job]:
    """Return the jobs that `actor` may follow."""
    organisations = Membership.objects.filter(user=actor).values("organisation_id")
    return Job.objects.filter(Q(organisation__in=organisations) | Q(created_by=actor))


def may_control(actor: User, job: Job) -> bool:
    if job.created_by_id == actor.pk:
        return True
    return Membership.objects.filter(
        user=actor, organisation=job.organisation_id, role=Role.ENGINEER, organisation__isnull=False
    ).exists()


def require_control(actor: User, job: Job) -> None:
    if not may_control(actor, job):
        raise NotAllowed("Only an engineer of the organisation, or whoever started the job, may stop it.")
