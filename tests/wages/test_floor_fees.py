"""What a worker bore to get their pay is deducted in the floor test, once, and the statement says from where."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from byhand.accounts.models import User
from tests.wages.factories import RATE, Shop, after, make_shop
from tests.wages.paid import payday, sent, work_for
from wages.closing.batches import Batch
from wages.closing.fees import fees_borne
from wages.models import PayoutLine, PayTerms, Period, Statement, WorkPlace
from wages.services.periods import close_period
from wages.services.receipts import record_receipt, refund_fee
from wages.verification import verify

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    """A paid week, and a funder who declares the very rate as the floor: any cost is a shortfall."""
    return payday(workers=2, floor_micro=RATE)


def line_of(shop: Shop) -> PayoutLine:
    return sent(shop).lines.get(worker=shop.worker)


def say(line: PayoutLine, fee_micro: int, **at: float) -> int:
    moment = after(**at)
    receipt = record_receipt(
        worker=line.worker,
        line_id=line.pk,
        received_micro=line.amount_micro - fee_micro,
        fee_micro=fee_micro,
        received_on=moment.date(),
        at=moment,
    )
    return receipt.pk


def closed(shop: Shop, week: int) -> dict[str, dict[str, Any]]:
    """Work an hour's sixth in the week and close it; return each worker's floor test of it by public id."""
    for worker in shop.workers:
        work_for(shop, worker, begin=after(days=7 * week, hours=6))
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7 * week + 7))
    bodies = [json.loads(body) for body in _bodies(week)]
    assert [finding for finding in verify() if finding.bad] == []
    return {body["worker"]: body["floor"] for body in bodies}


def _bodies(week: int) -> list[str]:
    starts = (after(days=7 * week) - timedelta(hours=9)).date()
    return list(Statement.objects.filter(period__starts__date=starts).values_list("body", flat=True))


def floor_of(floors: dict[str, dict[str, Any]], worker: User) -> tuple[str, str, list[dict[str, str]]]:
    floor = floors[str(worker.public_id)]
    return floor["costs_micro"], floor["top_up_micro"], floor["costs"]


def test_a_fee_that_was_not_paid_back_is_topped_up_once_and_named(shop: Shop) -> None:
    line = line_of(shop)
    receipt = say(line, 90_000, days=8)
    floors = closed(shop, 1)
    cost = {"kind": "fee", "amount_micro": "90000", "source": f"payment {line.key}: your receipt {receipt}"}
    # ten minutes at 18.50 are 3.083334 earned for 3.083334 required
    assert floor_of(floors, shop.worker) == ("90000", "90000", [cost])
    assert floor_of(floors, shop.workers[1]) == ("0", "0", [])
    assert floor_of(closed(shop, 2), shop.worker) == ("0", "0", [])


def test_a_fee_that_was_paid_back_before_the_close_is_no_cost(shop: Shop) -> None:
    receipt = say(line_of(shop), 90_000, days=8)
    refund_fee(actor=shop.stewards[0], receipt_id=receipt, at=after(days=9))
    assert floor_of(closed(shop, 1), shop.worker) == ("0", "0", [])


def test_the_newest_receipt_of_the_period_speaks(shop: Shop) -> None:
    line = line_of(shop)
    say(line, 90_000, days=8)
    say(line, 50_000, days=9)
    assert floor_of(closed(shop, 1), shop.worker)[:2] == ("50000", "50000")


def test_a_later_receipt_counts_with_what_it_adds(shop: Shop) -> None:
    line = line_of(shop)
    say(line, 50_000, days=8)
    assert floor_of(closed(shop, 1), shop.worker)[0] == "50000"
    say(line, 90_000, days=15)
    assert floor_of(closed(shop, 2), shop.worker)[0] == "40000"
    say(line, 10_000, days=22)
    assert floor_of(closed(shop, 3), shop.worker)[0] == "0"


def test_another_projects_fee_is_no_cost_here(shop: Shop) -> None:
    other = payday()
    say(sent(other).lines.get(), 90_000, days=8)
    assert floor_of(closed(shop, 1), shop.worker)[0] == "0"
    assert fees_of(other) and not fees_of(shop)


def fees_of(shop: Shop) -> dict[int, Any]:
    period = Period(project_id=shop.project_id, starts=after(days=6), ends=after(days=14))
    return fees_borne(Batch(0, tuple(worker.pk for worker in shop.workers)), period)


def test_a_declared_spread_is_deducted_and_named(shop: Shop) -> None:
    PayTerms.objects.create(
        project=shop.project,
        version=9,
        created_by=shop.stewards[0],
        created_at=after(),
        fx_spread_permille=20,
    )
    source = "terms version 9: 20 per thousand of pay for time"
    cost = {"kind": "fx_spread", "amount_micro": "61667", "source": source}
    assert floor_of(closed(shop, 1), shop.worker) == ("61667", "61667", [cost])


@pytest.mark.parametrize(
    ("country", "said"),
    [
        ("KE", ["No floor is known for:", "Kenya.", "not known"]),
        ("DK", ["none by law", "Denmark, 2026-03-02"]),
    ],
)
def test_the_page_says_for_which_place_no_floor_is_known(country: str, said: list[str]) -> None:
    shop = make_shop(countries=("DK",))
    WorkPlace.objects.create(worker=shop.worker, country=country, zone="UTC", created_at=after(days=-9))
    work_for(shop, shop.worker)
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    client = Client()
    client.force_login(shop.worker)
    page = client.get(f"/statements/{Statement.objects.get().pk}/").content.decode()
    table = " ".join(page.split('id="floor"')[1].split("</section>")[0].split())
    assert [words for words in said if words not in table] == []
    assert "USD 0.00: " not in table and ("Denmark" in table) == (country == "DK")


def test_fees_of_any_number_of_workers_are_one_query() -> None:
    shop = payday(workers=4)
    for line in sent(shop).lines.select_related("worker", "batch"):
        record_receipt(
            worker=line.worker,
            line_id=line.pk,
            received_micro=line.amount_micro,
            fee_micro=10_000,
            received_on=date(2026, 3, 10),
            at=after(days=8),
        )
    with CaptureQueriesContext(connection) as asked:
        found = fees_of(shop)
    assert (len(asked), sorted(found)) == (1, sorted(worker.pk for worker in shop.workers))
    assert {fee.amount_micro for fees in found.values() for fee in fees} == {10_000}
