"""Claims: time the clock did not see is answered within seven days by a person, else paid in full."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from byhand.errors import Invalid, NotAllowed, NotFound
from tests.wages.factories import MONDAY, Shop, after, make_shop, make_user
from tests.wages.test_clock import ONE, show, start
from wages.errors import CaseSettled, DeciderBarred, KeyReused, NoRateInForce, TimeTaken
from wages.models import (
    Accrual,
    Case,
    CaseDecision,
    CaseEvent,
    CaseOutcome,
    CaseRemedy,
    CaseWords,
    Entry,
    Interval,
    Period,
)
from wages.services import cases, clock, deciding, projects, remedies
from wages.services.cases import Verdict
from wages.services.periods import close_period
from wages.verification import verify

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def worked(shop: Shop) -> None:
    """Work from 09:00 to 09:10 on Monday."""
    start(shop)
    show(shop, ONE, after(minutes=0))
    clock.stop(worker=shop.worker, at=after(minutes=10))


def claim(shop: Shop, start: datetime, end: datetime, *, key: str = "k", at: datetime | None = None) -> Case:
    return cases.make_claim(
        worker=shop.worker,
        project_id=shop.project_id,
        starts=start,
        ends=end,
        words="A call about the guidelines.",
        key=key,
        at=at or after(hours=5),
    )


def state() -> tuple[int, ...]:
    models = (Case, CaseDecision, CaseEvent, CaseWords, CaseRemedy, Entry, Interval, Accrual, Period)
    return tuple(model.objects.count() for model in models)


def immediate() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.fixture
def shop() -> Shop:
    made = make_shop()
    worked(made)
    return made


def test_a_granted_claim_is_an_interval_paid_at_the_rate_of_that_time(shop: Shop) -> None:
    projects.set_rate_card(
        actor=shop.stewards[0],
        project_id=shop.project_id,
        hourly_micro=36_000_000,
        valid_from=after(hours=4),
        at=after(hours=3),
    )
    case = claim(shop, after(hours=1), after(hours=2))
    decision = cases.decide(
        actor=shop.stewards[0],
        case_id=case.pk,
        verdict=Verdict(CaseOutcome.GRANTED, "True."),
        at=after(days=1),
    )
    paid = Interval.objects.get(category="claimed")
    assert (paid.period.lower, paid.ms, paid.earned_micro) == (after(hours=1), 3_600_000, 18_500_000)
    assert (decision.granted_ms, decision.remedies.get().interval_id) == (3_600_000, paid.pk)
    immediate()
    assert [finding.bad for finding in verify() if finding.bad] == []
    assert "granted" in shop.worker.inbox.order_by("-id")[0].body


def test_a_claim_of_a_closed_week_is_paid_in_the_open_one(shop: Shop) -> None:
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    case = claim(shop, after(hours=1), after(hours=2), at=after(days=8))
    cases.decide(
        actor=shop.stewards[0],
        case_id=case.pk,
        verdict=Verdict(CaseOutcome.GRANTED, "True."),
        at=after(days=8),
    )
    paid = Interval.objects.get(category="claimed")
    assert paid.pay_period.label == "2026-W11" and paid.period.lower == after(hours=1)


def test_a_part_is_paid_from_the_beginning_and_a_refusal_pays_nothing(shop: Shop) -> None:
    part, none = (
        claim(shop, after(hours=1), after(hours=2)),
        claim(shop, after(hours=3), after(hours=4), key="2"),
    )
    verdict = Verdict(CaseOutcome.PARTLY, "The call took 20 minutes.", granted_ms=1_200_000)
    cases.decide(actor=shop.stewards[0], case_id=part.pk, verdict=verdict, at=after(days=1))
    cases.decide(
        actor=shop.stewards[0],
        case_id=none.pk,
        verdict=Verdict(CaseOutcome.REFUSED, "No call."),
        at=after(days=1),
    )
    assert [(row.period.lower, row.ms) for row in Interval.objects.filter(category="claimed")] == [
        (after(hours=1), 1_200_000)
    ]
    immediate()


@pytest.mark.parametrize(
    ("start", "end", "error", "words"),
    [
        (after(minutes=5), after(minutes=30), TimeTaken, "09:00:00 to 09:10:00"),
        (after(minutes=-5), after(minutes=5), TimeTaken, "is paid already"),
        (after(hours=2), after(hours=2), Invalid, ""),
        (after(hours=4), after(hours=6), Invalid, ""),
        (after(days=-2), after(hours=-12), Invalid, ""),
        (after(days=-1200), after(days=-1200, hours=1), Invalid, ""),
    ],
)
def test_what_can_not_be_claimed_changes_nothing(
    shop: Shop, start: datetime, end: datetime, error: type[Exception], words: str
) -> None:
    before = state()
    with pytest.raises(error, match=words), transaction.atomic():
        claim(shop, start, end)
    assert state() == before


def test_time_next_to_paid_time_can_be_claimed(shop: Shop) -> None:
    assert claim(shop, after(minutes=10), after(minutes=11)).pk
    assert claim(shop, after(minutes=-1), after(minutes=0), key="2").pk


def test_running_time_a_known_gap_and_time_claimed_already_are_refused(shop: Shop) -> None:
    clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="a", at=after(hours=1))
    show(shop, ONE, after(hours=1))
    clock.stop(worker=shop.worker, at=after(hours=2))  # an hour of silence with an item in hand: unknown
    claim(shop, after(hours=3), after(hours=4))
    clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="a", at=after(hours=4, minutes=50))
    before = state()
    for begin, end, words in (
        (after(hours=1, minutes=10), after(hours=1, minutes=20), "earnings page"),
        (after(hours=3, minutes=30), after(hours=3, minutes=40), "covers this time already"),
        (after(hours=4, minutes=55), after(hours=5), "has been running since"),
    ):
        with pytest.raises(TimeTaken, match=words), transaction.atomic():
            claim(shop, begin, end, key="2")
    assert state() == before


def test_the_same_form_sent_twice_is_one_claim_and_another_content_is_refused(shop: Shop) -> None:
    first = claim(shop, after(hours=1), after(hours=2))
    assert claim(shop, after(hours=1), after(hours=2)).pk == first.pk
    before = state()
    with pytest.raises(KeyReused), transaction.atomic():
        claim(shop, after(hours=1), after(hours=3))
    assert state() == before


def test_a_project_that_is_not_the_workers_does_not_exist(shop: Shop) -> None:
    other, before = make_shop(), state()
    with pytest.raises(NotFound), transaction.atomic():
        cases.make_claim(
            worker=shop.worker, project_id=other.project_id, starts=MONDAY, ends=after(hours=1), words="x", key="k",
            at=after(hours=5),
        )  # fmt: skip
    assert state()[:5] == before[:5]


@pytest.mark.parametrize("words", ["", " ", "a\x00b", "x" * 10_001])
def test_words_that_can_not_be_kept_are_refused(shop: Shop, words: str) -> None:
    before = state()
    with pytest.raises(Invalid, match="words: 1 to 10,000"), transaction.atomic():
        cases.make_claim(
            worker=shop.worker, project_id=shop.project_id, starts=after(hours=1), ends=after(hours=2), words=words,
            key="k", at=after(hours=5),
        )  # fmt: skip
    assert state() == before


def test_seven_days_without_an_answer_pay_the_claim_and_not_a_millisecond_earlier(shop: Shop) -> None:
    case = claim(shop, after(hours=1), after(hours=2), at=after(hours=5))
    due = after(hours=5) + 7 * DAY
    assert cases.pay_unanswered_claims(at=due - timedelta(milliseconds=1)) == 0
    assert not Interval.objects.filter(category="claimed").exists()
    assert [cases.pay_unanswered_claims(at=due) for _ in range(3)] == [1, 0, 0]
    decision = CaseDecision.objects.get(case=case)
    assert (decision.decided_by, decision.outcome, decision.granted_ms) == (None, "granted", 3_600_000)
    assert Interval.objects.get(category="claimed").earned_micro == 18_500_000
    assert "Nobody answered it within 7 days" in shop.worker.inbox.order_by("-id")[0].body
    immediate()


def test_after_seven_days_nobody_can_refuse_it_any_more(shop: Shop) -> None:
    case = claim(shop, after(hours=1), after(hours=2), at=after(hours=5))
    before, late = state(), after(hours=5) + 7 * DAY
    with pytest.raises(CaseSettled, match="paid in full"), transaction.atomic():
        cases.decide(
            actor=shop.stewards[0], case_id=case.pk, verdict=Verdict(CaseOutcome.REFUSED, "No."), at=late
        )
    with pytest.raises(DatabaseError, match="not answered in time"), transaction.atomic():
        CaseDecision.objects.create(case=case, outcome="refused", decided_by=shop.stewards[0], at=late)
    assert state() == before


def test_the_database_lets_nobody_pay_a_claim_early_without_a_person(shop: Shop) -> None:
    case = claim(shop, after(hours=1), after(hours=2))
    with pytest.raises(DatabaseError, match="a person decides it"), transaction.atomic():
        CaseDecision.objects.create(case=case, outcome="granted", at=after(days=6))


def test_a_decision_without_its_interval_never_commits(shop: Shop) -> None:
    case = claim(shop, after(hours=1), after(hours=2))
    with pytest.raises(DatabaseError, match="restore 0 ms"), transaction.atomic():
        CaseDecision.objects.create(
            case=case, outcome="granted", decided_by=shop.stewards[0], at=after(days=1), granted_ms=3_600_000
        )
        immediate()


def test_only_a_steward_who_is_not_the_worker_answers(shop: Shop) -> None:
    case, verdict = claim(shop, after(hours=1), after(hours=2)), Verdict(CaseOutcome.GRANTED, "Yes.")
    before = state()
    for person in (shop.engineer, shop.worker, make_user(), make_shop().stewards[0]):
        with pytest.raises(NotAllowed), transaction.atomic():
            cases.decide(actor=person, case_id=case.pk, verdict=verdict, at=after(days=1))
        with pytest.raises(DatabaseError, match="no steward here"), transaction.atomic():
            CaseDecision.objects.create(case=case, outcome="refused", decided_by=person, at=after(days=1))
    assert state()[:5] == before[:5]


def test_a_steward_who_works_can_not_answer_their_own_claim(shop: Shop) -> None:
    shop.worker.memberships.create(organisation=shop.organisation, role="steward", simulated=False)
    case, before = claim(shop, after(hours=1), after(hours=2)), state()
    with pytest.raises(DeciderBarred, match="your own pay"), transaction.atomic():
        cases.decide(
            actor=shop.worker, case_id=case.pk, verdict=Verdict(CaseOutcome.GRANTED, "Yes."), at=after(days=1)
        )
    with pytest.raises(DatabaseError, match="own_pay"), transaction.atomic():
        CaseDecision.objects.create(case=case, outcome="refused", decided_by=shop.worker, at=after(days=1))
    assert state() == before


def test_a_decision_sent_twice_is_one_and_another_is_refused(shop: Shop) -> None:
    case, verdict = claim(shop, after(hours=1), after(hours=2)), Verdict(CaseOutcome.GRANTED, "Yes.")
    first = cases.decide(actor=shop.stewards[0], case_id=case.pk, verdict=verdict, at=after(days=1))
    assert (
        cases.decide(actor=shop.stewards[0], case_id=case.pk, verdict=verdict, at=after(days=9)).pk
        == first.pk
    )
    before = state()
    for actor, other in (
        (shop.stewards[1], verdict),
        (shop.stewards[0], Verdict(CaseOutcome.REFUSED, "Hm.")),
    ):
        with pytest.raises(CaseSettled), transaction.atomic():
            cases.decide(actor=actor, case_id=case.pk, verdict=other, at=after(days=2))
    assert state() == before


def test_time_that_was_paid_meanwhile_is_not_paid_again(shop: Shop) -> None:
    case = claim(shop, after(hours=1), after(hours=3))
    other = make_shop(simulated=False)
    assert other.project_id != shop.project_id
    second = Case.objects.get(pk=case.pk)
    second.pk, second.key, second.starts, second.ends = None, "other", after(hours=2), after(hours=4)
    second.save(force_insert=True)  # as if two claims had come in at once, without the lock
    for pk in (case.pk, second.pk):
        cases.decide(
            actor=shop.stewards[0], case_id=pk, verdict=Verdict(CaseOutcome.GRANTED, "Yes."), at=after(days=1)
        )
    assert sum(row.ms for row in Interval.objects.filter(category="claimed")) == 3 * 3_600_000
    immediate()


def test_two_decisions_of_one_round_can_not_both_be_kept(shop: Shop) -> None:
    case = claim(shop, after(hours=1), after(hours=2))
    CaseDecision.objects.create(case=case, outcome="refused", decided_by=shop.stewards[0], at=after(days=1))
    with pytest.raises(DatabaseError, match="casedecision_once"), transaction.atomic():
        CaseDecision.objects.create(
            case=case, outcome="refused", decided_by=shop.stewards[1], at=after(days=1)
        )


def test_words_can_be_deleted_and_the_case_stays(shop: Shop) -> None:
    case = claim(shop, after(hours=1), after(hours=2))
    event = CaseEvent.objects.get(case=case)
    assert len(event.words_sha256) == 64
    assert CaseWords.objects.all().delete()[0] == 1
    assert not CaseWords.objects.exists() and CaseEvent.objects.get().words_sha256 == event.words_sha256
    for change in ("UPDATE wages_case SET key = 'x'", "DELETE FROM wages_caseevent"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)


def test_a_claim_that_can_not_be_settled_keeps_no_other_one_waiting(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, other = (
        claim(shop, after(hours=1), after(hours=2)),
        claim(shop, after(hours=3), after(hours=4), key="2"),
    )
    real = remedies.restore_time

    def refuses(decision: CaseDecision, *args: Any) -> list[Interval]:
        if decision.case_id == stuck.pk:
            raise NoRateInForce("No rate.")
        return real(decision, *args)

    monkeypatch.setattr(deciding, "restore_time", refuses)
    assert cases.keep_deadlines(at=after(days=8)) == 1
    assert CaseDecision.objects.get().case_id == other.pk
    monkeypatch.undo()
    assert cases.keep_deadlines(at=after(days=8)) == 1
