"""The stewards' API of rates, terms and payers: money as text, all errors at once, and nothing for anyone else."""

from __future__ import annotations

import secrets
from typing import Any

import pytest
from django.test import Client

from byhand.accounts.services import create_token
from tests.people import prove_again
from tests.wages.factories import Shop, make_shop, make_user
from tests.wages.test_pages import recently
from wages.models import Intermediary, PayTerms, PoolVersion, RateCard

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop(currency="KWD")


def call(
    shop: Shop, path: str, body: Any = None, *, scopes: tuple[str, ...] = ("pay:read", "pay:write")
) -> Any:
    _, secret = create_token(actor=shop.stewards[0], name=secrets.token_hex(4), scopes=list(scopes))
    client, address = Client(), f"/api/v1/pay/{shop.project_id}/{path}"
    headers = {"authorization": f"Bearer {secret}"}
    if body is None:
        return client.get(address, headers=headers)
    return client.post(address, body, content_type="application/json", headers=headers)


def test_a_card_is_set_and_read_with_money_as_text(shop: Shop) -> None:
    body = {"hourly": "18.505", "basis": "piece", "piece": "0.100", "night_permille": 250}
    made = call(shop, "rate-cards", body)
    assert made.status_code == 201
    newest = call(shop, "rate-cards").json()[0]
    assert (newest["hourly_micro"], newest["piece_micro"], newest["currency"]) == (
        "18505000",
        "100000",
        "KWD",
    )
    assert newest["overtime_after_ms"] is None


def test_every_error_of_a_card_is_listed_at_once(shop: Shop) -> None:
    before = RateCard.objects.count()
    body = {
        "hourly": "1",
        "basis": "piece",
        "night_permille": -1,
        "overtime_permille": 5,
        "bonus_after_ms": 3,
    }
    answer = call(shop, "rate-cards", body)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [line.split(":")[0] for line in answer.json()["problems"]] == [
        "piece_micro",
        "night_permille",
        "overtime_after_ms",
        "bonus_micro",
    ]
    assert (answer.status_code, RateCard.objects.count()) == (422, before)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"hourly": "1.2345"}, "hourly: '1.2345' has 4 decimals; KWD has 3."),
        ({"hourly": "-1"}, "hourly: '-1' is not an amount; write digits with a point, such as 18.50."),
        ({"hourly": "9" * 29}, "is not an amount"),
        ({"hourly": "20", "piece": "1", "colour": "red"}, "colour: unknown."),
        ({"hourly": {"a": 1}}, "hourly: Not a valid string."),
        ({"hourly": "1", "night_permille": 10**12}, "night_permille: "),
    ],
)
def test_bad_cards_are_refused_by_their_field(shop: Shop, body: dict[str, Any], said: str) -> None:
    before = RateCard.objects.count()
    answer = call(shop, "rate-cards", body)
    assert (answer.status_code, RateCard.objects.count()) == (422, before)
    assert any(said in line for line in answer.json()["problems"]), answer.json()


def test_overlapping_cards_are_refused(shop: Shop) -> None:
    answer = call(shop, "rate-cards", {"hourly": "20", "valid_from": "2020-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["code"]) == (409, "rate_overlaps")
    assert RateCard.objects.count() == 1


def test_terms_are_set_and_read(shop: Shop) -> None:
    made = call(shop, "terms", {"countries": ["DE", "US-CA"], "overhead": "10.005", "fx_spread_permille": 25})
    assert made.status_code == 201
    read = call(shop, "terms").json()
    assert (read["countries"], read["overhead_micro"], read["fx_spread_permille"]) == (
        ["DE", "US-CA"],
        "10005000",
        25,
    )
    bad = call(shop, "terms", {"countries": ["XX", "QQ-1"], "platform_fee_permille": 2000})
    assert [line.split(":")[0] for line in bad.json()["problems"]] == [
        "countries",
        "countries",
        "platform_fee_permille",
    ]
    assert PayTerms.objects.count() == 2


def test_pools_and_intermediaries_are_written_down(shop: Shop) -> None:
    named = {"name": "Staff", "legal_entity": "Lab Ltd", "country": "DE", "relation": "employee"}
    pool = call(shop, "pools", named).json()
    assert (pool["name"], pool["is_default"], pool["intermediaries"]) == ("Staff", False, [])
    contract = {"legal_entity": "Agency", "country": "NL", "currency": "JPY", "contract": "5000"}
    assert call(shop, f"pools/{pool['id']}/intermediaries", contract).json()["contract_micro"] == "5000000000"
    bad = call(shop, f"pools/{pool['id']}/intermediaries", contract | {"contract": "5.5"})
    assert bad.json()["problems"] == ["contract: '5.5' has 1 decimals; JPY has 0."]
    unproven = call(
        shop, f"pools/{pool['id']}/intermediaries", contract | {"attested": True, "country": "XX"}
    )
    assert [line.split(":")[0] for line in unproven.json()["problems"]] == ["country", "evidence"]
    assert (Intermediary.objects.count(), PoolVersion.objects.count()) == (1, 2)
    assert call(shop, "pools/999/intermediaries", contract).status_code == 404


def test_a_token_needs_the_scope_and_a_session_its_person(shop: Shop) -> None:
    assert call(shop, "rate-cards", {"hourly": "20"}, scopes=("pay:read",)).status_code == 403
    address, body = f"/api/v1/pay/{shop.project_id}/rate-cards", {"hourly": "20"}
    steward = shop.stewards[0]
    steward.set_password("a password that is long enough")
    steward.save()
    old = Client()
    old.force_login(steward)
    assert old.get(address).status_code == 200
    assert old.post(address, body, content_type="application/json").status_code == 403
    assert RateCard.objects.count() == 1
    prove_again(old, steward)
    assert old.post(address, body, content_type="application/json").status_code == 201


def test_for_everybody_else_there_is_nothing(shop: Shop) -> None:
    for user in (shop.worker, shop.engineer, make_user()):
        client = recently(user)
        for path in ("rate-cards", "terms", "pools"):
            assert client.get(f"/api/v1/pay/{shop.project_id}/{path}").status_code == 404
        answer = client.post(
            f"/api/v1/pay/{shop.project_id}/rate-cards", {"hourly": "1"}, content_type="application/json"
        )
        assert answer.status_code == 404
    assert RateCard.objects.count() == 1
