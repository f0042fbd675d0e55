"""Rates, payers and floors as a steward reads and sets them; bad input changes nothing and is named."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.wages.factories import Shop, after, make_shop, make_user
from tests.wages.test_clock import start
from tests.wages.test_pages import recently
from wages.models import Entry, Intermediary, PayTerms, PoolMember, PoolVersion, RateCard
from wages.services import clock

pytestmark = pytest.mark.django_db
PAGES = ("rates", "payers", "floors")


def post(shop: Shop, act: str, prefix: str, **fields: Any) -> Any:
    client = recently(shop.stewards[0])
    return client.post(
        f"/pay/{shop.project_id}/{act}/", {f"{prefix}-{name}": value for name, value in fields.items()}
    )


def page(shop: Shop, name: str) -> str:
    client = Client()
    client.force_login(shop.stewards[0])
    answer = client.get(f"/pay/{shop.project_id}/{name}/")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_they_exist_for_stewards_alone(client: Client, name: str) -> None:
    shop = make_shop()
    for user in (shop.worker, shop.engineer, make_user()):
        client.force_login(user)
        assert client.get(f"/pay/{shop.project_id}/{name}/").status_code == 404


def test_a_card_by_the_piece_with_premiums_is_set_and_shown() -> None:
    shop = make_shop()
    answer = post(
        shop, "rate", "rate", basis="piece", hourly="20", piece="1.50", night="25", weekend="12.5",
        overtime="50", overtime_after="40", bonus="10", bonus_after="20",
    )  # fmt: skip
    assert answer.status_code == 302
    card = RateCard.objects.order_by("-version").first()
    assert card is not None
    assert (card.basis, card.piece_micro, card.weekend_permille) == ("piece", 1_500_000, 125)
    assert (card.overtime_after_ms, card.bonus_micro) == (144_000_000, 10_000_000)
    body = page(shop, "rates")
    assert "weekend 12.5 %" in body and "USD 1.50" in body


@pytest.mark.parametrize(
    ("currency", "fields", "said"),
    [
        ("USD", {"hourly": "-1"}, "is not an amount"),
        ("USD", {"hourly": "20", "basis": "piece"}, "needs the price of one piece"),
        ("USD", {"hourly": "20", "piece": "1"}, "has no price of a piece"),
        ("USD", {"hourly": "20", "overtime": "50"}, "After how many milliseconds"),
        ("USD", {"hourly": "20", "night": "-5"}, "Write a percentage"),
        ("USD", {"hourly": "20", "night": "1e9"}, "Write a percentage"),
        ("JPY", {"hourly": "1800.50"}, "has 2 decimals; JPY has 0"),
        ("KWD", {"hourly": "1.2345"}, "has 4 decimals; KWD has 3"),
    ],
)
def test_a_bad_rate_is_refused_and_changes_nothing(currency: str, fields: dict[str, str], said: str) -> None:
    shop = make_shop(currency=currency)
    cards = RateCard.objects.count()
    answer = post(shop, "rate", "rate", **fields)
    assert (answer.status_code, RateCard.objects.count()) == (422, cards)
    assert said in answer.content.decode()


def test_dinars_with_three_decimals_are_a_rate() -> None:
    shop = make_shop(currency="KWD")
    assert post(shop, "rate", "rate", hourly="18.505").status_code == 302
    assert RateCard.objects.order_by("-version").values_list("hourly_micro", flat=True)[0] == 18_505_000


def test_a_pool_with_an_intermediary_is_written_down_and_shown() -> None:
    shop = make_shop()
    pool = {"name": "Reviewers", "legal_entity": "Lab Ltd", "country": "DE", "relation": "employee"}
    assert post(shop, "pool", "pool", **pool).status_code == 302
    version = PoolVersion.objects.get(legal_entity="Lab Ltd")
    between = {
        "pool": version.pool_id, "legal_entity": "Agency", "country": "NL", "currency": "EUR", "amount": "1200",
        "place": "1", "attested": "on", "evidence": "Contract 7",
    }  # fmt: skip
    assert post(shop, "intermediary", "between", **between).status_code == 302
    body = page(shop, "payers")
    for text in ("Reviewers", "Lab Ltd", "Agency", "EUR 1,200.00", "Contract 7", "Paid in", "Received"):
        assert text in body


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"evidence": ""}, "What attests the amount"),
        ({"country": "XX"}, "ISO 3166-1"),
        ({"currency": "EURO"}, "at most 3"),
        ({"currency": "XXX"}, "is not an ISO 4217 currency code"),
        ({"currency": "JPY", "amount": "1.5"}, "JPY has 0"),
        ({"amount": "-5"}, "is not an amount"),
        ({"pool": "999"}, "Select a valid choice"),
    ],
)
def test_a_bad_intermediary_changes_nothing(change: dict[str, str], said: str) -> None:
    shop = make_shop()
    pool = PoolVersion.objects.get().pool_id
    fields = {
        "pool": pool, "legal_entity": "Agency", "country": "NL", "currency": "EUR", "amount": "5", "place": "1",
        "attested": "on", "evidence": "x",
    }  # fmt: skip
    answer = post(shop, "intermediary", "between", **(fields | change))
    assert (answer.status_code, Intermediary.objects.count()) == (422, 0)
    assert said in answer.content.decode()


def test_a_worker_is_put_into_a_pool_and_given_a_bonus() -> None:
    shop = make_shop()
    start(shop)
    clock.stop(worker=shop.worker, at=after(minutes=5))
    pool = PoolVersion.objects.get().pool_id
    assert post(shop, "member", "member", pool=pool, worker=shop.worker.pk).status_code == 302
    assert PoolMember.objects.get().worker == shop.worker
    given = {"worker": shop.worker.pk, "amount": "5", "reason": "Thank you.", "key": "k"}
    for _ in range(2):
        assert post(shop, "bonus", "bonus", **given).status_code == 302
    assert Entry.objects.filter(kind="bonus").count() == 1
    assert post(shop, "bonus", "bonus", **(given | {"worker": make_user().pk})).status_code == 422


def test_terms_are_set_and_the_floors_of_the_countries_shown_with_their_sources() -> None:
    shop = make_shop(countries=())
    assert "No country is listed." in page(shop, "floors")
    assert (
        post(
            shop, "terms", "terms", countries="US-CA, KE dk", retention_years="7", dispute_years="3"
        ).status_code
        == 422
    )
    sent = {
        "countries": "US-CA, KE DK",
        "overhead": "100",
        "platform_fee": "10",
        "fx_spread": "2.5",
        "retention_years": "7",
        "dispute_years": "3",
    }
    assert post(shop, "terms", "terms", **sent).status_code == 302
    terms = PayTerms.objects.get()
    assert (terms.countries, terms.platform_fee_permille) == (["DK", "KE", "US-CA"], 100)
    assert terms.fx_spread_permille == 25
    body = page(shop, "floors")
    assert "Exchange costs a worker" in body and 'value="2.5"' in body
    assert "USD 16.90" in body and "none by law" in body and "no amount an hour is known" in body
    assert "https://www.dir.ca.gov/dlse/faq_minimumwage.htm" in body


@pytest.mark.parametrize(
    "change", [{"countries": "XX"}, {"retention_years": "0"}, {"overhead": "-1"}, {"platform_fee": "101"}]
)
def test_bad_terms_change_nothing(change: dict[str, str]) -> None:
    shop = make_shop(countries=())
    sent = {"countries": "DK", "retention_years": "7", "dispute_years": "3"} | change
    assert post(shop, "terms", "terms", **sent).status_code == 422
    assert not PayTerms.objects.exists()
