"""Names who may review in a project. Reviewers take part in it like everybody and are paid by its rate."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from annotation.errors import NotInvited
from annotation.models import Participation, Project, Reviewer
from byhand.accounts.models import User
from byhand.accounts.selectors import require_engineer
from byhand.accounts.services import send_message
from byhand.audit.services import record
from byhand.errors import NotFound


def name_reviewer(*, actor: User, project: Project, email: str) -> Reviewer:
    """Let somebody who takes part in the project review; again returns the same. Raises NotInvited for others.

    An engineer who is not a participant can't review: their time would be on no clock and in no pay.
    """
    require_engineer(actor, project.organisation_id)
    part = Participation.objects.filter(project=project, user__email__iexact=email.strip()).first()
    if part is None:
        raise NotInvited(
            "Nobody with this address takes part in the project. Invite them first: a reviewer is paid like everybody"
            " who works on it, and that needs them to join. This holds for engineers too."
        )
    with transaction.atomic():
        _lock_reviewers(project)
        reviewer, made = Reviewer.objects.get_or_create(
            project=project, user=part.user, ended_at=None, defaults={"named_by": actor}
        )
        if made:
            record(actor_id=actor.pk, action="reviewer.named", subject=f"reviewer:{reviewer.pk}")
            _tell(reviewer)
    return reviewer


def _tell(reviewer: Reviewer) -> None:
    """Say so in the project's language; which one the reader has chosen is known to their browser only."""
    project = reviewer.project
    with translation.override(project.languages[0]):
        subject = _("You can review in %(project)s") % {"project": project.title}
        body = _(
            "Where people rank differently, you may decide. It is paid by the clock like all your time here."
        )
    send_message(user=reviewer.user, subject=subject, body=body, link=f"/work/{project.pk}/review/")


def end_reviewer(*, actor: User, project: Project, reviewer_id: int, at: datetime | None = None) -> Reviewer:
    """Offer this person no more reviews. The one in their hands is finished and paid; their ranking goes on."""
    require_engineer(actor, project.organisation_id)
    ended = Reviewer.objects.filter(pk=reviewer_id, project=project, ended_at__isnull=True).update(
        ended_at=at or timezone.now()
    )
    reviewer = Reviewer.objects.filter(pk=reviewer_id, project=project).first()
    if reviewer is None:
        raise NotFound("No such reviewer.")
    if ended:
        record(actor_id=actor.pk, action="reviewer.ended", subject=f"reviewer:{reviewer.pk}")
    return reviewer


def _lock_reviewers(project: Project) -> None:
    """Let one engineer name a reviewer of this project at a time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"reviewers:{project.pk}"])
