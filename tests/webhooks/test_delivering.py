"""From the event to the receiver: written with what happened, signed, tried again, given up, sent again."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from byhand.accounts.models import InboxMessage
from byhand.accounts.services import create_organisation, create_user
from byhand.errors import NotAllowed
from byhand.jobs import worker
from byhand.jobs.models import Job
from byhand.webhooks import delivering, schedule, services, signing
from byhand.webhooks.errors import BadEndpoint, NotDeliverable
from byhand.webhooks.models import Attempt, Delivery, Endpoint, Event
from tests.webhooks.conftest import Receiver, World, make_world

DATA = {"project": "5f0c6c0e-8a44-4f53-9f5e-0d1a2b3c4d5e"}


def happen(world: World, type: str = "project.published") -> Delivery:
    event = services.publish(organisation_id=world.organisation.pk, type=type, data=DATA)
    assert event is not None
    return event.deliveries.get()


def try_once(delivery: Delivery) -> Delivery:
    """Do one try as the job does, without a worker."""
    with transaction.atomic():
        found = delivering.send(delivery.endpoint, delivery.event, timezone.now())
        delivering.settle(delivery, found)
    return Delivery.objects.select_related("endpoint", "event").get(pk=delivery.pk)


def test_a_job_delivers_what_happened_signed(own_database: str, receiver: Receiver) -> None:
    world = make_world(receiver.url)
    delivery = happen(world)
    assert worker.run(Job.objects.get(kind="webhooks.deliver").pk) == "succeeded"
    delivery.refresh_from_db()
    ((path, headers, body),) = receiver.came
    assert (delivery.state, delivery.tries, path) == ("delivered", 1, "/hook?from=byhand")
    shown = json.loads(body)
    assert (shown["type"], shown["data"]) == ("project.published", DATA)
    stamp = int(headers["webhook-timestamp"])
    assert headers["webhook-id"] == str(delivery.event_id)
    assert headers["webhook-signature"] == signing.signature(world.secret, headers["webhook-id"], stamp, body)
    assert abs(stamp - timezone.now().timestamp()) < 30


def test_running_the_job_twice_sends_once(own_database: str, receiver: Receiver) -> None:
    happen(make_world(receiver.url))
    job = Job.objects.get(kind="webhooks.deliver")
    assert worker.run(job.pk) == "succeeded"
    assert worker.run(job.pk) == "not claimed"
    assert len(receiver.came) == 1


def test_nobody_is_told_what_did_not_happen(world: World) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        happen(world)
        raise RuntimeError
    assert (Event.objects.count(), Delivery.objects.count(), Job.objects.count()) == (0, 0, 0)


def test_only_who_asked_is_told(world: World) -> None:
    assert services.publish(organisation_id=world.organisation.pk, type="dataset.frozen", data={}) is None
    elsewhere = create_organisation(name="Lake", slug="lake", country="KE", simulated=True)
    assert services.publish(organisation_id=elsewhere.pk, type="project.published", data={}) is None
    assert (Event.objects.count(), Delivery.objects.count()) == (0, 0)


def test_an_event_that_does_not_exist_is_a_mistake_of_ours(world: World) -> None:
    with pytest.raises(ValueError, match="no such event"):
        services.publish(organisation_id=world.organisation.pk, type="ballot.counted", data={})


def test_a_failure_is_tried_again_with_the_same_id_and_the_same_bytes(
    world: World, receiver: Receiver
) -> None:
    receiver.answers = [(500, {}, b"broken"), (200, {}, b"ok")]
    delivery = try_once(happen(world))
    assert (delivery.state, delivery.tries, delivery.endpoint.failures) == ("pending", 1, 1)
    assert delivery.next_at is not None
    delivery = try_once(delivery)
    assert (delivery.state, delivery.tries, delivery.next_at) == ("delivered", 2, None)
    assert Endpoint.objects.get().failures == 0
    first, second = receiver.came
    assert (first[1]["webhook-id"], first[2]) == (second[1]["webhook-id"], second[2])
    kept = list(Attempt.objects.order_by("pk").values_list("status", "problem", "answer"))
    assert kept == [(500, "The answer was 500.", "broken"), (200, "", "ok")]


def test_the_waits_grow_and_end() -> None:
    waits = [schedule.wait_after(tries, 0.5) for tries in range(1, 10)]
    assert waits == [
        *(timedelta(seconds=30 * 4**step) for step in range(6)), timedelta(hours=12), timedelta(hours=12), None,
    ]  # fmt: skip
    assert schedule.wait_after(1, 0.0) == timedelta(seconds=24)
    assert schedule.wait_after(1, 0.999999) < timedelta(seconds=36)  # type: ignore[operator]


def test_what_never_succeeds_is_given_up_and_can_be_sent_again(world: World, receiver: Receiver) -> None:
    receiver.answers = [*([(410, {}, b"")] * schedule.MOST_TRIES), (204, {}, b"")]
    delivery = happen(world)
    for _ in range(schedule.MOST_TRIES):
        assert delivery.state == "pending"
        delivery = try_once(delivery)
    assert (delivery.state, delivery.next_at, Attempt.objects.count()) == ("dead", None, 9)
    again = services.redeliver(actor=world.engineer, delivery=delivery)
    assert (again.state, again.tries, again.round) == ("pending", 0, 1)
    assert try_once(again).state == "delivered"
    assert Attempt.objects.count() == 10


def test_an_endpoint_that_only_fails_is_paused_and_its_engineer_told(
    world: World, receiver: Receiver
) -> None:
    receiver.answers = [(500, {}, b"")]
    Endpoint.objects.update(failures=schedule.FAILURES_THAT_PAUSE - 1)
    delivery = try_once(happen(world))
    assert (delivery.endpoint.state, delivery.endpoint.paused_reason) == ("paused", "failing")
    assert InboxMessage.objects.get(user=world.engineer).link == f"/webhooks/{world.endpoint.pk}/"
    waiting = happen(world)
    assert waiting.state == "pending"
    assert delivering.sweep(at=timezone.now() + timedelta(days=1)) == 0
    services.change_endpoint(actor=world.engineer, endpoint=delivery.endpoint, changes={"state": "active"})
    assert delivering.sweep() == 2


def test_the_sweep_rings_what_is_due_and_each_try_once(world: World) -> None:
    happen(world)
    assert Job.objects.count() == 1
    assert (delivering.sweep(), delivering.sweep()) == (1, 1)
    assert Job.objects.count() == 1
    Delivery.objects.update(tries=1, next_at=timezone.now() + timedelta(minutes=1))
    assert delivering.sweep() == 0
    assert delivering.sweep(at=timezone.now() + timedelta(minutes=2)) == 1
    assert Job.objects.count() == 2


def test_a_redelivery_asked_for_meanwhile_is_not_undone(world: World, receiver: Receiver) -> None:
    delivery = happen(world)
    services.redeliver(actor=world.engineer, delivery=delivery)
    after = try_once(delivery)  # the try that had begun before
    assert (after.state, after.tries, after.round) == ("pending", 0, 1)
    assert Attempt.objects.count() == 1


def test_nothing_is_sent_to_a_removed_endpoint(world: World, receiver: Receiver) -> None:
    delivery = happen(world)
    services.remove_endpoint(actor=world.engineer, endpoint=world.endpoint)
    delivery.refresh_from_db()
    assert (delivery.state, delivering.sweep()) == ("dead", 0)
    assert services.publish(organisation_id=world.organisation.pk, type="project.paused", data={}) is None
    with pytest.raises(NotDeliverable):
        services.redeliver(actor=world.engineer, delivery=Delivery.objects.get())
    assert receiver.came == []


def test_a_test_goes_to_this_endpoint_alone(world: World, receiver: Receiver) -> None:
    delivery = services.send_test(actor=world.engineer, endpoint=world.endpoint)
    assert try_once(delivery).state == "delivered"
    assert json.loads(receiver.came[0][2])["type"] == "webhook.test"


@pytest.mark.parametrize(
    "change",
    [
        {"events": []},
        {"events": ["nothing.happened"]},
        {"url": "http://example.org/"},
        {"description": "a\nb"},
    ],
)
def test_an_endpoint_that_can_not_be_is_refused(world: World, change: dict[str, Any]) -> None:
    before = Endpoint.objects.values().get()
    with pytest.raises(BadEndpoint):
        services.change_endpoint(actor=world.engineer, endpoint=world.endpoint, changes=change)
    assert Endpoint.objects.values().get() == before


def test_making_it_twice_with_one_id_makes_one(world: World, receiver: Receiver) -> None:
    fields: dict[str, Any] = {
        "actor": world.engineer, "organisation": world.organisation, "url": receiver.url,
        "events": ["project.closed"], "endpoint_id": world.endpoint.pk,
    }  # fmt: skip
    endpoint, secret = services.create_endpoint(**fields)
    assert (endpoint, secret, Endpoint.objects.count()) == (world.endpoint, "", 1)
    with pytest.raises(BadEndpoint):
        services.create_endpoint(**fields | {"url": receiver.url + "2"})


def test_only_engineers_of_the_organisation_may(world: World) -> None:
    stranger = create_user(email="stranger@example.org", password=None, simulated=True)
    delivery = happen(world)
    for act in (
        lambda: services.rotate_secret(actor=stranger, endpoint=world.endpoint),
        lambda: services.change_endpoint(actor=stranger, endpoint=world.endpoint, changes={}),
        lambda: services.remove_endpoint(actor=stranger, endpoint=world.endpoint),
        lambda: services.send_test(actor=stranger, endpoint=world.endpoint),
        lambda: services.redeliver(actor=stranger, delivery=delivery),
    ):
        before = list(Endpoint.objects.values()), list(Delivery.objects.values())
        with pytest.raises(NotAllowed):
            act()
        assert (list(Endpoint.objects.values()), list(Delivery.objects.values())) == before


@pytest.mark.parametrize("table", ["webhooks_event", "webhooks_attempt"])
def test_what_happened_and_what_was_tried_stays(world: World, table: str) -> None:
    try_once(happen(world))
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id", f"TRUNCATE {table} CASCADE"):  # noqa: S608
        with (
            pytest.raises(DatabaseError, match=r"append-only|permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_a_delivery_that_waits_has_a_time(world: World) -> None:
    happen(world)
    with pytest.raises(IntegrityError, match="delivery_pending_has_time"), transaction.atomic():
        Delivery.objects.update(next_at=None)
