"""The worst case on the reservation's page: its parts add up, by hand, and wrong input is named."""

from __future__ import annotations

import pytest

from tests.wages.factories import MONDAY, make_shop
from tests.wages.paid import CLOSED
from tests.wages.test_pages import signed_in
from tests.wages.test_payout_pages import body
from wages.selectors.reservation import reservation_view
from wages.services.rate_cards import set_rate_card
from wages.services.terms import set_terms

pytestmark = pytest.mark.django_db


def test_the_reservation_page_shows_the_worst_case_in_its_parts() -> None:
    """By hand: 30 min x 18.50 = 9.25; x 1.1 x 1,000 = 10,175; + 500 overhead = 10,675; + 12 % = 1,281 of fees."""
    shop = make_shop(funded_micro=10_000_000_000)
    set_terms(
        actor=shop.stewards[0],
        project_id=shop.project_id,
        countries=("DK",),
        overhead_micro=500_000_000,
        platform_fee_permille=100,
        payment_fee_permille=20,
    )
    client, path = signed_in(shop.stewards[0]), f"/pay/{shop.project_id}/reservation/"
    page = body(client, f"{path}?ballots=1000&minutes=30")
    parts = ["USD 9.25<", "1000 x 1.1", "USD 10,175.00<", "USD 500.00<", "12 % on top", "USD 1,281.00<"]
    assert [part for part in parts if part not in page] == []
    assert "USD 11,956.00<" in page and "USD 1,956.00 missing" in page
    assert "covered" in body(client, path) and "100 x 1.1" in body(client, path)


def test_a_wrong_figure_for_the_worst_case_is_named_and_changes_nothing() -> None:
    client, path = signed_in((shop := make_shop()).stewards[0]), f"/pay/{shop.project_id}/reservation/"
    page = body(client, f"{path}?ballots=-1&minutes=9999999999999999999999")
    assert "greater than or equal to 1" in page and "less than or equal to 1440" in page
    assert "100 x 1.1" in page and "60 min at" in page


def test_without_a_rate_there_is_no_worst_case() -> None:
    shop = make_shop(hourly_micro=None)
    assert "No rate is in force" in body(signed_in(shop.stewards[0]), f"/pay/{shop.project_id}/reservation/")


def test_the_worst_case_counts_premiums_and_the_price_of_a_piece() -> None:
    shop = make_shop(hourly_micro=None)
    set_rate_card(
        actor=shop.stewards[0], project_id=shop.project_id, hourly_micro=18_000_000, night_permille=250,
        weekend_permille=250, basis="piece", piece_micro=30_000_000, valid_from=MONDAY,
    )  # fmt: skip
    by_time = reservation_view(shop.project, ballots=10, lease_ms=7_200_000, at=CLOSED).worst
    by_piece = reservation_view(shop.project, ballots=10, lease_ms=3_600_000, at=CLOSED).worst
    assert by_time is not None and by_piece is not None
    assert (by_time.by_piece, by_time.each_micro, by_time.total_micro) == (False, 54_000_000, 594_000_000)
    assert (by_piece.by_piece, by_piece.each_micro, by_piece.total_micro) == (True, 30_000_000, 330_000_000)
