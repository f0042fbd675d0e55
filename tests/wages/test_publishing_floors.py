"""Publishing is refused with every figure: floors of the countries, worst case, pools; and only for these reasons."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.wages.factories import MONDAY, RATE, Shop, after, make_shop
from wages.errors import NotPublishable
from wages.models import PoolVersion
from wages.rates.publishing import worst_case_micro
from wages.services import payers, projects

pytestmark = pytest.mark.django_db
HOUR = 3_600_000


def reasons(shop: Shop, ballots: int = 1) -> list[str]:
    try:
        projects.require_publishable(
            project_id=shop.project_id, ballots_wanted=ballots, lease_ms=HOUR, at=after(days=1)
        )
    except NotPublishable as error:
        return error.problems
    return []


def rate(shop: Shop, hourly_micro: int, **more: Any) -> None:
    projects.set_rate_card(
        actor=shop.stewards[0], project_id=shop.project_id, hourly_micro=hourly_micro, valid_from=after(hours=1),
        at=MONDAY, **more,
    )  # fmt: skip


def terms(shop: Shop, **values: Any) -> None:
    projects.set_terms(actor=shop.stewards[0], project_id=shop.project_id, at=after(hours=1), **values)


def test_a_rate_below_the_highest_floor_names_country_figure_and_source() -> None:
    shop = make_shop(countries=("DK", "US-CA"))
    rate(shop, 16_899_999)
    assert reasons(shop) == [
        "Rate card v2 pays USD 16.899999 an hour, below the floor of United States (US-CA), USD 16.90 (California "
        "Department of Industrial Relations, minimum wage, https://www.dir.ca.gov/dlse/faq_minimumwage.htm)."
    ]
    reaching = make_shop(countries=("DK", "US-CA"))
    rate(reaching, 16_900_000)
    assert reasons(reaching) == []


@pytest.mark.parametrize(
    ("country", "said"),
    [
        ("KE", "Kenya: floors.csv states no gross amount an hour for 2026-03-03"),
        ("AR", "Argentina: floors.csv has no row for 2026-03-03. Add one with its source."),
        ("US", "United States: its parts set minimum wages of their own. List the parts, such as US-CA"),
        ("DE", "Germany: its floor is in EUR, and fx.csv has no rate to USD of the last 31 days."),
    ],
)
def test_a_country_without_a_usable_floor_is_named(country: str, said: str) -> None:
    (reason,) = reasons(make_shop(countries=(country,)))
    assert reason.startswith(said)


def test_no_country_is_a_reason() -> None:
    assert reasons(make_shop(countries=())) == [
        "No country is listed. A steward lists where the project is offered, in its terms."
    ]


def test_the_worst_case_has_premiums_overhead_and_fees() -> None:
    shop = make_shop(funded_micro=10_000_000)
    rate(shop, RATE, night_permille=250, weekend_permille=500)
    terms(
        shop,
        countries=["DK"],
        overhead_micro=20_000_000,
        platform_fee_permille=100,
        contributions_permille=150,
    )
    # (10 x 1.1 x 18.50 x 1.75 + 20) x 1.25 = 470.15625
    assert reasons(shop, 10) == [
        "The reservation holds USD 10.00; the worst case is USD 470.15625 (10 ballots x 1.1 x 60 min x USD 32.375 "
        "an hour + USD 20.00 overhead, with fees of 25 %). Deposit USD 460.15625 more."
    ]


def test_by_the_piece_the_dearer_of_piece_and_time_counts() -> None:
    shop = make_shop(funded_micro=0)
    rate(shop, 18_000_000, basis="piece", piece_micro=30_000_000)
    assert "10 ballots x 1.1 x USD 30.00 a piece" in reasons(shop, 10)[0]
    assert (
        worst_case_micro(ballots=10, lease_ms=HOUR, hourly_micro=40_000_000, piece_micro=30_000_000)
        == 440_000_000
    )


def test_a_vendors_employees_need_their_vendor_with_its_contract() -> None:
    shop = make_shop()
    payers.name_payer(
        actor=shop.stewards[0], project_id=shop.project_id, legal_entity="Vendor", country="KE",
        relation="vendor_employee",
    )  # fmt: skip
    assert reasons(shop) == [
        "Pool Main pool: its workers are a vendor's employees, but no vendor is named with its contract."
    ]
    payers.set_intermediary(
        actor=shop.stewards[0], project_id=shop.project_id, pool_id=PoolVersion.objects.latest("id").pool_id,
        legal_entity="Vendor", country="KE", contract_micro=5, currency="USD",
    )  # fmt: skip
    assert reasons(shop) == []


def test_volunteers_alone_may_work_for_nothing_and_beside_paid_pools_may_not() -> None:
    shop = make_shop(countries=("US-CA",), hourly_micro=0)
    steward, project = shop.stewards[0], shop.project_id
    payers.name_payer(
        actor=steward, project_id=project, legal_entity="Charity", country="KE", relation="volunteer"
    )
    assert reasons(shop) == []
    payers.set_pool(
        actor=steward,
        project_id=project,
        name="Staff",
        legal_entity="Charity",
        country="KE",
        relation="employee",
    )
    assert [reason.split(",")[0] for reason in reasons(shop)] == ["Rate card v1 pays USD 0.00 an hour"]


def test_a_card_to_come_is_held_against_the_floor_too() -> None:
    shop = make_shop(countries=("US-CA",))
    projects.set_rate_card(
        actor=shop.stewards[0], project_id=shop.project_id, hourly_micro=1_000_000,
        valid_from=MONDAY + timedelta(days=30), at=MONDAY,
    )  # fmt: skip
    assert [reason[:12] for reason in reasons(shop)] == ["Rate card v2"]
