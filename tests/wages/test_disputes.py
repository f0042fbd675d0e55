"""Disputes and appeals: who may decide is checked by the database, and what is upheld comes back as new rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from byhand.accounts.models import InboxMessage
from byhand.errors import Invalid, NotAllowed, NotFound
from tests.wages.factories import Shop, after, make_shop, make_user
from tests.wages.test_claims import immediate, state, worked
from wages.cases.bars import bars
from wages.errors import CaseSettled, DeciderBarred, TimeTaken
from wages.models import Case, CaseDecision, CaseEvent, CaseOutcome, Entry, Interval, Statement
from wages.services import cases, clock
from wages.services.cases import Target, Verdict
from wages.services.periods import close_period
from wages.verification import verify

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    """A shop in which Monday 09:00 to 09:10 was worked; steward 0 set the rate, steward 1 did nothing."""
    made = make_shop()
    worked(made)
    return made


def the_interval() -> Interval:
    return Interval.objects.filter(category="task").get()


def dispute(shop: Shop, *, key: str = "d", target: Target | None = None, days: float = 1) -> Case:
    target = target or Target(interval=the_interval().pk)
    return cases.open_dispute(
        worker=shop.worker, target=target, words="It was longer.", key=key, at=after(days=days)
    )


def decide(shop: Shop, case: Case, verdict: Verdict, *, by: int = 1, days: float = 2) -> CaseDecision:
    return cases.decide(actor=shop.stewards[by], case_id=case.pk, verdict=verdict, at=after(days=days))


def a_statement(shop: Shop) -> Statement:
    period = close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    found = Statement.objects.filter(period=period, worker=shop.worker).first()
    return found or Statement.objects.create(
        period=period, project=shop.project, worker=shop.worker, simulated=False, payable_micro=3_083_334, body="{}",
        sha256="a" * 64, issued_at=after(days=7),
    )  # fmt: skip


def test_an_upheld_dispute_restores_time_and_money_by_new_rows(shop: Shop) -> None:
    interval, case = the_interval(), dispute(shop)
    verdict = Verdict(
        CaseOutcome.UPHELD,
        "You are right.",
        granted_ms=600_000,
        granted_micro=5,
        restore_from=after(minutes=10),
    )
    decision = decide(shop, case, verdict)
    restored = Interval.objects.get(category="claimed")
    assert (restored.period.lower, restored.ms, restored.earned_micro) == (
        after(minutes=10),
        600_000,
        3_083_333,
    )
    correction = Entry.objects.get(kind="correction")
    assert correction.actor == shop.stewards[1] and "You are right" not in correction.reason
    assert {remedy.entry_id or remedy.interval_id for remedy in decision.remedies.all()} == {
        restored.pk,
        correction.pk,
    }
    assert the_interval().earned_micro == interval.earned_micro
    immediate()
    assert [finding.bad for finding in verify() if finding.bad] == []


def test_exactly_one_thing_of_ones_own_is_disputed(shop: Shop) -> None:
    entry, other = Entry.objects.get(kind="work"), make_user()
    before = state()
    for target in (Target(), Target(interval=the_interval().pk, entry=entry.pk)):
        with pytest.raises(Invalid, match="exactly one"), transaction.atomic():
            dispute(shop, target=target)
    for target in (
        Target(interval=the_interval().pk),
        Target(entry=entry.pk),
        Target(statement=1),
    ):
        with pytest.raises(NotFound), transaction.atomic():
            cases.open_dispute(worker=other, target=target, words="Mine.", key="k", at=after(days=1))
    with pytest.raises(NotFound), transaction.atomic():
        dispute(shop, target=Target(entry=Entry.objects.get(kind="deposit").pk))
    assert state() == before


@pytest.mark.parametrize("field", ["interval", "entry"])
def test_the_database_refuses_a_case_about_somebody_elses_row(shop: Shop, field: str) -> None:
    row = the_interval() if field == "interval" else Entry.objects.get(kind="work")
    case, other = dispute(shop), make_user()
    values = {"worker": other, "opened_by": other, "key": "x", "simulated": False, "kind": "dispute"}
    with pytest.raises(DatabaseError, match="its own worker"), transaction.atomic():
        Case.objects.create(
            project=shop.project, due_at=case.due_at, opened_at=case.opened_at, **values, **{field: row}
        )


def test_a_dispute_can_be_opened_for_three_years(shop: Shop) -> None:
    last = after(minutes=10) + timedelta(days=3 * 366)
    before = state()
    with pytest.raises(CaseSettled, match="1098 days"), transaction.atomic():
        cases.open_dispute(
            worker=shop.worker, target=Target(interval=the_interval().pk), words="x", key="k",
            at=last + timedelta(milliseconds=1),
        )  # fmt: skip
    assert state() == before
    assert cases.open_dispute(
        worker=shop.worker, target=Target(interval=the_interval().pk), words="x", key="k", at=last
    ).pk


def test_one_open_dispute_about_one_thing(shop: Shop) -> None:
    first = dispute(shop)
    assert dispute(shop).pk == first.pk
    before = state()
    with pytest.raises(CaseSettled, match="open already"), transaction.atomic():
        dispute(shop, key="other")
    assert state() == before
    decide(shop, first, Verdict(CaseOutcome.REFUSED, "No."))
    assert dispute(shop, key="other", days=3).pk != first.pk


def barred(shop: Shop, case: Case, who: int, code: str) -> None:
    """Show that the service and the database refuse this steward, and that nothing changes."""
    before, steward = state(), shop.stewards[who]
    with pytest.raises(DeciderBarred), transaction.atomic():
        cases.decide(
            actor=steward, case_id=case.pk, verdict=Verdict(CaseOutcome.REFUSED, "No."), at=after(days=30)
        )
    for second in (1, 2):
        with pytest.raises(DatabaseError, match=rf"{code}|nobody has appealed"), transaction.atomic():
            CaseDecision.objects.create(
                case=case, round=second, outcome="refused", decided_by=steward, at=after(days=30)
            )
    assert state() == before


def test_who_set_the_rate_can_not_decide(shop: Shop) -> None:
    barred(shop, dispute(shop), 0, "set_rate")
    barred(
        shop, dispute(shop, target=Target(entry=Entry.objects.get(kind="work").pk), key="e"), 0, "set_rate"
    )
    statement = a_statement(shop)
    case = dispute(shop, target=Target(statement=statement.pk), key="s", days=8)
    barred(shop, case, 0, "set_rate")
    decide(shop, case, Verdict(CaseOutcome.UPHELD, "Yes.", granted_micro=7), days=9)
    assert Entry.objects.get(kind="correction").actor == shop.stewards[1]


def test_who_made_a_correction_can_not_decide_about_it(shop: Shop) -> None:
    case = dispute(shop)
    decide(shop, case, Verdict(CaseOutcome.PARTLY, "A little.", granted_micro=1))
    second = dispute(shop, target=Target(entry=Entry.objects.get(kind="correction").pk), key="second", days=3)
    barred(shop, second, 1, "made_entry|decided_before")


def test_who_decided_a_claim_can_not_decide_about_the_time_it_made(shop: Shop) -> None:
    claimed = cases.make_claim(
        worker=shop.worker, project_id=shop.project_id, starts=after(hours=1), ends=after(hours=2), words="A call.",
        key="c", at=after(hours=3),
    )  # fmt: skip
    decide(shop, claimed, Verdict(CaseOutcome.PARTLY, "Half.", granted_ms=1_800_000))
    target = Target(interval=Interval.objects.get(category="claimed").pk)
    barred(shop, dispute(shop, target=target, days=3), 1, "decided_before")


def test_an_appeal_is_decided_by_another_steward_with_the_contacts_word(shop: Shop) -> None:
    third = make_user()
    third.memberships.create(organisation=shop.organisation, role="steward", simulated=False)
    case = dispute(shop)
    with pytest.raises(CaseSettled, match="no decision yet"), transaction.atomic():
        cases.appeal(worker=shop.worker, case_id=case.pk, words="Look again.", at=after(days=2))
    decide(shop, case, Verdict(CaseOutcome.REFUSED, "No."))
    for _ in range(2):
        cases.appeal(worker=shop.worker, case_id=case.pk, words="Look again.", at=after(days=3))
    assert CaseEvent.objects.filter(kind="appealed").count() == 1
    barred(shop, case, 1, "decided_before")
    barred(shop, case, 0, "set_rate")
    verdict = Verdict(CaseOutcome.UPHELD, "The contact is right.", granted_micro=9)
    before = state()
    with pytest.raises(Invalid, match="contact_word"), transaction.atomic():
        cases.decide(actor=third, case_id=case.pk, verdict=verdict, at=after(days=4))
    assert state() == before
    verdict = Verdict(CaseOutcome.UPHELD, "Yes.", granted_micro=9, contact_word="The worker is right.")
    decision = cases.decide(actor=third, case_id=case.pk, verdict=verdict, at=after(days=4))
    assert (decision.round, Entry.objects.get(kind="correction").key) == (2, f"case:{case.pk}:2")
    assert [event.kind for event in case.events.order_by("id")] == [
        "opened",
        "decided",
        "appealed",
        "contact",
        "decided",
    ]
    immediate()


@pytest.mark.parametrize(
    ("verdict", "error"),
    [
        (Verdict(CaseOutcome.UPHELD, "Yes."), Invalid),  # restores nothing
        (Verdict(CaseOutcome.REFUSED, "No.", granted_micro=1), Invalid),
        (Verdict(CaseOutcome.GRANTED, "Yes.", granted_micro=1), Invalid),  # an outcome of claims
        (Verdict(CaseOutcome.UPHELD, " ", granted_micro=1), Invalid),
        (Verdict(CaseOutcome.UPHELD, "Yes.", granted_micro=-1), Invalid),
        (Verdict(CaseOutcome.UPHELD, "Yes.", granted_micro=10**18), Invalid),
        (Verdict(CaseOutcome.UPHELD, "Yes.", granted_ms=1), TimeTaken),  # begins where the paid interval does
        (Verdict(CaseOutcome.UPHELD, "Yes.", granted_ms=60_000, restore_from=after(days=2)), TimeTaken),
    ],
)
def test_a_verdict_that_does_not_fit_changes_nothing(
    shop: Shop, verdict: Verdict, error: type[Exception]
) -> None:
    case = dispute(shop)
    before = state()
    with pytest.raises(error), transaction.atomic():
        decide(shop, case, verdict)
    assert state() == before


def test_a_long_break_that_was_work_is_restored_inside_it(shop: Shop) -> None:
    clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="a", at=after(hours=1))
    clock.take_break(worker=shop.worker, at=after(hours=1, minutes=1))
    clock.stop(worker=shop.worker, at=after(hours=2))
    unpaid = Interval.objects.get(category="break")
    case = dispute(shop, target=Target(interval=unpaid.pk))
    decide(shop, case, Verdict(CaseOutcome.PARTLY, "Ten minutes.", granted_ms=600_000))
    assert Interval.objects.get(category="claimed").period.lower == after(hours=1, minutes=1)
    immediate()
    assert [finding.bad for finding in verify() if finding.bad] == []


def test_every_step_is_told_and_no_message_holds_what_somebody_wrote(shop: Shop) -> None:
    case = dispute(shop)
    assert InboxMessage.objects.filter(user__in=shop.stewards, subject="A dispute waits").count() == 2
    cases.say(actor=shop.stewards[1], case_id=case.pk, words="Which minutes?", at=after(days=1, hours=1))
    cases.say(actor=shop.worker, case_id=case.pk, words="The last five.", at=after(days=1, hours=2))
    cases.say(actor=shop.worker, case_id=case.pk, words="The last five.", at=after(days=1, hours=2))
    decide(shop, case, Verdict(CaseOutcome.REFUSED, "Not on record."))
    assert [message.subject for message in shop.worker.inbox.order_by("id")] == [
        "A message about your case",
        "Your dispute is decided",
    ]
    texts = " ".join(f"{message.subject} {message.body}" for message in InboxMessage.objects.all())
    assert not any(
        words in texts for words in ("Which minutes", "last five", "Not on record", "It was longer")
    )
    assert [event.kind for event in case.events.order_by("id")] == ["opened", "said", "said", "decided"]


def test_nobody_else_speaks_in_a_case(shop: Shop) -> None:
    case = dispute(shop)
    before = state()
    for person in (shop.engineer, make_user(), make_shop().stewards[0]):
        with pytest.raises(NotFound), transaction.atomic():
            cases.say(actor=person, case_id=case.pk, words="x", at=after(days=1))
        with pytest.raises(NotAllowed), transaction.atomic():
            cases.decide(
                actor=person, case_id=case.pk, verdict=Verdict(CaseOutcome.REFUSED, "x"), at=after(days=1)
            )
    assert state()[:5] == before[:5]


def test_a_dispute_never_decides_itself_and_a_second_decision_is_one_too_many(shop: Shop) -> None:
    case = dispute(shop)
    assert cases.keep_deadlines(at=after(days=100)) == 0
    with pytest.raises(DatabaseError, match="a person decides"), transaction.atomic():
        CaseDecision.objects.create(case=case, outcome="refused", at=after(days=100))
    decide(shop, case, Verdict(CaseOutcome.REFUSED, "No."))
    with pytest.raises(DatabaseError, match="decided_before"), transaction.atomic():
        CaseDecision.objects.create(
            case=case, outcome="refused", decided_by=shop.stewards[1], at=after(days=3)
        )


def test_the_page_knows_who_is_barred_and_why(shop: Shop) -> None:
    assert bars(dispute(shop).pk) == {shop.worker.pk: "own_pay", shop.stewards[0].pk: "set_rate"}
