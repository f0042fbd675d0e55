"""Claims: time that the clock did not see, such as a call. Answered within seven days, else paid in full."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from byhand.accounts.models import User
from byhand.accounts.selectors import invited_projects
from byhand.audit.services import record
from byhand.errors import Invalid, NotFound
from wages.cases.rules import ANSWER_WITHIN, Span, claim_problems
from wages.cases.taken import claim_within, gap_within, paid_within
from wages.cases.terms import open_for
from wages.errors import NoRateInForce, SimulatedMix, TimeTaken
from wages.models import Case, CaseEvent, CaseKind, Interval, PaidProject, RateCard
from wages.services.case_log import checked_key, checked_words, note, opened_before, tell_stewards
from wages.services.locking import LockedClock, lock, whole_ms


@transaction.atomic
def make_claim(
    *,
    worker: User,
    project_id: UUID,
    starts: datetime,
    ends: datetime,
    words: str,
    key: str,
    at: datetime | None = None,
) -> Case:
    """Claim [starts, ends) as work that the clock did not see, with the worker's words about it.

    The same key with the same stretch returns the first claim. Raises Invalid for a stretch that can't be claimed,
    TimeTaken where it overlaps time that is paid, running, unanswered or claimed, NoRateInForce without a rate.
    """
    words, span = checked_words(words), (whole_ms(starts), whole_ms(ends))
    clock = lock(worker.pk, at)
    case = Case(
        kind=CaseKind.CLAIM,
        project=_project(worker, project_id),
        worker=worker,
        simulated=worker.simulated,
        opened_by=worker,
        opened_at=clock.at,
        due_at=clock.at + ANSWER_WITHIN,
        key=f"claim:{worker.pk}:{checked_key(key)}",
        starts=span[0],
        ends=span[1],
    )
    if (first := opened_before(case)) is not None:
        return first
    found = claim_problems(*span, now=clock.at, open_for=open_for(project_id))
    if found:
        raise Invalid(_("This time can't be claimed."), found)
    if not RateCard.objects.filter(project=project_id, period__contains=span[0]).exists():
        raise NoRateInForce(_("starts: this project had no rate at that time, so nobody was asked to work."))
    _require_free(clock, span)
    case.save(force_insert=True)
    note(case=case, kind=CaseEvent.OPENED, actor=worker, at=clock.at, words=words)
    tell_stewards(
        case, "A claim for time waits", f"Answer it by {case.due_at:%d %b %Y, %H:%M} UTC; else it is paid."
    )
    record(actor_id=worker.pk, action="wages.claim", subject=f"case:{case.pk}")
    return case


def _project(worker: User, project_id: UUID) -> PaidProject:
    """Return the project if the worker has worked in it or was invited to it; else it does not exist for them."""
    project = PaidProject.objects.filter(pk=project_id).first()
    worked = Interval.objects.filter(worker=worker, project=project_id).exists()
    if project is None or not (worked or project_id in invited_projects(worker)):
        raise NotFound(_("There is no such project among yours."))
    if project.simulated != worker.simulated:
        raise SimulatedMix(_("Simulated people work in simulated projects only, and nobody else does."))
    return project


def _require_free(clock: LockedClock, span: Span) -> None:
    if clock.category is not None and span[1] > clock.since:
        raise TimeTaken(
            _("ends: your clock has been running since %(since)s UTC; that time is recorded already.")
            % {"since": _moment(clock.since)}
        )
    if paid := paid_within(clock.worker_id, span):
        raise TimeTaken(
            _("starts: %(stretch)s is paid already. Claim the time before or after it.")
            % {"stretch": stretch(paid[0])}
        )
    if gap := gap_within(clock.worker_id, span):
        raise TimeTaken(
            _(
                "starts: we know a gap at %(stretch)s. Say on your earnings page what it was; it is paid at once."
            )
            % {"stretch": stretch((gap.period.lower, gap.period.upper))}
        )
    if other := claim_within(clock.worker_id, span):
        raise TimeTaken(_("starts: your claim %(id)s covers this time already.") % {"id": other.pk})


def stretch(span: Span) -> str:
    return _("%(begin)s to %(end)s UTC") % {"begin": _moment(span[0]), "end": f"{span[1]:%H:%M:%S}"}


def _moment(moment: datetime) -> str:
    return date_format(moment.astimezone(UTC), "j M Y, H:i:s")
