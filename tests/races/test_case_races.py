"""Two people at once: one decision, one claim, one reversal. Each with the same race without the lock."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, transaction

from tests.races.test_clock_races import at_once, proven
from tests.wages.factories import Shop, after, make_shop, make_user
from tests.wages.test_claims import claim, worked
from wages.errors import CaseSettled
from wages.models import Case, CaseDecision, CaseOutcome, CaseRemedy, Entry, Interval
from wages.services import cases
from wages.services.cases import Verdict

PAID_CLAIM = 18_500_000


@pytest.fixture
def shop(own_database: str) -> Iterator[Shop]:
    made = make_shop()
    worked(made)
    yield made


def answer(shop: Shop, case: Case, who: int, outcome: CaseOutcome) -> object:
    return cases.decide(
        actor=shop.stewards[who], case_id=case.pk, verdict=Verdict(outcome, "So."), at=after(days=1)
    )


def test_two_stewards_who_decide_at_once_make_one_decision(shop: Shop) -> None:
    case = claim(shop, after(hours=1), after(hours=2))
    results = at_once(
        lambda: answer(shop, case, 0, CaseOutcome.GRANTED), lambda: answer(shop, case, 1, CaseOutcome.GRANTED)
    )
    assert sorted(type(result).__name__ for result in results) == ["CaseDecision", "CaseSettled"]
    assert (CaseDecision.objects.count(), CaseRemedy.objects.count()) == (1, 1)
    assert Interval.objects.get(category="claimed").earned_micro == PAID_CLAIM
    assert proven() == []


def test_without_the_lock_two_decisions_are_stopped_only_by_the_database(shop: Shop) -> None:
    """Negative control: both have seen that there is no decision before either writes one."""
    case = claim(shop, after(hours=1), after(hours=2))
    both_have_looked = threading.Barrier(2)

    def unlocked(who: int) -> CaseDecision:
        with transaction.atomic():
            assert not CaseDecision.objects.filter(case=case).exists()
            both_have_looked.wait()
            return CaseDecision.objects.create(
                case=case, outcome="refused", decided_by=shop.stewards[who], at=after(days=1)
            )

    results = at_once(lambda: unlocked(0), lambda: unlocked(1))
    refused = [result for result in results if isinstance(result, DatabaseError)]
    assert len(refused) == 1 and "casedecision_once" in str(refused[0])
    assert CaseDecision.objects.count() == 1


def test_the_same_claim_sent_many_times_at_once_is_one(shop: Shop) -> None:
    results = at_once(*[lambda: claim(shop, after(hours=1), after(hours=2))] * 4)
    assert {result.pk for result in results if isinstance(result, Case)} == {Case.objects.get().pk}
    assert not [result for result in results if isinstance(result, Exception)]


def test_two_claims_for_the_same_time_at_once_leave_one(shop: Shop) -> None:
    results = at_once(
        lambda: claim(shop, after(hours=1), after(hours=3), key="a"),
        lambda: claim(shop, after(hours=2), after(hours=4), key="b"),
    )
    assert sorted(type(result).__name__ for result in results) == ["Case", "TimeTaken"]
    assert Case.objects.count() == 1


def test_the_deadline_and_a_steward_at_once_pay_once(shop: Shop) -> None:
    case = claim(shop, after(hours=1), after(hours=2))
    due = case.due_at
    results = at_once(
        lambda: cases.pay_unanswered_claims(at=due),
        lambda: cases.pay_unanswered_claims(at=due),
        lambda: answer(shop, case, 0, CaseOutcome.GRANTED),
    )
    assert not [r for r in results if isinstance(r, Exception) and not isinstance(r, CaseSettled)]
    assert Interval.objects.get(category="claimed").earned_micro == PAID_CLAIM
    assert proven() == []


def test_a_cut_applied_by_two_at_once_reverses_once(shop: Shop) -> None:
    third = make_user()
    third.memberships.create(organisation=shop.organisation, role="steward", simulated=False)
    entry = Entry.objects.get(kind="work")
    cut = cases.propose_cut(actor=third, entry_id=entry.pk, reason="Twice.", at=after(days=1))
    results = at_once(
        *(
            lambda who=who: cases.apply_cut(
                actor=shop.stewards[who], case_id=cut.pk, reason="So.", at=after(days=8)
            )
            for who in (0, 1)
        )
    )
    assert not [result for result in results if isinstance(result, Exception)]
    assert (Entry.objects.filter(kind="reversal").count(), CaseDecision.objects.count()) == (1, 1)
    assert proven() == []
