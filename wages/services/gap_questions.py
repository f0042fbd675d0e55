"""A steward's friendly question about a week with much unknown time. It changes no pay and is put once."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from byhand.accounts.models import User
from byhand.accounts.selectors import require_steward
from byhand.accounts.services import send_message
from byhand.audit.services import record
from byhand.errors import NotAllowed, NotFound
from wages.models import GapQuestion, PaidProject
from wages.services.projects import database_now
from wages.timekeeping.gap_weeks import unknown_over_two_hours


@transaction.atomic
def ask_about_gaps(
    *, actor: User, project_id: UUID, number: int, week: date, at: datetime | None = None
) -> GapQuestion:
    """Ask person `number` of the project about the week that begins on `week`. Asking again changes nothing.

    Raises NotFound where that person has no such week above two hours, NotAllowed for a question to oneself.
    """
    project = PaidProject.objects.filter(pk=project_id).first()
    if project is None:
        raise NotFound("There is no such project.")
    require_steward(actor, project.organisation_id)
    weeks = unknown_over_two_hours(project_id)
    found = next((row for row in weeks if row.number == number and row.week == week), None)
    if found is None:
        raise NotFound("This person has no such week with more than two hours of unknown time.")
    if found.worker_id == actor.pk:
        raise NotAllowed("These are your own hours; another steward may ask about them.")
    question, made = GapQuestion.objects.get_or_create(
        worker_id=found.worker_id,
        project=project,
        week=week,
        defaults={"simulated": project.simulated, "asked_by": actor, "asked_at": at or database_now()},
    )
    if made:
        _tell(question)
        record(actor_id=actor.pk, action="wages.ask_about_gaps", subject=f"gapquestion:{question.pk}")
    return question


def _tell(question: GapQuestion) -> None:
    send_message(
        user=question.worker,
        subject=_("A question about your unknown time in %(project)s") % {"project": question.project.title},
        body=_(
            "In the week from %(week)s you said of more than two hours without a sign of you that they were work. They"
            " are paid, and this changes nothing about it. A steward would like to know whether something keeps the"
            " page from reaching us, such as a bad connection. You need not answer."
        )
        % {"week": f"{question.week:%d.%m.%Y}"},
        link="/timeline/",
    )
