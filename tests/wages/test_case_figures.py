"""Counts and hours of cases, to the millisecond, and what is open, overdue or paid by nobody's answer."""

from __future__ import annotations

import pytest

from tests.wages.factories import Shop, after, make_shop
from tests.wages.test_claims import claim, worked
from wages.models import CaseOutcome, Interval
from wages.selectors.case_figures import CaseFigures, case_figures
from wages.selectors.cases import has_open_case
from wages.services import cases
from wages.services.cases import Target, Verdict

pytestmark = pytest.mark.django_db
HOUR = 3_600_000


@pytest.fixture
def shop() -> Shop:
    made = make_shop()
    worked(made)
    return made


def test_a_project_without_cases_has_zeros(shop: Shop) -> None:
    found = case_figures([shop.project_id], at=after(days=30))
    assert found == {kind: CaseFigures(kind) for kind in ("claim", "dispute", "cut")}
    assert not has_open_case(shop.worker.pk)


def test_hours_claimed_granted_refused_and_the_median_to_an_answer(shop: Shop) -> None:
    part, refused, silent, waiting = (
        claim(shop, after(hours=hour), after(hours=hour + 1), key=str(hour), at=after(hours=10 + hour))
        for hour in (1, 2, 3, 4)
    )
    assert has_open_case(shop.worker.pk)
    steward = shop.stewards[0]
    verdict = Verdict(CaseOutcome.PARTLY, "Half.", granted_ms=HOUR // 2)
    cases.decide(actor=steward, case_id=part.pk, verdict=verdict, at=after(hours=21))  # 10 hours later
    verdict = Verdict(CaseOutcome.REFUSED, "No.")
    cases.decide(actor=steward, case_id=refused.pk, verdict=verdict, at=after(hours=32))  # 20 hours later
    assert cases.pay_unanswered_claims(at=silent.due_at) == 1  # 168 hours later
    found = case_figures([shop.project_id], at=waiting.due_at)["claim"]
    assert found == CaseFigures(
        "claim",
        opened=4,
        open=1,
        overdue=1,
        by_nobody=1,
        claimed_ms=4 * HOUR,
        granted_ms=HOUR + HOUR // 2,
        refused_ms=HOUR + HOUR // 2,
        median_hours=20.0,
        outcomes={"partly": 1, "refused": 1, "granted": 1},
    )


def test_an_appeal_is_open_until_its_own_decision_and_overdue_seven_days_later(shop: Shop) -> None:
    interval = Interval.objects.get(category="task")
    case = cases.open_dispute(
        worker=shop.worker, target=Target(interval=interval.pk), words="x", key="d", at=after(days=1)
    )
    cases.decide(
        actor=shop.stewards[1],
        case_id=case.pk,
        verdict=Verdict(CaseOutcome.REFUSED, "No."),
        at=after(days=2),
    )
    assert not has_open_case(shop.worker.pk)
    cases.appeal(worker=shop.worker, case_id=case.pk, words="Look.", at=after(days=3))
    assert has_open_case(shop.worker.pk)
    early, late = (case_figures([shop.project_id], at=after(days=days))["dispute"] for days in (9.99, 10))
    assert (early.open, early.overdue, early.appealed) == (1, 0, 1)
    assert (late.open, late.overdue) == (1, 1)


def test_other_projects_and_other_times_are_not_counted(shop: Shop) -> None:
    claim(shop, after(hours=1), after(hours=2))
    other = make_shop()
    assert case_figures([other.project_id], at=after(days=9))["claim"].opened == 0
    span = {"since": after(days=1), "until": after(days=2)}
    assert case_figures([shop.project_id], at=after(days=9), **span)["claim"].opened == 0
