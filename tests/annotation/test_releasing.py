"""Who waits without work is released in words after 15 minutes, never backdated, and told once when there is work."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from annotation.models import Item, ItemRole, Lease
from annotation.services.releasing import recall_released, release_waiting
from annotation.services.starting import start
from annotation.services.taking import take_next
from byhand.accounts.models import InboxMessage, User
from tests.annotation.world import World, add_annotator, make_open
from wages.models import Interval, Release, WorkerClock
from wages.selectors.releases import released_ms
from wages.services.clock import start_work, stop

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
WAIT = timedelta(minutes=15)


def now() -> datetime:
    return timezone.now().replace(microsecond=0) + timedelta(seconds=1)


def waiting(world: World, worker: User, since: datetime) -> None:
    start_work(worker=worker, project_id=world.project.pk, tab="a", at=since)


def full() -> tuple[World, User, datetime]:
    """A project whose one item is in somebody's hands, and another person who waits."""
    world, began = make_open(), now()
    other = add_annotator(world, "other")
    start(worker=world.worker, project=world.project)
    waiting(world, other, began)
    return world, other, began


def test_nobody_is_released_before_fifteen_minutes_of_waiting() -> None:
    _world, other, began = full()
    assert release_waiting(at=began + WAIT - timedelta(seconds=1)) == 0
    assert WorkerClock.objects.get(worker=other).category == "waiting"
    assert not Release.objects.exists()


def test_after_fifteen_minutes_the_wait_is_paid_and_the_clock_stops_as_it_is_said() -> None:
    world, other, began = full()
    assert release_waiting(at=began + WAIT) == 1
    made = Release.objects.get()
    assert (made.worker_id, made.released_at, made.recalled_at) == (other.pk, began + WAIT, None)
    wait = Interval.objects.get(worker=other)
    assert (wait.category, wait.ms, wait.period.upper) == ("waiting", 900_000, began + WAIT)
    assert WorkerClock.objects.get(worker=other).category == ""
    message = InboxMessage.objects.get(user=other)
    assert f"your clock stopped at {began + WAIT:%H:%M} UTC" in message.body
    assert message.link == f"/work/{world.project.pk}/"
    assert release_waiting(at=began + 2 * WAIT) == 0


def test_the_first_sweep_after_a_long_wait_pays_all_of_it() -> None:
    _world, other, began = full()
    assert release_waiting(at=began + 18 * MINUTE) == 1
    assert Interval.objects.get(worker=other).ms == 18 * 60_000


def test_nobody_is_released_while_there_is_work_or_an_item_in_hand() -> None:
    world = make_open(items=2)
    began = now()
    other = add_annotator(world, "other")
    start(worker=world.worker, project=world.project, at=began)
    waiting(world, other, began)
    assert release_waiting(at=began + WAIT) == 0
    assert not Release.objects.exists()


def test_a_wait_that_silence_has_ended_is_no_release() -> None:
    _world, other, began = full()
    assert release_waiting(at=began + 25 * MINUTE) == 0
    assert not Release.objects.filter(worker=other).exists()


def test_a_recall_comes_once_to_as_many_as_there_are_places() -> None:
    world, other, began = full()
    third = add_annotator(world, "third")
    waiting(world, third, began + MINUTE)
    release_waiting(at=began + WAIT)
    release_waiting(at=began + WAIT + MINUTE)
    assert recall_released(at=began + 20 * MINUTE) == 0
    Lease.objects.update(state="expired", ended_at=began + 20 * MINUTE)
    Item.objects.filter(role=ItemRole.RANK).update(live_leases=0)
    assert recall_released(at=began + 21 * MINUTE) == 1
    assert list(Release.objects.order_by("id").values_list("worker_id", "recalled_at")) == [
        (other.pk, began + 21 * MINUTE),
        (third.pk, None),
    ]
    assert InboxMessage.objects.filter(user=other).count() == 2
    assert InboxMessage.objects.filter(user=third).count() == 1


def test_who_starts_again_unasked_ends_the_release() -> None:
    world, other, began = full()
    release_waiting(at=began + WAIT)
    start_work(worker=other, project_id=world.project.pk, tab="a", at=began + 30 * MINUTE)
    assert Release.objects.get().recalled_at == began + 30 * MINUTE
    stop(worker=other, at=began + 31 * MINUTE)


def test_time_between_release_and_recall_is_a_figure() -> None:
    world, other, began = full()
    release_waiting(at=began + WAIT)
    start_work(worker=other, project_id=world.project.pk, tab="a", at=began + 30 * MINUTE)
    whole = released_ms(world.project.pk, began, began + 60 * MINUTE)
    part = released_ms(world.project.pk, began + 20 * MINUTE, began + 25 * MINUTE)
    assert (whole, part) == (15 * 60_000, 5 * 60_000)
    assert released_ms(world.project.pk, began - 60 * MINUTE, began) == 0


def test_an_open_release_counts_up_to_now() -> None:
    world, _other, began = full()
    release_waiting(at=began + WAIT)
    until = began + 20 * MINUTE
    assert released_ms(world.project.pk, began, began + timedelta(days=7), at=until) == 5 * 60_000


def test_taking_an_item_wins_against_a_release_and_the_other_way_round() -> None:
    world, other, began = full()
    Lease.objects.update(state="expired", ended_at=began)
    Item.objects.filter(role=ItemRole.RANK).update(live_leases=0)
    assert take_next(worker=other, project=world.project, at=began + 14 * MINUTE) is not None
    assert release_waiting(at=began + WAIT) == 0
    assert WorkerClock.objects.get(worker=other).category == "task"
