"""Cuts: nobody lowers a payment alone or at once. One steward proposes, the worker has seven days, another applies.

Only a payment for work can be cut, as a mistake, and only before it is paid out; the recorded time stays.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from byhand.accounts.models import User
from byhand.accounts.selectors import require_steward
from byhand.audit.services import record
from byhand.errors import NotFound
from byhand.money import format_money
from wages.cases.bars import bars
from wages.cases.rules import LAPSES_AFTER, NOTICE
from wages.errors import CaseSettled, DeciderBarred, NoticeRuns, NotReversible
from wages.models import Case, CaseDecision, CaseEvent, CaseKind, CaseOutcome, CaseRemedy, Entry, EntryKind
from wages.paying.paid_out import is_paid_out
from wages.services.case_log import checked_words, each, locked_case, note, tell_stewards, tell_worker
from wages.services.ledger import mirror
from wages.services.locking import lock
from wages.services.projects import database_now, locked_project


@transaction.atomic
def propose_cut(
    *, actor: User, entry_id: int, reason: str, evidence: str = "", at: datetime | None = None
) -> Case:
    """Propose to reverse one payment for work. The worker reads reason and evidence and has seven days to object.

    An entry is proposed at most once: proposing it again returns the first. Raises NotReversible for anything
    but an unreversed, unpaid payment for somebody else's work.
    """
    entry = Entry.objects.select_related("project", "interval").filter(pk=entry_id).first()
    if entry is None:
        raise NotFound(f"No ledger entry {entry_id}.")
    require_steward(actor, entry.project.organisation_id)
    reason = checked_words(reason, "reason")
    evidence = checked_words(evidence, "evidence") if evidence.strip() else ""
    if entry.kind != EntryKind.WORK or entry.interval is None:
        raise NotReversible("entry: only a payment for work can be cut.")
    clock = lock(entry.interval.worker_id, at)
    if (first := Case.objects.filter(kind=CaseKind.CUT, entry=entry).first()) is not None:
        return first
    _require_reversible(entry, actor)
    case = Case.objects.create(
        kind=CaseKind.CUT,
        project=entry.project,
        worker_id=entry.interval.worker_id,
        simulated=entry.simulated,
        opened_by=actor,
        opened_at=clock.at,
        due_at=clock.at + NOTICE,
        key=f"cut:{entry.pk}",
        entry=entry,
    )
    note(case=case, kind=CaseEvent.OPENED, actor=actor, at=clock.at, words=reason)
    if evidence:
        note(case=case, kind=CaseEvent.EVIDENCE, actor=actor, at=clock.at, words=evidence)
    amount = format_money(entry.interval.earned_micro, entry.project.currency, exact=True)
    tell_worker(
        case,
        "A cut of your pay is proposed",
        f"{amount} for {entry.interval.category} would be taken back. Nothing has changed yet. Read why, and object "
        f"by {case.due_at:%d %b %Y, %H:%M} UTC if it is wrong; your recorded time stays either way.",
    )
    record(actor_id=actor.pk, action="wages.propose_cut", subject=f"case:{case.pk}", entry=entry.pk)
    return case


@transaction.atomic
def apply_cut(*, actor: User, case_id: int, reason: str, at: datetime | None = None) -> CaseDecision:
    """Apply a proposed cut: the payment is reversed by a new entry. By a steward who did not propose it.

    Raises NoticeRuns before the seven days are over and while an objection or its appeal is undecided,
    NotReversible once the money was sent. Again: the first decision.
    """
    # before the clock, as a close and a payout do: neither sends what is being cut
    locked_project(_project_id(case_id))
    case, clock = locked_case(case_id, at)
    reason = _ready(case, actor, reason)
    if (first := CaseDecision.objects.filter(case=case).first()) is not None:
        return _again(first, CaseOutcome.APPLIED)
    if (why := bars(case.pk).get(actor.pk)) is not None:
        by_whom = "it is about your own pay" if why == "own_pay" else "you proposed it"
        raise DeciderBarred(f"You may not apply this cut: {by_whom}. Another steward has to.")
    if clock.at < case.due_at:
        raise NoticeRuns(f"The worker can object until {case.due_at:%d %b %Y, %H:%M:%S} UTC.")
    if objection_open(case):
        raise NoticeRuns(
            "The worker has objected. Decide the objection, and its appeal if there is one, first."
        )
    entry = case.entry
    if entry is None:
        raise ValueError("A cut names an entry.")
    _require_reversible(entry, actor)
    reversal = mirror(entry=entry, actor=actor, reason=f"Case {case.pk}.")
    decision = _decide(case, CaseOutcome.APPLIED, actor, clock.at, reason)
    CaseRemedy.objects.create(decision=decision, entry=reversal)
    tell_worker(
        case,
        "A cut of your pay was applied",
        "The payment is reversed before payout. You can still dispute it; your recorded time stays.",
    )
    return decision


@transaction.atomic
def drop_cut(*, actor: User, case_id: int, reason: str, at: datetime | None = None) -> CaseDecision:
    """Take a proposed cut off the table, for ever: the payment stands. Again: the first decision."""
    case, clock = locked_case(case_id, at)
    reason = _ready(case, actor, reason)
    if (first := CaseDecision.objects.filter(case=case).first()) is not None:
        return _again(first, CaseOutcome.DROPPED)
    if case.worker_id == actor.pk:
        raise DeciderBarred("You may not drop this cut: it is about your own pay. Another steward has to.")
    return drop(case, actor=actor, at=clock.at, reason=reason)


def drop(case: Case, *, actor: User | None, at: datetime, reason: str = "") -> CaseDecision:
    """Record that the cut is dropped, in the caller's transaction and under the worker's lock."""
    decision = _decide(case, CaseOutcome.DROPPED, actor, at, reason)
    tell_worker(case, "A proposed cut was dropped", "Your payment stands as it was.")
    return decision


def lapse_cuts(at: datetime | None = None) -> int:
    """End the proposals that nobody applied in time, or whose money is sent. Returns how many."""
    now = at or database_now()
    due = Case.objects.filter(kind=CaseKind.CUT, decisions__isnull=True, due_at__lte=now)
    return each(_lapse, list(due.values_list("pk", flat=True)), at)


@transaction.atomic
def _lapse(case_id: int, at: datetime | None) -> bool:
    case, clock = locked_case(case_id, at)
    if CaseDecision.objects.filter(case=case).exists() or objection_open(case) or case.entry is None:
        return False
    heard = CaseDecision.objects.filter(case__objects_to=case).aggregate(last=Max("at"))["last"]
    since = max(case.due_at, heard or case.due_at)
    if clock.at < since + LAPSES_AFTER and not is_paid_out(case.entry):
        return False
    _decide(case, CaseOutcome.LAPSED, None, clock.at, "")
    tell_worker(
        case, "A proposed cut has lapsed", "Nobody applied it in time. Your payment stands as it was."
    )
    tell_stewards(case, "A proposed cut has lapsed", "Nobody applied it in time; it can't be proposed again.")
    return True


def objection_open(case: Case) -> bool:
    """Say whether an objection to the cut, or its appeal, waits for a decision."""
    objection = Case.objects.filter(objects_to=case).first()
    if objection is None:
        return False
    rounds = set(CaseDecision.objects.filter(case=objection).values_list("round", flat=True))
    appealed = CaseEvent.objects.filter(case=objection, kind=CaseEvent.APPEALED).exists()
    return 1 not in rounds or (appealed and 2 not in rounds)


def _project_id(case_id: int) -> UUID:
    found = Case.objects.filter(pk=case_id).values_list("project_id", flat=True).first()
    if found is None:
        raise NotFound("There is no such proposed cut.")
    return found


def _ready(case: Case, actor: User, reason: str) -> str:
    require_steward(actor, case.project.organisation_id)
    if case.kind != CaseKind.CUT:
        raise NotFound("There is no such proposed cut.")
    return checked_words(reason, "reason")


def _require_reversible(entry: Entry, actor: User) -> None:
    if entry.interval is not None and entry.interval.worker_id == actor.pk:
        raise NotReversible("entry: nobody decides about their own pay.")
    if Entry.objects.filter(reverses=entry).exists():
        raise NotReversible("entry: it is reversed already.")
    if is_paid_out(entry):
        raise NotReversible("entry: its money is sent. After a payout nothing is recovered.")


def _again(first: CaseDecision, outcome: CaseOutcome) -> CaseDecision:
    if first.outcome != outcome:
        raise CaseSettled(f"This proposal was {CaseOutcome(first.outcome).label} already.")
    return first


def _decide(case: Case, outcome: CaseOutcome, actor: User | None, at: datetime, reason: str) -> CaseDecision:
    decision = CaseDecision.objects.create(case=case, outcome=outcome, decided_by=actor, at=at)
    note(case=case, kind=CaseEvent.DECIDED, actor=actor, at=at, words=reason)
    actor_id = actor.pk if actor else None
    record(actor_id=actor_id, action="wages.decide_cut", subject=f"case:{case.pk}", outcome=outcome.value)
    return decision
