"""A refund of a reservation needs two stewards and never takes what is owed or what running work may cost."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from byhand.errors import Invalid, NotAllowed
from tests.wages.factories import MONDAY, RATE, Shop, make_shop
from wages.errors import KeyReused, SecondStewardNeeded, TooMuchToRefund
from wages.models import Entry, Refund
from wages.reservation import left_micro
from wages.services import clock
from wages.services.refunds import approve_refund, propose_refund, spare_micro

pytestmark = pytest.mark.django_db


def propose(shop: Shop, amount_micro: int, **more: str) -> Refund:
    values = {"reason": "back to the funder's account", "key": "r1", **more}
    return propose_refund(
        actor=shop.stewards[0], project_id=shop.project_id, amount_micro=amount_micro, **values
    )


def test_a_second_steward_moves_the_money_back_once() -> None:
    shop = make_shop(funded_micro=10_000_000)
    made = propose(shop, 4_000_000)
    assert left_micro(shop.project_id) == 10_000_000
    done = {approve_refund(actor=shop.stewards[1], refund_id=made.pk).entry_id for _ in range(3)}
    assert len(done) == 1
    assert left_micro(shop.project_id) == 6_000_000
    entry = Entry.objects.get(kind="refund")
    assert dict(entry.postings.values_list("account__kind", "amount_micro")) == {
        "reservation": -4_000_000,
        "funding": 4_000_000,
    }


def test_nobody_approves_their_own_refund_and_engineers_none() -> None:
    shop = make_shop(funded_micro=10_000_000)
    made = propose(shop, 4_000_000)
    with pytest.raises(SecondStewardNeeded):
        approve_refund(actor=shop.stewards[0], refund_id=made.pk)
    with pytest.raises(NotAllowed):
        approve_refund(actor=shop.engineer, refund_id=made.pk)
    with pytest.raises(NotAllowed):
        propose_refund(
            actor=shop.engineer, project_id=shop.project_id, amount_micro=1, reason="mine", key="k"
        )
    assert left_micro(shop.project_id) == 10_000_000
    assert not Entry.objects.filter(kind="refund").exists()


def test_what_running_work_may_cost_stays_in_the_reservation() -> None:
    shop = make_shop(funded_micro=2 * RATE)
    made = propose(shop, RATE + 1)  # nobody works yet
    clock.start_work(worker=shop.worker, project_id=shop.project_id, tab="a", at=MONDAY)
    assert spare_micro(shop.project) == RATE  # one clock runs: one hour of it is kept
    with pytest.raises(TooMuchToRefund, match=r"USD 18\.500001 is more than the USD 18\.50 that is left"):
        approve_refund(actor=shop.stewards[1], refund_id=made.pk)
    with pytest.raises(TooMuchToRefund):
        propose(shop, RATE + 1, key="r2")
    assert (left_micro(shop.project_id), Refund.objects.count()) == (2 * RATE, 1)


@pytest.mark.parametrize(
    ("amount", "more"),
    [(0, {}), (-1, {}), (10**18, {}), (1, {"reason": " "}), (1, {"reason": "x" * 501}), (1, {"key": ""})],
)
def test_bad_input_changes_nothing(amount: int, more: dict[str, str]) -> None:
    shop = make_shop(funded_micro=10_000_000)
    with pytest.raises(Invalid, match="can't be proposed"):
        propose(shop, amount, **more)
    assert not Refund.objects.exists()


def test_one_key_is_one_refund() -> None:
    shop = make_shop(funded_micro=10_000_000)
    assert propose(shop, 1).pk == propose(shop, 1).pk
    with pytest.raises(KeyReused):
        propose(shop, 2)
    assert Refund.objects.count() == 1


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM wages_refund",
        "UPDATE wages_refund SET amount_micro = 1",
        "UPDATE wages_refund SET key = ''",
    ],
)
def test_the_database_keeps_a_refund_as_it_was_proposed(change: str) -> None:
    shop = make_shop(funded_micro=10_000_000)
    propose(shop, 5)
    refused = pytest.raises(DatabaseError, match=r"is kept|never change")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
