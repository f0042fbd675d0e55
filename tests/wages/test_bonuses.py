"""A bonus is granted by a steward, with a reason, once, and told to the worker."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from byhand.accounts.models import InboxMessage
from byhand.errors import DomainError, Invalid, NotAllowed, NotFound
from tests.wages.factories import Shop, after, make_shop, make_user
from tests.wages.test_clock import start
from wages.errors import KeyReused
from wages.models import Entry
from wages.reservation import left_micro
from wages.services import clock
from wages.services.bonuses import grant_bonus
from wages.services.periods import close_period
from wages.verification import verify

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    made = make_shop()
    start(made)
    clock.stop(worker=made.worker, at=after(minutes=10))
    return made


def grant(shop: Shop, **changes: Any) -> Entry:
    values: dict[str, Any] = {
        "actor": shop.stewards[0],
        "project_id": shop.project_id,
        "worker": shop.worker,
        "amount_micro": 5_000_000,
        "reason": "You found a fault in the guidelines.",
        "key": "k",
        "at": after(minutes=20),
    }
    return grant_bonus(**(values | changes))


def test_a_bonus_is_paid_once_into_the_running_period(shop: Shop) -> None:
    before = left_micro(shop.project_id)
    assert len({grant(shop).pk for _ in range(3)}) == 1
    assert left_micro(shop.project_id) == before - 5_000_000
    message = InboxMessage.objects.get(user=shop.worker)
    assert "USD 5.00" in message.body and "You found a fault" in message.body
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    assert [finding for finding in verify() if finding.bad] == []


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"amount_micro": 0}, Invalid),
        ({"amount_micro": -1}, Invalid),
        ({"amount_micro": 10**16}, Invalid),
        ({"reason": " "}, Invalid),
        ({"reason": "x" * 501}, Invalid),
        ({"key": ""}, Invalid),
    ],
)
def test_what_is_no_bonus_changes_nothing(
    shop: Shop, changes: dict[str, Any], error: type[DomainError]
) -> None:
    with pytest.raises(error), transaction.atomic():
        grant(shop, **changes)
    assert not Entry.objects.filter(kind="bonus").exists()


def test_only_a_steward_grants_it_never_to_themselves_nor_to_a_stranger(shop: Shop) -> None:
    refused = [
        ({"actor": shop.engineer}, NotAllowed),
        ({"worker": shop.stewards[0]}, NotAllowed),
        ({"worker": make_user()}, NotFound),
    ]
    for changes, error in refused:
        with pytest.raises(error), transaction.atomic():
            grant(shop, **changes)
    assert not Entry.objects.filter(kind="bonus").exists()


def test_one_key_is_one_bonus(shop: Shop) -> None:
    grant(shop)
    for changes in ({"amount_micro": 6_000_000}, {"reason": "Another."}):
        with pytest.raises(KeyReused), transaction.atomic():
            grant(shop, **changes)
    assert Entry.objects.filter(kind="bonus").count() == 1
