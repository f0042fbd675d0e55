"""What a worker does about pay that seems wrong: dispute it, object to a proposed cut, appeal, add words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from byhand.accounts.models import User
from byhand.audit.services import record
from byhand.errors import Invalid, NotFound
from wages.cases.rules import ANSWER_WITHIN
from wages.cases.terms import open_for
from wages.errors import CaseSettled
from wages.models import Case, CaseDecision, CaseEvent, CaseKind, Entry, Interval, Statement
from wages.services.case_log import (
    checked_key,
    checked_words,
    locked_case,
    may_speak,
    note,
    opened_before,
    tell_stewards,
    tell_worker,
)
from wages.services.locking import LockedClock, lock

Found = tuple[datetime, UUID]
"""When something was made, and in which project."""
APPEALABLE = ("refused", "partly")


@dataclass(frozen=True)
class Target:
    """What a dispute is about: exactly one id."""

    interval: int | None = None
    entry: int | None = None
    statement: int | None = None


@transaction.atomic
def open_dispute(*, worker: User, target: Target, words: str, key: str, at: datetime | None = None) -> Case:
    """Dispute one interval, entry or statement of one's own, within the retention term.

    The same key returns the first dispute. Raises Invalid unless exactly one thing is named, NotFound for what
    is not the worker's own, CaseSettled when its term is over or a dispute about it is open already.
    """
    words, clock = checked_words(words), lock(worker.pk, at)
    named, made_at, project_id = _named(worker, target)
    case = _dispute(worker, project_id, clock.at, key, **named)
    if (first := opened_before(case)) is not None:
        return first
    _require_term(project_id, made_at, clock.at)
    if other := _open_about(worker, named):
        raise CaseSettled(_("Your dispute %(id)s about this is open already.") % {"id": other.pk})
    return _opened(case, clock, worker, words)


@transaction.atomic
def object_to_cut(*, worker: User, case_id: int, words: str, key: str, at: datetime | None = None) -> Case:
    """Object to a proposed cut about oneself: a dispute that must be decided before the cut can be applied."""
    words = checked_words(words)
    cut, clock = locked_case(case_id, at)
    if cut.kind != CaseKind.CUT or cut.worker_id != worker.pk:
        raise NotFound(_("There is no such proposal about you."))
    case = _dispute(worker, cut.project_id, clock.at, key, entry_id=cut.entry_id, objects_to_id=cut.pk)
    if (first := opened_before(case)) is not None:
        return first
    if CaseDecision.objects.filter(case=cut).exists():
        raise CaseSettled(_("This proposal is decided. You can dispute the entry itself at any time."))
    if Case.objects.filter(objects_to=cut).exists():
        raise CaseSettled(_("You have objected already; a person decides about it."))
    return _opened(case, clock, worker, words)


@transaction.atomic
def appeal(*, worker: User, case_id: int, words: str, at: datetime | None = None) -> CaseEvent:
    """Ask for a second decision, by another steward with the outside contact's word. Once a case; again: the first."""
    words = checked_words(words)
    case, clock = locked_case(case_id, at)
    if case.worker_id != worker.pk or case.kind == CaseKind.CUT:
        raise NotFound(_("There is no such case of yours."))
    if (first := CaseEvent.objects.filter(case=case, kind=CaseEvent.APPEALED).first()) is not None:
        return first
    decision = CaseDecision.objects.filter(case=case, outcome__in=APPEALABLE).first()
    if decision is None:
        raise CaseSettled(_("There is no decision yet that could be appealed, or it gave you everything."))
    _require_term(case.project_id, decision.at, clock.at)
    event = note(case=case, kind=CaseEvent.APPEALED, actor=worker, at=clock.at, words=words)
    due = clock.at + ANSWER_WITHIN
    tell_stewards(
        case,
        "A decision is appealed",
        f"Ask the outside contact, and decide by {due:%d %b %Y}. Whoever decided before can't.",
    )
    record(actor_id=worker.pk, action="wages.appeal", subject=f"case:{case.pk}")
    return event


@transaction.atomic
def say(*, actor: User, case_id: int, words: str, at: datetime | None = None) -> CaseEvent:
    """Add words to a case, as its worker or as a steward; the other side is told. Moves no deadline."""
    words = checked_words(words)
    case, clock = locked_case(case_id, at)
    if not may_speak(case, actor):
        raise NotFound(_("There is no such case."))
    last = CaseEvent.objects.filter(case=case).order_by("-id").select_related("written").first()
    if last is not None and last.kind == CaseEvent.SAID and last.actor_id == actor.pk:
        kept = getattr(last, "written", None)
        if kept is not None and kept.text == words:
            return last  # the same form, sent twice
    event = note(case=case, kind=CaseEvent.SAID, actor=actor, at=clock.at, words=words)
    if actor.pk == case.worker_id:
        tell_stewards(case, f"New words in case {case.pk}", "The worker has added something.")
    else:
        tell_worker(case, _("A message about your case"), _("A steward has written to you."))
    return event


def _require_term(project_id: UUID, since: datetime, now: datetime) -> None:
    term = open_for(project_id)
    if since < now - term:
        raise CaseSettled(
            _("The term for disputes and appeals, %(days)s days, is over.") % {"days": term.days}
        )


def _named(worker: User, target: Target) -> tuple[dict[str, Any], datetime, UUID]:
    """Return the field that names the target, when it was made, and its project."""
    given = [name for name in ("interval", "entry", "statement") if getattr(target, name) is not None]
    if len(given) != 1:
        raise Invalid(_("Name exactly one thing to dispute: a stretch, an entry or a statement."))
    name, pk = given[0], getattr(target, given[0])
    found = _FIND[name](worker, pk)
    if found is None:
        raise NotFound(_("There is no such row among yours."))
    return {f"{name}_id": pk}, *found


def _interval(worker: User, pk: int) -> Found | None:
    row = Interval.objects.filter(pk=pk, worker=worker).first()
    return (row.period.upper, row.project_id) if row else None


def _entry(worker: User, pk: int) -> Found | None:
    row = Entry.objects.filter(pk=pk, postings__account__worker=worker).first()
    return (row.at, row.project_id) if row else None


def _statement(worker: User, pk: int) -> Found | None:
    row = Statement.objects.filter(pk=pk, worker=worker).first()
    return (row.issued_at, row.project_id) if row else None


_FIND: dict[str, Callable[[User, int], Found | None]] = {
    "interval": _interval,
    "entry": _entry,
    "statement": _statement,
}


def _dispute(worker: User, project_id: UUID, now: datetime, key: str, **named: Any) -> Case:
    return Case(
        kind=CaseKind.DISPUTE,
        project_id=project_id,
        worker=worker,
        simulated=worker.simulated,
        opened_by=worker,
        opened_at=now,
        due_at=now + ANSWER_WITHIN,
        key=f"dispute:{worker.pk}:{checked_key(key)}",
        **named,
    )


def _open_about(worker: User, named: dict[str, Any]) -> Case | None:
    undecided = Case.objects.filter(worker=worker, kind=CaseKind.DISPUTE, decisions__isnull=True)
    return undecided.filter(**named).first()


def _opened(case: Case, clock: LockedClock, worker: User, words: str) -> Case:
    case.save(force_insert=True)
    note(case=case, kind=CaseEvent.OPENED, actor=worker, at=clock.at, words=words)
    tell_stewards(case, "A dispute waits", f"Decide it by {case.due_at:%d %b %Y, %H:%M} UTC.")
    record(actor_id=worker.pk, action="wages.dispute", subject=f"case:{case.pk}")
    return case
