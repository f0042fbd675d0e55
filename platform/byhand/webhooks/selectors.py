"""Reads of webhooks. Each takes the person who asks: an endpoint of others does not exist for them."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from byhand.accounts.models import Role, User
from byhand.accounts.selectors import organisations_as
from byhand.webhooks.errors import NoSuchEndpoint
from byhand.webhooks.models import Delivery, Endpoint, EndpointState


def endpoints_of(user: User) -> QuerySet[Endpoint]:
    """Return the endpoints of every organisation in which `user` is an engineer, without the removed ones."""
    return (
        Endpoint.objects.filter(organisation__in=organisations_as(user, Role.ENGINEER))
        .exclude(state=EndpointState.REMOVED)
        .select_related("organisation")
    )


def endpoint_for(user: User, endpoint_id: UUID) -> Endpoint:
    found = endpoints_of(user).filter(pk=endpoint_id).first()
    if found is None:
        raise NoSuchEndpoint("There is no such endpoint, or you may not see it.")
    return found


def deliveries_of(endpoint: Endpoint, state: str = "") -> QuerySet[Delivery]:
    found = Delivery.objects.filter(endpoint=endpoint).select_related("event")
    return found.filter(state=state) if state else found


def delivery_for(user: User, delivery_id: UUID) -> Delivery:
    found = (
        Delivery.objects.filter(pk=delivery_id, endpoint__in=endpoints_of(user).values("pk"))
        .select_related("event", "endpoint__organisation")
        .first()
    )
    if found is None:
        raise NoSuchEndpoint("There is no such delivery, or you may not see it.")
    return found
