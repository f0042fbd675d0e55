"""Cases as their two sides see them: the worker's own, and a steward's queue by deadline. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from byhand.accounts.models import Membership, Role, User
from byhand.accounts.selectors import invited_projects
from byhand.errors import NotFound
from wages.cases.rules import ANSWER_WITHIN
from wages.models import (
    Case,
    CaseDecision,
    CaseEvent,
    Interval,
    PaidProject,
    Posting,
    Statement,
    WorkPlace,
)

_FIRST = CaseDecision.objects.filter(case=OuterRef("pk"), round=1)
_SECOND = CaseDecision.objects.filter(case=OuterRef("pk"), round=2)
_APPEAL = CaseEvent.objects.filter(case=OuterRef("pk"), kind=CaseEvent.APPEALED)
_OPEN = ~Exists(_FIRST) | (Exists(_APPEAL) & ~Exists(_SECOND))


@dataclass(frozen=True)
class CaseView:
    """One case with its history. `due_at`: when the next decision is due, or null where nothing is open."""

    case: Case
    events: list[CaseEvent]
    decisions: list[CaseDecision]
    due_at: datetime | None
    appealable: bool

    @property
    def last(self) -> CaseDecision | None:
        return self.decisions[-1] if self.decisions else None

    @property
    def open(self) -> bool:
        return self.due_at is not None

    @property
    def appealed(self) -> bool:
        return any(event.kind == CaseEvent.APPEALED for event in self.events)


def has_open_case(worker_id: int) -> bool:
    """Return whether anything about the worker's pay waits for a decision, an appeal included."""
    return Case.objects.filter(_OPEN, worker=worker_id).exists()


def open_cases(project_id: UUID) -> QuerySet[Case]:
    """Return the project's cases that wait for a decision."""
    return Case.objects.filter(_OPEN, project=project_id)


def cases_of(worker: User) -> QuerySet[Case]:
    """Return the worker's cases, newest first."""
    return _told(Case.objects.filter(worker=worker)).order_by("-id")


def cases_of_project(project_id: UUID) -> QuerySet[Case]:
    """Return the project's cases: what is open by its deadline, then what is decided, newest first."""
    rows = _told(Case.objects.filter(project=project_id)).select_related("worker")
    return rows.annotate(waits=_OPEN).order_by(F("waits").desc(), "due_at", "-id")


def case_of(worker: User, case_id: int) -> CaseView:
    """Return one of the worker's own cases; to anyone else it does not exist."""
    case = _told(Case.objects.filter(worker=worker, pk=case_id)).first()
    if case is None:
        raise NotFound(_("There is no such case."))
    return view_of(case)


def case_in(project_id: UUID, case_id: int) -> CaseView:
    """Return one case of the project. Who may see it is checked by the caller."""
    case = _told(Case.objects.filter(project=project_id, pk=case_id)).first()
    if case is None:
        raise NotFound(_("There is no such case."))
    return view_of(case)


def view_of(case: Case) -> CaseView:
    """Return the case with its history, read with `cases_of` or the like."""
    events, decisions = list(case.events.all()), list(case.decisions.all())
    appeal = next((event for event in events if event.kind == CaseEvent.APPEALED), None)
    first = decisions[0] if decisions else None
    due = None
    if first is None:
        due = case.due_at
    elif appeal is not None and len(decisions) == 1:
        due = appeal.at + ANSWER_WITHIN
    appealable = appeal is None and first is not None and first.outcome in {"refused", "partly"}
    return CaseView(case, events, decisions, due, appealable)


def _told(rows: QuerySet[Case]) -> QuerySet[Case]:
    events = CaseEvent.objects.select_related("actor", "written").order_by("id")
    decisions = CaseDecision.objects.select_related("decided_by").order_by("round")
    return rows.select_related(
        "project", "worker", "interval", "entry__interval", "statement__period", "objects_to"
    ).prefetch_related(Prefetch("events", events), Prefetch("decisions", decisions))


def projects_of_worker(worker: User) -> list[PaidProject]:
    """Return the projects that the worker has worked in or was invited to, by title."""
    worked = Interval.objects.filter(worker=worker, project=OuterRef("pk"))
    found = PaidProject.objects.filter(
        Q(pk__in=invited_projects(worker)) | Exists(worked), simulated=worker.simulated
    )
    return list(found.order_by("title", "id"))


def zone_of(worker: User) -> str:
    """Return the time zone that the worker declared last, or UTC."""
    zones = WorkPlace.objects.filter(worker=worker).order_by("-id").values_list("zone", flat=True)
    return zones.first() or "UTC"


def disputable(worker: User, what: str, row_id: int) -> Interval | Posting | Statement:
    """Return one of the worker's own rows for the page of its dispute; to anyone else it does not exist."""
    found: Interval | Posting | Statement | None
    if what == "interval":
        found = Interval.objects.select_related("project").filter(pk=row_id, worker=worker).first()
    elif what == "entry":
        postings = Posting.objects.select_related("entry__project").order_by("id")
        found = postings.filter(entry=row_id, account__worker=worker).first()
    else:
        statements = Statement.objects.select_related("project", "period")
        found = statements.filter(pk=row_id, worker=worker).first()
    if found is None:
        raise NotFound(_("There is no such row among yours."))
    return found


def deciders(project: PaidProject, barred: Mapping[int, str]) -> list[tuple[User, str]]:
    """Return the stewards of the project's organisation, each with the code of what bars them, or blank."""
    held = Membership.objects.filter(organisation=project.organisation_id, role=Role.STEWARD)
    rows = held.select_related("user").order_by("user__name", "user_id")
    return [(member.user, barred.get(member.user_id, "")) for member in rows]


def claimed_ms(case: Case) -> int | None:
    """Return the length of the claimed stretch; None where the case is no claim."""
    if case.starts is None or case.ends is None:
        return None
    return (case.ends - case.starts) // timedelta(milliseconds=1)
