"""Closing a period keeps, beside the leaves, which random name is whose."""

from __future__ import annotations

import json

import pytest

from tests.wages.factories import MONDAY, after, make_shop, make_user
from wages.models import LeafName, SliceLeaf
from wages.services import clock
from wages.services.periods import close_period

pytestmark = pytest.mark.django_db


def test_each_worker_of_a_closed_period_has_the_one_name_of_their_leaves() -> None:
    shop = make_shop()
    for worker in (shop.worker, make_user()):
        clock.start_work(worker=worker, project_id=shop.project_id, tab="a", at=MONDAY)
        clock.stop(worker=worker, at=after(minutes=10))
    period = close_period(actor=shop.stewards[0], project_id=shop.project_id, at=after(days=8))

    names = set(LeafName.objects.filter(period=period).values_list("name", flat=True))
    bodies = [json.loads(leaf.body) for leaf in SliceLeaf.objects.filter(period=period)]
    assert names == {body["worker"] for body in bodies if body["worker"]}
    assert len(names) == 2
