"""One try of one delivery, and the sweep that starts those that are due. Writes through the job's fence only.

At least once, never lost: a worker that dies after sending sends again, with the same `webhook-id`, by which the
other side knows it.
"""

from __future__ import annotations

import json
import random
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from byhand.accounts.services import send_message
from byhand.jobs.worker import JobContext
from byhand.webhooks import schedule, signing, transport
from byhand.webhooks.errors import Unreachable
from byhand.webhooks.models import Attempt, Delivery, DeliveryState, Endpoint, EndpointState, Event
from byhand.webhooks.services import ring

SWEPT_AT_ONCE = 500


def attempt(context: JobContext) -> dict[str, Any]:
    """Send one delivery if it still waits; note what came back, and when to try again."""
    delivery = (
        Delivery.objects.select_related("endpoint", "event").filter(pk=context.payload["delivery"]).first()
    )
    if delivery is None or delivery.state != DeliveryState.PENDING:
        return {"skipped": True}
    if delivery.endpoint.state != EndpointState.ACTIVE:
        return {"skipped": True}
    now = timezone.now()
    found = send(delivery.endpoint, delivery.event, now)
    with context.fenced():
        settle(delivery, found)
    return {"status": found.status, "problem": found.problem}


def send(endpoint: Endpoint, event: Event, now: datetime) -> Attempt:
    """Send an event, signed anew, and return the attempt, not yet written."""
    body = payload(event)
    headers = {
        "content-type": "application/json",
        "user-agent": "Byhand-Webhooks/1",
        **signing.headers(live_secrets(endpoint, now), str(event.pk), int(now.timestamp()), body),
    }
    try:
        answer = transport.post(endpoint.url, body, headers)
    except Unreachable as error:
        took = int((timezone.now() - now).total_seconds() * 1000)
        return Attempt(at=now, took_ms=max(took, 0), problem=str(error)[:200])
    problem = "" if schedule.succeeded(answer.status) else f"The answer was {answer.status}."
    return Attempt(at=now, status=answer.status, took_ms=answer.took_ms, answer=answer.body, problem=problem)


def payload(event: Event) -> bytes:
    """Return the bytes of an event: the same ones at every try."""
    shown = {"type": event.type, "timestamp": event.created_at.isoformat(), "data": event.data}
    return json.dumps(shown, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def live_secrets(endpoint: Endpoint, now: datetime) -> list[str]:
    kept = [endpoint.secret]
    if endpoint.old_until is not None and now < endpoint.old_until:
        kept.append(endpoint.old_secret)
    return [signing.opened(one) for one in kept]


def settle(delivery: Delivery, found: Attempt) -> None:
    """Write what came of a try, in the caller's transaction: delivered, due again, or given up."""
    endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=delivery.endpoint_id)
    locked = Delivery.objects.select_for_update(no_key=True).get(pk=delivery.pk)
    found.delivery = locked
    found.save(force_insert=True)
    if locked.state != DeliveryState.PENDING or locked.round != delivery.round:
        return  # somebody asked for it again meanwhile, or removed the endpoint
    locked.tries += 1
    wait = schedule.wait_after(locked.tries, random.random())  # noqa: S311  spreads retries, guards nothing
    if not found.problem:
        locked.state, locked.next_at, endpoint.failures = DeliveryState.DELIVERED, None, 0
    else:
        endpoint.failures += 1
        locked.next_at = found.at + wait if wait else None
        locked.state = DeliveryState.PENDING if wait else DeliveryState.DEAD
        _pause_if_it_only_fails(endpoint)
    locked.save()
    endpoint.save(update_fields=["failures", "state", "paused_reason"])


def _pause_if_it_only_fails(endpoint: Endpoint) -> None:
    if endpoint.failures < schedule.FAILURES_THAT_PAUSE or endpoint.state != EndpointState.ACTIVE:
        return
    endpoint.state, endpoint.paused_reason = EndpointState.PAUSED, "failing"
    send_message(
        user=endpoint.created_by,
        subject="A webhook endpoint was paused",
        body=f"{endpoint.failures} tries in a row failed. Nothing is lost: what waits is sent when you make it "
        "active again.",
        link=f"/webhooks/{endpoint.pk}/",
    )


def sweep(*, at: datetime | None = None) -> int:
    """Ring for every delivery that is due; return how many. Several sweeps at once ring once."""
    now = at or timezone.now()
    due = Delivery.objects.filter(
        state=DeliveryState.PENDING, next_at__lte=now, endpoint__state=EndpointState.ACTIVE
    )
    with transaction.atomic():
        found = list(due.select_related("endpoint").order_by("next_at")[:SWEPT_AT_ONCE])
        for delivery in found:
            ring(delivery, delivery.endpoint.organisation_id)
    return len(found)
