"""Deciding claims and disputes: by a steward whom nothing bars, with a reason; an unanswered claim pays itself.

All decisions on one worker's cases come one after another (the lock on the worker's clock). Who is barred is asked
of the database, which refuses the row as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from byhand.accounts.models import User
from byhand.accounts.selectors import require_steward
from byhand.audit.services import record
from byhand.errors import Invalid
from wages.cases.bars import WHY, bars
from wages.cases.rules import LARGEST_MICRO, Span, first_ms, free
from wages.cases.taken import gap_within, paid_within
from wages.errors import CaseSettled, DeciderBarred, TimeTaken
from wages.models import Case, CaseDecision, CaseEvent, CaseKind, CaseOutcome
from wages.services.case_log import checked_words, each, locked_case, note, tell_worker
from wages.services.claims import stretch
from wages.services.cuts import drop
from wages.services.locking import LockedClock, whole_ms
from wages.services.projects import database_now
from wages.services.remedies import restore_money, restore_time


@dataclass(frozen=True)
class Verdict:
    """What a steward decides. `granted_ms` of a dispute are counted from `restore_from`.

    A claim's `granted` needs no figure; its `partly` counts from its beginning. `contact_word` is what the outside
    contact said, asked for in the second round alone.
    """

    outcome: CaseOutcome
    reason: str
    granted_ms: int = 0
    granted_micro: int = 0
    restore_from: datetime | None = None
    contact_word: str = ""


@transaction.atomic
def decide(*, actor: User, case_id: int, verdict: Verdict, at: datetime | None = None) -> CaseDecision:
    """Decide a claim or a dispute, or its appeal. Sending the same decision again returns the first.

    Raises DeciderBarred with the reason, CaseSettled where it is decided (a claim also once its seven days are over),
    Invalid for figures that don't fit, TimeTaken where the time to restore is paid already. Then nothing changes.
    """
    case, clock = locked_case(case_id, at)
    require_steward(actor, case.project.organisation_id)
    reason = checked_words(verdict.reason, "reason")
    second = CaseEvent.objects.filter(case=case, kind=CaseEvent.APPEALED).exists()
    if (first := CaseDecision.objects.filter(case=case, round=2 if second else 1).first()) is not None:
        return _again(first, actor, verdict)
    if case.kind == CaseKind.CLAIM and not second and clock.at >= case.due_at:
        raise CaseSettled("The seven days are over: this claim is paid in full, without a decision.")
    _require_unbarred(case, actor)
    spans = _spans(case, clock, verdict)
    _check(case, verdict, spans, second)
    contact = checked_words(verdict.contact_word, "contact_word") if second else ""
    decision = CaseDecision.objects.create(
        case=case,
        round=2 if second else 1,
        outcome=verdict.outcome,
        decided_by=actor,
        at=clock.at,
        granted_ms=sum(_ms(span) for span in spans),
        granted_micro=verdict.granted_micro,
    )
    _carry_out(decision, clock, spans)
    if contact:
        note(case=case, kind=CaseEvent.CONTACT, actor=actor, at=clock.at, words=contact)
    note(case=case, kind=CaseEvent.DECIDED, actor=actor, at=clock.at, words=reason)
    tell_worker(
        case, f"Your {case.kind} is decided", f"It was {_in_words(decision)}. The reason is on its page."
    )
    record(
        actor_id=actor.pk, action="wages.decide", subject=f"case:{case.pk}", outcome=decision.outcome,
        round=decision.round,
    )  # fmt: skip
    return decision


def pay_unanswered_claims(at: datetime | None = None) -> int:
    """Pay every claim that nobody answered within seven days, in full. Returns how many. Harmless to run twice."""
    due = Case.objects.filter(kind=CaseKind.CLAIM, decisions__isnull=True, due_at__lte=at or database_now())
    return each(_pay_unanswered, list(due.values_list("pk", flat=True)), at)


@transaction.atomic
def _pay_unanswered(case_id: int, at: datetime | None) -> bool:
    case, clock = locked_case(case_id, at)
    if clock.at < case.due_at or CaseDecision.objects.filter(case=case).exists():
        return False
    spans = list(free(_claimed(case), paid_within(case.worker_id, _claimed(case))))
    decision = CaseDecision.objects.create(
        case=case, outcome=CaseOutcome.GRANTED, at=clock.at, granted_ms=sum(_ms(span) for span in spans)
    )
    restore_time(decision, clock, spans)
    note(case=case, kind=CaseEvent.DECIDED, actor=None, at=clock.at)
    tell_worker(
        case, "Your claim is paid", "Nobody answered it within 7 days, so all of it is paid as you said."
    )
    record(actor_id=None, action="wages.decide", subject=f"case:{case.pk}", outcome="granted", round=1)
    return True


def _again(first: CaseDecision, actor: User, verdict: Verdict) -> CaseDecision:
    same = first.decided_by_id == actor.pk and first.outcome == verdict.outcome
    if not (same and first.granted_micro == verdict.granted_micro):
        raise CaseSettled("This case is decided already. Load its page again.")
    return first


def _require_unbarred(case: Case, actor: User) -> None:
    why = bars(case.pk).get(actor.pk)
    if why is not None:
        raise DeciderBarred(f"You may not decide this case: {WHY[why]}. Another steward has to.")


def _spans(case: Case, clock: LockedClock, verdict: Verdict) -> list[Span]:
    """Return the free time that the verdict restores."""
    if case.kind == CaseKind.CLAIM:
        whole = list(free(_claimed(case), paid_within(case.worker_id, _claimed(case))))
        if verdict.outcome == CaseOutcome.GRANTED:
            return whole
        return list(first_ms(whole, verdict.granted_ms))
    if verdict.granted_ms <= 0:
        return []
    return [_restored(case, clock, verdict)]


def _restored(case: Case, clock: LockedClock, verdict: Verdict) -> Span:
    start = verdict.restore_from or (case.interval.period.lower if case.interval else None)
    if start is None:
        raise Invalid("restore_from: from when on the time is restored.")
    start = whole_ms(start)
    span = (start, start + timedelta(milliseconds=verdict.granted_ms))
    if span[1] > clock.at or (clock.category is not None and span[1] > clock.since):
        raise TimeTaken("restore_from: the time to restore must have passed before what runs now.")
    if paid := paid_within(case.worker_id, span):
        raise TimeTaken(f"restore_from: {stretch(paid[0])} is paid already.")
    if gap := gap_within(case.worker_id, span):
        raise TimeTaken(
            f"restore_from: {stretch((gap.period.lower, gap.period.upper))} is a gap that the worker's own word "
            "settles, on their earnings page."
        )
    return span


def _check(case: Case, verdict: Verdict, spans: list[Span], second: bool) -> None:
    """Raise Invalid unless outcome and figures fit each other and the kind of case."""
    full, allowed = _outcomes(case)
    found = []
    if verdict.outcome not in allowed:
        found.append(f"outcome: one of {', '.join(allowed)}.")
    if not 0 <= verdict.granted_micro <= LARGEST_MICRO:
        found.append("granted_micro: an amount of at least 0.")
    restores = bool(spans) or verdict.granted_micro > 0
    if verdict.outcome == CaseOutcome.REFUSED and (verdict.granted_ms or verdict.granted_micro):
        found.append("granted_ms: a refusal restores nothing.")
    if verdict.outcome == CaseOutcome.PARTLY and not restores:
        found.append("granted_ms: how much is granted; for nothing, refuse it.")
    if case.kind == CaseKind.CLAIM:
        if verdict.outcome == CaseOutcome.PARTLY and not 0 < verdict.granted_ms < _ms(_claimed(case)):
            found.append(f"granted_ms: above 0 and below the claimed {_ms(_claimed(case))} ms.")
        if verdict.granted_micro and not second:
            found.append("granted_micro: a claim is answered in time, paid at the rate of that time.")
    elif verdict.outcome == full and not restores and not drops_cut(case):
        found.append("granted_ms: what is restored, as time or as money.")
    if found:
        raise Invalid("This decision can't be recorded.", found)


def _outcomes(case: Case) -> tuple[str, tuple[str, ...]]:
    """Return the outcome in full, and all that are allowed for the case."""
    if case.kind == CaseKind.CLAIM:
        return CaseOutcome.GRANTED, (CaseOutcome.GRANTED, CaseOutcome.PARTLY, CaseOutcome.REFUSED)
    if case.kind == CaseKind.DISPUTE:
        return CaseOutcome.UPHELD, (CaseOutcome.UPHELD, CaseOutcome.PARTLY, CaseOutcome.REFUSED)
    raise Invalid("A proposed cut is applied or dropped, not decided like this.")


def drops_cut(case: Case) -> bool:
    """Say whether upholding the case drops a proposed cut that is still open."""
    return (
        case.objects_to_id is not None and not CaseDecision.objects.filter(case=case.objects_to_id).exists()
    )


def _carry_out(decision: CaseDecision, clock: LockedClock, spans: list[Span]) -> None:
    case = decision.case
    restore_time(decision, clock, spans)
    if decision.granted_micro:
        restore_money(decision, clock)
    if decision.outcome == CaseOutcome.UPHELD and drops_cut(case) and case.objects_to is not None:
        drop(case.objects_to, actor=decision.decided_by, at=clock.at)


def _in_words(decision: CaseDecision) -> str:
    return str(CaseOutcome(decision.outcome).label)


def _claimed(case: Case) -> Span:
    if case.starts is None or case.ends is None:
        raise ValueError("Only a claim names a stretch.")
    return case.starts, case.ends


def _ms(span: Span) -> int:
    return (span[1] - span[0]) // timedelta(milliseconds=1)
