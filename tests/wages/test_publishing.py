"""PoolVersion, rate, floor and deposits: what must be there before anybody is asked to work."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import transaction

from byhand.errors import Invalid, NotAllowed
from tests.wages.factories import MONDAY, RATE, after, make_shop
from tests.wages.test_clock import start
from wages.errors import KeyReused, NotPublishable, RateOverlaps, SecondStewardNeeded, SimulatedMix
from wages.models import Deposit, Entry, PaidProject, PoolVersion, Posting, RateCard
from wages.reservation import left_micro
from wages.services import clock, projects

pytestmark = pytest.mark.django_db
HOUR = 3_600_000


def test_a_project_with_everything_may_be_published() -> None:
    shop = make_shop(funded_micro=110 * RATE)
    projects.require_publishable(project_id=shop.project_id, ballots_wanted=100, lease_ms=HOUR)


def test_every_reason_is_listed_with_its_figures() -> None:
    shop = make_shop(funded_micro=0, payer=False)
    with pytest.raises(NotPublishable) as refused:
        projects.require_publishable(project_id=shop.project_id, ballots_wanted=100, lease_ms=HOUR)
    payer, reservation = refused.value.problems
    assert payer.startswith("The payer is not named.")
    assert reservation == (
        "The reservation holds USD 0.00; the worst case is USD 2,035.00 "
        "(100 ballots x 1.1 x 60 min x USD 18.50 an hour). "
        "Deposit USD 2,035.00 more."
    )


def test_one_micro_unit_too_little_is_too_little() -> None:
    shop = make_shop(funded_micro=110 * RATE - 1)
    with pytest.raises(NotPublishable, match="can't be published"):
        projects.require_publishable(project_id=shop.project_id, ballots_wanted=100, lease_ms=HOUR)


def test_a_project_without_rate_or_prompts_says_so() -> None:
    shop = make_shop(hourly_micro=None)
    with pytest.raises(NotPublishable) as refused:
        projects.require_publishable(project_id=shop.project_id, ballots_wanted=0, lease_ms=HOUR)
    assert [problem.split(".")[0] for problem in refused.value.problems] == [
        "No rate card is in force",
        "There is nothing to work on: import prompts first",
    ]


def test_a_rate_below_the_floor_is_refused_with_both_figures() -> None:
    shop = make_shop(hourly_micro=None, floor_micro=15_000_000)
    with (
        pytest.raises(Invalid, match=r"USD 14\.999999 an hour is below the declared floor of USD 15\.00"),
        transaction.atomic(),
    ):
        projects.set_rate_card(actor=shop.stewards[0], project_id=shop.project_id, hourly_micro=14_999_999)
    assert not RateCard.objects.exists()


@pytest.mark.parametrize("currency", ["usd", "XXX", "", "EURO"])
def test_an_unknown_currency_is_refused(currency: str) -> None:
    shop, wanted = make_shop(), uuid.uuid4()
    with pytest.raises(Invalid) as refused, transaction.atomic():
        projects.register_project(
            actor=shop.engineer,
            project_id=wanted,
            organisation=shop.organisation,
            title="X",
            currency=currency,
            simulated=False,
            declared_floor_micro=0,
        )
    assert "ISO 4217" in refused.value.problems[0]
    assert not PaidProject.objects.filter(pk=wanted).exists()


def test_a_simulated_project_needs_a_simulated_organisation() -> None:
    shop, wanted = make_shop(), uuid.uuid4()
    with pytest.raises(SimulatedMix), transaction.atomic():
        projects.register_project(
            actor=shop.engineer,
            project_id=wanted,
            organisation=shop.organisation,
            title="X",
            currency="USD",
            simulated=True,
            declared_floor_micro=0,
        )
    assert not PaidProject.objects.filter(pk=wanted).exists()


def test_a_new_rate_ends_the_one_before_and_never_reaches_back() -> None:
    shop = make_shop()
    one, later = shop.stewards[0], after(days=1)
    projects.set_rate_card(
        actor=one, project_id=shop.project_id, hourly_micro=20_000_000, valid_from=later, at=MONDAY
    )
    assert [(card.version, card.period.upper) for card in RateCard.objects.order_by("version")] == [
        (1, later),
        (2, None),
    ]
    for starts in (MONDAY, later):
        with pytest.raises(RateOverlaps), transaction.atomic():
            projects.set_rate_card(
                actor=one, project_id=shop.project_id, hourly_micro=1, valid_from=starts, at=after(hours=1)
            )
    assert RateCard.objects.count() == 2


@pytest.mark.parametrize("hourly", [-1, 10**15 + 1])
def test_an_impossible_rate_is_refused(hourly: int) -> None:
    shop = make_shop(hourly_micro=None)
    with pytest.raises(Invalid), transaction.atomic():
        projects.set_rate_card(actor=shop.stewards[0], project_id=shop.project_id, hourly_micro=hourly)
    assert not RateCard.objects.exists()


def test_an_engineer_sets_the_first_rate_and_no_later_one() -> None:
    shop = make_shop(hourly_micro=None)
    projects.set_rate_card(actor=shop.engineer, project_id=shop.project_id, hourly_micro=RATE)
    with pytest.raises(NotAllowed), transaction.atomic():
        projects.set_rate_card(actor=shop.engineer, project_id=shop.project_id, hourly_micro=RATE + 1)
    assert RateCard.objects.count() == 1


def test_a_payer_is_checked_field_by_field() -> None:
    shop = make_shop(payer=False)
    with pytest.raises(Invalid) as refused, transaction.atomic():
        projects.name_payer(
            actor=shop.stewards[0],
            project_id=shop.project_id,
            legal_entity=" ",
            country="Kenya",
            relation="friend",
        )
    assert [problem.split(":")[0] for problem in refused.value.problems] == [
        "legal_entity",
        "country",
        "relation",
    ]
    assert not PoolVersion.objects.exists()


def test_a_deposit_counts_once_a_second_steward_approves_it() -> None:
    shop = make_shop(funded_micro=0)
    one, two = shop.stewards
    kept = projects.deposit(
        actor=one, project_id=shop.project_id, amount_micro=5_000_000, evidence="ref 7", key="k"
    )
    assert left_micro(shop.project_id) == 0
    with pytest.raises(SecondStewardNeeded), transaction.atomic():
        projects.approve_deposit(actor=one, deposit_id=kept.pk)
    with pytest.raises(NotAllowed), transaction.atomic():
        projects.approve_deposit(actor=shop.engineer, deposit_id=kept.pk)
    assert left_micro(shop.project_id) == 0
    for _ in range(3):
        projects.approve_deposit(actor=two, deposit_id=kept.pk)
    assert left_micro(shop.project_id) == 5_000_000
    assert Entry.objects.filter(kind="deposit").count() == 1


def test_a_deposit_key_is_one_deposit() -> None:
    shop = make_shop(funded_micro=0)
    values: dict[str, Any] = {
        "actor": shop.stewards[0],
        "project_id": shop.project_id,
        "evidence": "ref 7",
        "key": "k",
    }
    assert len({projects.deposit(amount_micro=5, **values).pk for _ in range(3)}) == 1
    with pytest.raises(KeyReused), transaction.atomic():
        projects.deposit(amount_micro=6, **values)
    assert Deposit.objects.count() == 1


@pytest.mark.parametrize(
    ("amount", "evidence", "key"), [(0, "r", "k"), (-5, "r", "k"), (5, " ", "k"), (5, "r", "")]
)
def test_a_deposit_without_amount_evidence_or_key_is_refused(amount: int, evidence: str, key: str) -> None:
    shop = make_shop(funded_micro=0)
    with pytest.raises(Invalid), transaction.atomic():
        projects.deposit(
            actor=shop.stewards[0],
            project_id=shop.project_id,
            amount_micro=amount,
            evidence=evidence,
            key=key,
        )
    assert not Deposit.objects.exists()


def test_pretend_money_goes_into_simulated_projects_only() -> None:
    real, pretend = make_shop(funded_micro=0), make_shop(simulated=True, funded_micro=0)
    with pytest.raises(SimulatedMix), transaction.atomic():
        projects.fund_simulated(project_id=real.project_id, amount_micro=5, key="k")
    made = {
        projects.fund_simulated(project_id=pretend.project_id, amount_micro=5, key="k").pk for _ in range(3)
    }
    assert (len(made), left_micro(real.project_id), left_micro(pretend.project_id)) == (1, 0, 5)


def test_a_new_deposit_covers_what_is_owed_first() -> None:
    shop = make_shop(funded_micro=0)
    start(shop)
    clock.stop(worker=shop.worker, at=after(minutes=20))
    assert left_micro(shop.project_id) == -6_166_667
    kept = projects.deposit(
        actor=shop.stewards[0], project_id=shop.project_id, amount_micro=10_000_000, evidence="r", key="k"
    )
    projects.approve_deposit(actor=shop.stewards[1], deposit_id=kept.pk)
    balances: dict[str, int] = {}
    for kind, amount in Posting.objects.values_list("account__kind", "amount_micro"):
        balances[kind] = balances.get(kind, 0) + amount
    assert balances == {
        "funding": -10_000_000,
        "reservation": 3_833_333,
        "funder_receivable": 0,
        "worker_earned": 6_166_667,
    }
    assert left_micro(shop.project_id) == 3_833_333
