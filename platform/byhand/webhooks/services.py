"""The only writer of endpoints and events. Deliveries on their way are written by `delivering`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from byhand.accounts.models import Organisation, User
from byhand.accounts.selectors import require_engineer
from byhand.audit.services import record
from byhand.errors import Invalid
from byhand.jobs.services import enqueue
from byhand.webhooks import schedule, signing
from byhand.webhooks.errors import BadEndpoint, NotDeliverable
from byhand.webhooks.events import EVENTS
from byhand.webhooks.models import Delivery, DeliveryState, Endpoint, EndpointState, Event
from byhand.webhooks.transport import url_problems

MOST_ENDPOINTS, MOST_DATA = 20, 16_384


def publish(
    *, organisation_id: UUID, type: str, data: Mapping[str, Any], at: datetime | None = None
) -> Event | None:
    """Write an event into the caller's own transaction, and a delivery for each endpoint that asked for it.

    None where nobody did: then nothing is written. `data` holds ids and counts only.
    """
    if type not in EVENTS or len(json.dumps(data)) > MOST_DATA:
        raise ValueError(f"no such event, or too much of it: {type}")
    with transaction.atomic():
        asked = Endpoint.objects.filter(organisation=organisation_id, events__contains=[type])
        endpoints = list(asked.exclude(state=EndpointState.REMOVED).order_by("pk"))
        if not endpoints:
            return None
        return _write(endpoints, organisation_id, type, data, at or timezone.now())


def _write(
    endpoints: list[Endpoint], organisation_id: UUID, type: str, data: Mapping[str, Any], now: datetime
) -> Event:
    event = Event.objects.create(organisation_id=organisation_id, type=type, data=dict(data), created_at=now)
    made = Delivery.objects.bulk_create(
        [Delivery(endpoint=one, event=event, next_at=now, created_at=now) for one in endpoints]
    )
    for delivery, endpoint in zip(made, endpoints, strict=True):
        if endpoint.state == EndpointState.ACTIVE:
            ring(delivery, organisation_id)
    return event


def ring(delivery: Delivery, organisation_id: UUID) -> None:
    """Put one try of a delivery into the queue; the same try is never there twice."""
    enqueue(
        kind="webhooks.deliver",
        payload={"delivery": str(delivery.pk)},
        organisation=Organisation(pk=organisation_id),
        dedupe_key=f"webhook:{delivery.pk}:{delivery.round}:{delivery.tries}",
    )


def create_endpoint(
    *,
    actor: User,
    organisation: Organisation,
    url: str,
    events: list[str],
    description: str = "",
    endpoint_id: UUID | None = None,
    at: datetime | None = None,
) -> tuple[Endpoint, str]:
    """Make an endpoint and return it with its secret, which is shown once.

    With `endpoint_id` the act may be repeated: the endpoint that is there is returned, with a blank secret.
    """
    require_engineer(actor, organisation.pk)
    wanted = _checked(url, events, description)
    secret = signing.new_secret()
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
        known = Endpoint.objects.filter(pk=endpoint_id).first() if endpoint_id else None
        if known is not None:
            return _repeated(known, organisation, url), ""
        held = Endpoint.objects.filter(organisation=organisation).exclude(state=EndpointState.REMOVED).count()
        if held >= MOST_ENDPOINTS:
            raise BadEndpoint("The endpoint can't be made.", [f"url: there are {held} already; remove one."])
        fields: dict[str, Any] = {"pk": endpoint_id} if endpoint_id else {}
        endpoint = Endpoint.objects.create(
            **fields, organisation=organisation, url=url, events=wanted, description=description.strip(),
            secret=signing.sealed(secret), created_by=actor, created_at=at or timezone.now(),
        )  # fmt: skip
        _record(actor, "webhook.created", endpoint)
    return endpoint, secret


def _repeated(known: Endpoint, organisation: Organisation, url: str) -> Endpoint:
    if known.organisation_id != organisation.pk or known.url != url:
        raise BadEndpoint("The endpoint can't be made.", ["id: taken by another endpoint."])
    return known


def _checked(url: str, events: list[str], description: str) -> list[str]:
    problems, wanted = url_problems(url), sorted(set(events))
    if not wanted:
        problems.append("events: choose at least one.")
    problems += [f"events: {name[:40]!r} does not exist." for name in wanted if name not in EVENTS]
    if len(description) > 200 or any(ord(character) < 32 for character in description):
        problems.append("description: one line of at most 200 characters.")
    if problems:
        raise BadEndpoint("The endpoint can't be kept so.", problems)
    return wanted


def change_endpoint(
    *, actor: User, endpoint: Endpoint, changes: Mapping[str, Any], at: datetime | None = None
) -> Endpoint:
    """Change url, events, description or state (active, paused). Made active again, what waits is sent."""
    require_engineer(actor, endpoint.organisation_id)
    with transaction.atomic():
        locked = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        after = {name: changes.get(name, getattr(locked, name)) for name in ("url", "events", "description")}
        after["events"] = _checked(**after)
        for name, value in after.items():
            setattr(locked, name, value)
        if "state" in changes:
            _set_state(locked, changes["state"], at or timezone.now())
        locked.save()
        _record(actor, "webhook.changed", locked, fields=sorted(changes))
    return locked


def _set_state(endpoint: Endpoint, state: str, now: datetime) -> None:
    if state not in {EndpointState.ACTIVE, EndpointState.PAUSED} or endpoint.state == EndpointState.REMOVED:
        raise Invalid(
            "The endpoint can't be changed.", ["state: active or paused; a removed one stays removed."]
        )
    if endpoint.state == state:
        return
    endpoint.state, endpoint.paused_reason = state, "engineer" if state == EndpointState.PAUSED else ""
    endpoint.failures = 0
    if state == EndpointState.ACTIVE:
        Delivery.objects.filter(endpoint=endpoint, state=DeliveryState.PENDING).update(next_at=now)


def remove_endpoint(*, actor: User, endpoint: Endpoint) -> None:
    """Send nothing more there. What was sent stays on record; what was on its way is given up."""
    require_engineer(actor, endpoint.organisation_id)
    with transaction.atomic():
        locked = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        if locked.state == EndpointState.REMOVED:
            return
        locked.state, locked.old_secret, locked.old_until = EndpointState.REMOVED, "", None
        locked.save()
        waiting = Delivery.objects.filter(endpoint=locked, state=DeliveryState.PENDING)
        waiting.update(state=DeliveryState.DEAD, next_at=None)
        _record(actor, "webhook.removed", locked)


def rotate_secret(*, actor: User, endpoint: Endpoint, at: datetime | None = None) -> tuple[Endpoint, str]:
    """Give the endpoint a new secret, shown once. The old one signs too for 24 hours, then it is forgotten."""
    require_engineer(actor, endpoint.organisation_id)
    secret, now = signing.new_secret(), at or timezone.now()
    with transaction.atomic():
        locked = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
        locked.old_secret, locked.old_until = locked.secret, now + schedule.OLD_SECRET_LIVES
        locked.secret = signing.sealed(secret)
        locked.save()
        _record(actor, "webhook.rotated", locked)
    return locked, secret


def send_test(*, actor: User, endpoint: Endpoint, at: datetime | None = None) -> Delivery:
    """Send a `webhook.test` to this endpoint alone, whatever it asked for."""
    require_engineer(actor, endpoint.organisation_id)
    _require_active(endpoint)
    with transaction.atomic():
        data = {"endpoint": str(endpoint.pk)}
        event = _write([endpoint], endpoint.organisation_id, "webhook.test", data, at or timezone.now())
    return event.deliveries.get()


def redeliver(*, actor: User, delivery: Delivery, at: datetime | None = None) -> Delivery:
    """Try again from the first try, whether it was delivered, given up or still waits."""
    require_engineer(actor, delivery.endpoint.organisation_id)
    _require_active(delivery.endpoint)
    with transaction.atomic():
        locked = Delivery.objects.select_for_update(no_key=True).get(pk=delivery.pk)
        locked.state, locked.tries, locked.next_at = DeliveryState.PENDING, 0, at or timezone.now()
        locked.round += 1
        locked.save()
        _record(actor, "webhook.redelivered", delivery.endpoint, delivery=str(delivery.pk))
        transaction.on_commit(partial(ring, locked, delivery.endpoint.organisation_id), robust=True)
    return locked


def _require_active(endpoint: Endpoint) -> None:
    if endpoint.state != EndpointState.ACTIVE:
        raise NotDeliverable(
            "Nothing is sent to an endpoint that is paused or removed. Make it active first."
        )


def _record(actor: User, action: str, endpoint: Endpoint, **details: Any) -> None:
    record(actor_id=actor.pk, action=action, subject=f"webhook:{endpoint.pk}", **details)
