"""A statement names who pays the worker's own pool, as it was when the week ended."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from byhand.accounts.models import User
from tests.wages.factories import Shop, after, make_shop, make_user
from tests.wages.paid import work_for
from wages.models import PoolVersion, Statement
from wages.rates.pools import payers_of
from wages.services.payers import place_in_pool, set_pool
from wages.services.periods import close_period

pytestmark = pytest.mark.django_db

DEFAULT = {"legal_entity": "Example Ltd", "country": "KE", "relation": "contractor"}
STAFF = {"legal_entity": "Lab GmbH", "country": "DE", "relation": "employee"}
ENDS = after(days=7, hours=-9)


def named(shop: Shop, entity: str, at: datetime) -> PoolVersion:
    return set_pool(
        actor=shop.stewards[0], project_id=shop.project_id, name="Staff", legal_entity=entity, country="DE",
        relation="employee", at=at,
    )  # fmt: skip


def with_staff(shop: Shop, *workers: User, **at: float) -> int:
    """Make a pool with a payer of its own and put the workers into it."""
    actor, moment = shop.stewards[0], after(**at)
    pool = named(shop, "Lab GmbH", moment).pool_id
    for worker in workers:
        place_in_pool(actor=actor, project_id=shop.project_id, pool_id=pool, worker=worker, at=moment)
    return pool


def payer_of(shop: Shop, worker: User) -> dict[str, str]:
    found: dict[str, str] = json.loads(Statement.objects.get(project=shop.project, worker=worker).body)[
        "payer"
    ]
    return found


def test_members_of_two_pools_read_who_pays_them() -> None:
    shop, other = make_shop(), make_user()
    with_staff(shop, other, days=-1)
    for worker in (shop.worker, other):
        work_for(shop, worker)
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7))
    assert (payer_of(shop, shop.worker), payer_of(shop, other)) == (DEFAULT, STAFF)


def test_who_moves_after_the_week_was_paid_by_the_pool_before() -> None:
    shop = make_shop()
    work_for(shop, shop.worker)
    with_staff(shop, shop.worker, days=7)
    close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=7, hours=1))
    assert payer_of(shop, shop.worker) == DEFAULT


def test_a_payer_that_changed_after_the_week_is_not_named_for_it() -> None:
    shop, other = make_shop(), make_user()
    with_staff(shop, other, days=-1)
    named(shop, "Other GmbH", after(days=8))
    names = [
        payers_of(shop.project_id, [other.pk], moment)[other.pk].legal_entity
        for moment in (ENDS, after(days=9))
    ]
    assert names == ["Lab GmbH", "Other GmbH"]


def test_nobody_is_named_where_no_payer_is() -> None:
    shop = make_shop(payer=False)
    assert payers_of(shop.project_id, [shop.worker.pk], ENDS) == {}


def test_payers_of_any_number_of_workers_are_three_queries() -> None:
    shop, workers = make_shop(), [make_user() for _ in range(5)]
    with_staff(shop, *workers[:3], days=-1)
    with CaptureQueriesContext(connection) as asked:
        found = payers_of(shop.project_id, [worker.pk for worker in workers], ENDS)
    assert len(asked) == 3
    assert [found[worker.pk].legal_entity for worker in workers] == ["Lab GmbH"] * 3 + ["Example Ltd"] * 2
