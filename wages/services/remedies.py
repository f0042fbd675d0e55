"""What a decision makes: intervals of category `claimed` that restore time, entries that restore money.

New rows alone, each linked to its decision. Old rows stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wages.cases.rules import Span
from wages.errors import NoRateInForce
from wages.models import AccountKind, CaseDecision, CaseRemedy, Entry, EntryKind, Interval, RateCard
from wages.rules import Piece, by_week
from wages.services.charging import charge, open_period, worker_account
from wages.services.locking import LockedClock
from wages.services.stretch import Source, write_piece
from wages.work import Category


def restore_time(decision: CaseDecision, clock: LockedClock, spans: Iterable[Span]) -> list[Interval]:
    """Pay the spans, which must be free, at the rate in force at the beginning of each, into open periods."""
    written = []
    for piece in by_week(_pieces(spans)):
        source = Source(
            clock.worker_id,
            clock.simulated,
            decision.case.project_id,
            None,
            _card(decision, piece),
        )
        written.append(write_piece(source, piece, clock))
    CaseRemedy.objects.bulk_create(CaseRemedy(decision=decision, interval=interval) for interval in written)
    return written


def restore_money(decision: CaseDecision, clock: LockedClock) -> Entry:
    """Post the decision's amount as a correction into the open period."""
    case = decision.case
    entry = charge(
        project=case.project,
        kind=EntryKind.CORRECTION,
        amount_micro=decision.granted_micro,
        credit=worker_account(case.project_id, case.worker_id, AccountKind.WORKER_EARNED),
        key=f"case:{case.pk}:{decision.round}",
        actor=decision.decided_by,
        reason=f"Case {case.pk}: {decision.outcome}.",
        pay_period=open_period(case.project_id, clock.at),
    )
    CaseRemedy.objects.create(decision=decision, entry=entry)
    return entry


def _pieces(spans: Iterable[Span]) -> Iterator[Piece]:
    for start, end in spans:
        yield Piece(Category.CLAIMED, start, end, paid=True)


def _card(decision: CaseDecision, piece: Piece) -> int:
    cards = RateCard.objects.filter(project=decision.case.project_id, period__contains=piece.start)
    card = cards.values_list("id", flat=True).first()
    if card is None:
        raise NoRateInForce("restore_from: this project had no rate at that time.")
    return card
