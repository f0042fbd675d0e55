"""A cut is a proposal: seven days' notice, an objection that is decided first, another steward, before payout only."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from byhand.errors import Invalid, NotAllowed, NotFound
from tests.wages.factories import Shop, after, make_shop, make_user
from tests.wages.test_claims import immediate, state, worked
from wages.errors import CaseSettled, DeciderBarred, NoticeRuns, NotReversible
from wages.models import (
    AccountKind,
    Case,
    CaseDecision,
    CaseOutcome,
    Entry,
    EntryKind,
    LedgerAccount,
    Posting,
)
from wages.paying.payables import payable_of
from wages.services import cases
from wages.services.cases import Target, Verdict
from wages.services.charging import worker_account
from wages.services.ledger import balance, post
from wages.services.periods import close_period
from wages.verification import verify

pytestmark = pytest.mark.django_db
NOTICE_OVER = after(days=8)


@pytest.fixture
def shop() -> Shop:
    made = make_shop()
    worked(made)
    third = make_user()
    third.memberships.create(organisation=made.organisation, role="steward", simulated=False)
    made.stewards = (*made.stewards, third)
    return made


def earned(shop: Shop) -> int:
    return balance(LedgerAccount.objects.get(kind="worker_earned", worker=shop.worker))


def propose(shop: Shop, by: int = 1) -> Case:
    entry = Entry.objects.get(kind="work")
    return cases.propose_cut(
        actor=shop.stewards[by],
        entry_id=entry.pk,
        reason="Counted twice.",
        evidence="Log 7.",
        at=after(days=1),
    )


def apply(shop: Shop, case: Case, *, by: int = 0, at: object = NOTICE_OVER) -> CaseDecision:
    return cases.apply_cut(actor=shop.stewards[by], case_id=case.pk, reason="Nobody objected.", at=at)  # type: ignore[arg-type]


def test_a_proposal_moves_nothing_and_tells_the_worker(shop: Shop) -> None:
    case = propose(shop)
    assert (earned(shop), propose(shop).pk) == (3_083_334, case.pk)
    message = shop.worker.inbox.get()
    assert "USD 3.083334" in message.body and "Counted twice" not in message.body
    assert message.link == f"/cases/{case.pk}/"
    assert [event.kind for event in case.events.order_by("id")] == ["opened", "evidence"]


def test_another_steward_applies_it_after_seven_days_and_the_time_stays(shop: Shop) -> None:
    case = propose(shop)
    before = state()
    with pytest.raises(NoticeRuns), transaction.atomic():
        apply(shop, case, at=NOTICE_OVER - timedelta(milliseconds=1))
    with pytest.raises(DeciderBarred, match="you proposed it"), transaction.atomic():
        apply(shop, case, by=1)
    for by, at, words in (
        (0, NOTICE_OVER - timedelta(milliseconds=1), "notice"),
        (1, NOTICE_OVER, "proposed_cut"),
    ):
        with pytest.raises(DatabaseError, match=words), transaction.atomic():
            CaseDecision.objects.create(case=case, outcome="applied", decided_by=shop.stewards[by], at=at)
    assert state() == before
    decision = apply(shop, case)
    assert apply(shop, case).pk == decision.pk
    reversal = Entry.objects.get(kind="reversal")
    assert (decision.remedies.get().entry_id, reversal.reason, earned(shop)) == (
        reversal.pk,
        f"Case {case.pk}.",
        0,
    )
    immediate()
    assert [finding.bad for finding in verify() if finding.bad] == []


def test_an_applied_cut_without_its_reversal_never_commits(shop: Shop) -> None:
    case = propose(shop)
    with pytest.raises(DatabaseError, match="cut 0 entries"), transaction.atomic():
        CaseDecision.objects.create(case=case, outcome="applied", decided_by=shop.stewards[0], at=NOTICE_OVER)
        immediate()


def test_an_objection_is_decided_before_anything_is_applied(shop: Shop) -> None:
    case = propose(shop)
    objection = cases.object_to_cut(
        worker=shop.worker, case_id=case.pk, words="I did work.", key="o", at=after(days=2)
    )
    before = state()
    with pytest.raises(NoticeRuns, match="objected"), transaction.atomic():
        apply(shop, case)
    with pytest.raises(DatabaseError, match="objection is still open"), transaction.atomic():
        CaseDecision.objects.create(case=case, outcome="applied", decided_by=shop.stewards[0], at=NOTICE_OVER)
    with pytest.raises(DeciderBarred, match="proposed the cut"), transaction.atomic():
        cases.decide(
            actor=shop.stewards[1],
            case_id=objection.pk,
            verdict=Verdict(CaseOutcome.REFUSED, "x"),
            at=after(days=3),
        )
    assert state() == before
    cases.decide(
        actor=shop.stewards[2],
        case_id=objection.pk,
        verdict=Verdict(CaseOutcome.UPHELD, "True."),
        at=after(days=3),
    )
    assert CaseDecision.objects.get(case=case).outcome == "dropped"
    with pytest.raises(CaseSettled, match="dropped"), transaction.atomic():
        apply(shop, case)
    assert earned(shop) == 3_083_334
    immediate()


def test_a_refused_objection_lets_it_be_applied_unless_it_is_appealed(shop: Shop) -> None:
    case = propose(shop)
    objection = cases.object_to_cut(
        worker=shop.worker, case_id=case.pk, words="I did work.", key="o", at=after(days=2)
    )
    cases.decide(
        actor=shop.stewards[2],
        case_id=objection.pk,
        verdict=Verdict(CaseOutcome.REFUSED, "No."),
        at=after(days=3),
    )
    cases.appeal(worker=shop.worker, case_id=objection.pk, words="Ask them.", at=after(days=4))
    with pytest.raises(NoticeRuns), transaction.atomic():
        apply(shop, case)
    with pytest.raises(DatabaseError, match="objection is still open"), transaction.atomic():
        CaseDecision.objects.create(case=case, outcome="applied", decided_by=shop.stewards[2], at=NOTICE_OVER)
    assert not Entry.objects.filter(kind="reversal").exists()


def test_an_applied_cut_that_was_wrong_is_paid_back_by_a_correction(shop: Shop) -> None:
    apply(shop, propose(shop), by=2)
    reversal = Entry.objects.get(kind="reversal")
    case = cases.open_dispute(
        worker=shop.worker, target=Target(entry=reversal.pk), words="I did work.", key="d", at=after(days=9)
    )
    for by in (0, 1, 2):  # the rate, the proposal, the reversal: none of them decides
        with pytest.raises(DeciderBarred), transaction.atomic():
            cases.decide(
                actor=shop.stewards[by],
                case_id=case.pk,
                verdict=Verdict(CaseOutcome.REFUSED, "x"),
                at=after(days=9),
            )
    fourth = make_user()
    fourth.memberships.create(organisation=shop.organisation, role="steward", simulated=False)
    verdict = Verdict(CaseOutcome.UPHELD, "Right.", granted_micro=3_083_334)
    cases.decide(actor=fourth, case_id=case.pk, verdict=verdict, at=after(days=9))
    assert earned(shop) == 3_083_334
    immediate()


def send_payable(shop: Shop) -> None:
    """Close the week and put what is payable into a payout, as a batch does."""
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    payable, sent = (
        worker_account(shop.project_id, shop.worker.pk, kind)
        for kind in (AccountKind.WORKER_PAYABLE, AccountKind.WORKER_SENT)
    )
    amount = balance(payable)
    post(project=shop.project, kind=EntryKind.PAYOUT, key="p", legs={payable: -amount, sent: amount})


def test_after_a_payout_nothing_is_recovered(shop: Shop) -> None:
    case = propose(shop)
    send_payable(shop)
    before = state()
    with pytest.raises(NotReversible, match="nothing is recovered"), transaction.atomic():
        apply(shop, case)
    assert state() == before
    assert cases.keep_deadlines(at=NOTICE_OVER) == 1
    assert CaseDecision.objects.get(case=case).outcome == "lapsed"


def test_money_that_is_cut_after_the_close_is_not_sent_first(shop: Shop) -> None:
    case = propose(shop)
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    assert payable_of(shop.project_id) == {shop.worker.pk: 3_083_334}
    apply(shop, case)
    assert payable_of(shop.project_id) == {}
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=14))
    assert payable_of(shop.project_id) == {}
    assert balance(LedgerAccount.objects.get(kind="worker_payable", worker=shop.worker)) == 0
    assert [finding.bad for finding in verify() if finding.bad] == []


def test_what_is_sent_is_not_even_proposed(shop: Shop) -> None:
    send_payable(shop)
    before = state()
    with pytest.raises(NotReversible, match="nothing is recovered"), transaction.atomic():
        propose(shop)
    assert state() == before


def test_a_proposal_that_nobody_applies_lapses_for_ever(shop: Shop) -> None:
    case = propose(shop)
    lapses = NOTICE_OVER + timedelta(days=7)
    assert cases.keep_deadlines(at=lapses - timedelta(milliseconds=1)) == 0
    assert [cases.keep_deadlines(at=lapses) for _ in range(2)] == [1, 0]
    assert propose(shop).pk == case.pk
    with pytest.raises(CaseSettled, match="lapsed"), transaction.atomic():
        apply(shop, case, at=lapses)
    assert earned(shop) == 3_083_334


def test_whoever_proposed_may_take_it_back(shop: Shop) -> None:
    case = propose(shop)
    cases.drop_cut(actor=shop.stewards[1], case_id=case.pk, reason="My mistake.", at=after(days=2))
    assert CaseDecision.objects.get(case=case).outcome == "dropped"
    assert earned(shop) == 3_083_334


def test_only_unreversed_payments_for_somebody_elses_work_are_proposed(shop: Shop) -> None:
    entry, deposit = Entry.objects.get(kind="work"), Entry.objects.get(kind="deposit")
    shop.worker.memberships.create(organisation=shop.organisation, role="steward", simulated=False)
    before = state()
    for actor, pk, reason, error in (
        (shop.engineer, entry.pk, "No.", NotAllowed),
        (shop.stewards[0], entry.pk, " ", Invalid),
        (shop.stewards[0], deposit.pk, "No.", NotReversible),
        (shop.stewards[0], 10**9, "No.", NotFound),
        (shop.worker, entry.pk, "No.", NotReversible),
    ):
        with pytest.raises(error), transaction.atomic():
            cases.propose_cut(actor=actor, entry_id=pk, reason=reason, at=after(days=1))
    assert state() == before
    assert Posting.objects.filter(amount_micro=-3_083_334, account__kind="worker_earned").count() == 0


def test_only_the_worker_objects_and_only_once(shop: Shop) -> None:
    case = propose(shop)
    with pytest.raises(NotFound), transaction.atomic():
        cases.object_to_cut(worker=make_user(), case_id=case.pk, words="x", key="o", at=after(days=2))
    first = cases.object_to_cut(worker=shop.worker, case_id=case.pk, words="x", key="o", at=after(days=2))
    again = cases.object_to_cut(worker=shop.worker, case_id=case.pk, words="x", key="o", at=after(days=2))
    assert first.pk == again.pk
    with pytest.raises(CaseSettled, match="objected already"), transaction.atomic():
        cases.object_to_cut(worker=shop.worker, case_id=case.pk, words="y", key="p", at=after(days=2))
