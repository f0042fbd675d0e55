"""A release that meets taking an item, recalls that meet, a rule that meets a word. With a negative control."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotation.models import Item, ItemRole, Lease
from annotation.services.releasing import recall_released, release_waiting
from annotation.services.taking import take_next
from byhand.accounts.models import InboxMessage
from tests.annotation.world import World, add_annotator, make_open, take
from tests.races.test_clock_races import at_once
from tests.wages.factories import after, make_shop
from tests.wages.test_unknown import leave_gap, period_of
from wages.errors import NotAnswerable
from wages.models import Accrual, Interval, Release, WorkerClock
from wages.services import clock, locking
from wages.services.release import release
from wages.services.unknown import settle_unanswered
from wages.verification import verify

WAIT = timedelta(minutes=15)


def waiting() -> tuple[World, Any, datetime]:
    """A project whose one item is held, and somebody who waits for it."""
    world = make_open()
    began = timezone.now().replace(microsecond=0) + timedelta(seconds=1)
    other = add_annotator(world, "other")
    take(world)
    clock.start_work(worker=other, project_id=world.project.pk, tab="a", at=began)
    return world, other, began


def free_the_item(at: datetime) -> None:
    Lease.objects.update(state="expired", ended_at=at)
    Item.objects.filter(role=ItemRole.RANK).update(live_leases=0)


@pytest.mark.parametrize("_round", range(4))
def test_who_takes_an_item_is_not_released_from_it(own_database: str, _round: int) -> None:
    world, other, began = waiting()
    free_the_item(began)
    taken, released = at_once(
        lambda: take_next(worker=other, project=world.project, at=began + WAIT),
        lambda: release_waiting(at=began + WAIT),
    )
    assert isinstance(taken, Lease) and released == 0
    assert WorkerClock.objects.get(worker=other).category == "task"
    assert not Release.objects.exists()


def test_two_sweeps_release_once_and_recall_once(own_database: str) -> None:
    _world, other, began = waiting()
    assert sorted(at_once(*[lambda: release_waiting(at=began + WAIT)] * 4)) == [0, 0, 0, 1]  # type: ignore[type-var]
    free_the_item(began + WAIT)
    told = at_once(*[lambda: recall_released(at=began + 2 * WAIT)] * 4)
    assert sorted(told) == [0, 0, 0, 1]  # type: ignore[type-var]
    assert InboxMessage.objects.filter(user=other).count() == 2
    assert sum(Interval.objects.filter(worker=other).values_list("ms", flat=True)) == 900_000


@pytest.mark.parametrize("_round", range(3))
def test_the_rule_and_the_workers_word_never_pay_the_same_time(own_database: str, _round: int) -> None:
    shop = make_shop()
    gap = leave_gap(shop)
    period = period_of(shop)
    results = at_once(
        lambda: settle_unanswered(
            period=period, worker_ids=[shop.worker.pk], p75_ms=600_000, at=after(days=7)
        ),
        lambda: clock.answer_unknown(
            worker=shop.worker, interval_id=gap.pk, paid_ms=gap.ms, at=after(days=7)
        ),
        lambda: settle_unanswered(
            period=period, worker_ids=[shop.worker.pk], p75_ms=600_000, at=after(days=7)
        ),
    )
    assert not [one for one in results if isinstance(one, Exception) and not isinstance(one, NotAnswerable)]
    assert sum(Accrual.objects.values_list("total_ms", flat=True)) == gap.ms
    assert [finding for finding in verify() if finding.bad] == []


def test_without_the_clock_lock_only_the_database_keeps_a_wait_from_being_paid_twice(
    own_database: str,
) -> None:
    """The negative control: a stale copy of the clock would release somebody from the item they have just taken."""
    world, other, began = waiting()
    free_the_item(began)
    with transaction.atomic():
        stale = locking.lock(other.pk, began + WAIT)
    assert take_next(worker=other, project=world.project, at=began + WAIT) is not None
    with pytest.raises(IntegrityError, match="interval_no_overlap"), transaction.atomic():
        release(stale)
    assert WorkerClock.objects.get(worker=other).category == "task"
