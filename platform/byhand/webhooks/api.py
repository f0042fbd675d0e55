"""The API of webhooks: endpoints, their secrets, and what became of each delivery."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from byhand.accounts.models import Role
from byhand.accounts.selectors import organisations_as
from byhand.errors import NotFound
from byhand.rest.schema import describe, page_of
from byhand.rest.views import ApiView
from byhand.webhooks import delivering, selectors, services
from byhand.webhooks.events import EVENTS
from byhand.webhooks.models import Delivery, DeliveryState, Endpoint, EndpointState

_EVENTS = sorted(EVENTS)


class NewWebhook(serializers.Serializer[Any]):
    """`id` is the client's own UUID: sent again, no second endpoint is made."""

    id = serializers.UUIDField(required=False)
    organisation = serializers.UUIDField()
    url = serializers.CharField(max_length=500)
    events = serializers.ListField(child=serializers.ChoiceField(_EVENTS), min_length=1)
    description = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class WebhookChange(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=500, required=False)
    events = serializers.ListField(child=serializers.ChoiceField(_EVENTS), min_length=1, required=False)
    description = serializers.CharField(required=False, allow_blank=True, max_length=200)
    state = serializers.ChoiceField([EndpointState.ACTIVE, EndpointState.PAUSED], required=False)


class WebhookOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    organisation = serializers.UUIDField(source="organisation_id")
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.CharField())
    description = serializers.CharField(allow_blank=True)
    state = serializers.CharField()
    paused_reason = serializers.CharField(allow_blank=True, help_text="failing, or engineer")
    failures = serializers.IntegerField(help_text="tries that failed since the last success")
    created_at = serializers.DateTimeField()


class WebhookMadeOut(WebhookOut):
    secret = serializers.CharField(
        allow_blank=True, help_text="shown this once; blank where the endpoint was there already"
    )


class DeliveryFilters(serializers.Serializer[Any]):
    state = serializers.ChoiceField(DeliveryState.choices, required=False)


class DeliveryOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    event = serializers.UUIDField(source="event_id", help_text="the `webhook-id`")
    type = serializers.CharField(source="event.type")
    state = serializers.CharField()
    tries = serializers.IntegerField()
    next_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class AttemptOut(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True)
    took_ms = serializers.IntegerField()
    problem = serializers.CharField(allow_blank=True)
    answer = serializers.CharField(allow_blank=True, help_text="the beginning of the body")


_PAYLOAD = {
    "type": "project.published",
    "timestamp": "2026-03-02T09:00:00+00:00",
    "data": {"project": "5f0c6c0e-8a44-4f53-9f5e-0d1a2b3c4d5e"},
}


@extend_schema_serializer(
    examples=[OpenApiExample("delivered", value={"type": "project.published", "payload": _PAYLOAD})]
)
class DeliveryDetailOut(DeliveryOut):
    payload = serializers.CharField(help_text="the very bytes that are sent, as text")
    attempts = AttemptOut(many=True)


class Webhooks(ApiView):
    scopes = {"GET": "webhooks:read", "POST": "webhooks:write"}
    paged = True

    @describe(responses=page_of(WebhookOut))
    def get(self, request: Request) -> Response:
        """The endpoints of your organisations, newest first."""
        return self.page(selectors.endpoints_of(self.user), WebhookOut)

    @describe(request=NewWebhook, responses={201: WebhookMadeOut})
    def post(self, request: Request) -> Response:
        """Make an endpoint. Its secret is in this answer and in no other."""
        fields = self.checked(NewWebhook)
        organisation = (
            organisations_as(self.user, Role.ENGINEER).filter(pk=fields.pop("organisation")).first()
        )
        if organisation is None:
            raise NotFound("You are an engineer of no such organisation.")
        endpoint_id = fields.pop("id", None)
        endpoint, secret = services.create_endpoint(
            actor=self.user, organisation=organisation, endpoint_id=endpoint_id, **fields
        )
        return _made(endpoint, secret, 201)


def _made(endpoint: Endpoint, secret: str, status: int = 200) -> Response:
    return Response({**WebhookOut(endpoint).data, "secret": secret}, status=status)


class WebhookView(ApiView):
    def endpoint(self, endpoint_id: uuid.UUID) -> Endpoint:
        return selectors.endpoint_for(self.user, endpoint_id)


class Webhook(WebhookView):
    scopes = {"GET": "webhooks:read", "PATCH": "webhooks:write", "DELETE": "webhooks:write"}

    @describe(responses=WebhookOut)
    def get(self, request: Request, endpoint_id: uuid.UUID) -> Response:
        return Response(WebhookOut(self.endpoint(endpoint_id)).data)

    @describe(request=WebhookChange, responses=WebhookOut)
    def patch(self, request: Request, endpoint_id: uuid.UUID) -> Response:
        """Change it. Made active again, what waited is sent."""
        changes = self.checked(WebhookChange)
        with transaction.atomic():
            found = self.endpoint(endpoint_id)
            locked = Endpoint.objects.select_for_update(no_key=True).get(pk=found.pk)
            self.require_match(dict(WebhookOut(locked).data))
            changed = services.change_endpoint(actor=self.user, endpoint=locked, changes=changes)
        return Response(WebhookOut(changed).data)

    @describe(responses={204: None})
    def delete(self, request: Request, endpoint_id: uuid.UUID) -> Response:
        """Send nothing more there. What was sent stays on record."""
        services.remove_endpoint(actor=self.user, endpoint=self.endpoint(endpoint_id))
        return Response(status=204)


class Rotate(WebhookView):
    scopes = {"POST": "webhooks:write"}

    @describe(request=None, responses=WebhookMadeOut)
    def post(self, request: Request, endpoint_id: uuid.UUID) -> Response:
        """Make a new secret, in this answer alone. The old one signs too for 24 hours."""
        return _made(*services.rotate_secret(actor=self.user, endpoint=self.endpoint(endpoint_id)))


class Test(WebhookView):
    scopes = {"POST": "webhooks:write"}

    @describe(request=None, responses={202: DeliveryOut})
    def post(self, request: Request, endpoint_id: uuid.UUID) -> Response:
        """Send a `webhook.test` to this endpoint."""
        delivery = services.send_test(actor=self.user, endpoint=self.endpoint(endpoint_id))
        return Response(DeliveryOut(delivery).data, status=202)


class Deliveries(WebhookView):
    scopes = {"GET": "webhooks:read"}
    filters = DeliveryFilters
    paged = True

    @describe(responses=page_of(DeliveryOut))
    def get(self, request: Request, endpoint_id: uuid.UUID) -> Response:
        found = selectors.deliveries_of(self.endpoint(endpoint_id), self.query().get("state", ""))
        return self.page(found, DeliveryOut)


class DeliveryDetail(ApiView):
    scopes = {"GET": "webhooks:read"}

    @describe(responses=DeliveryDetailOut)
    def get(self, request: Request, delivery_id: uuid.UUID) -> Response:
        """The payload, and what the other side answered to each try."""
        return Response(_detail(selectors.delivery_for(self.user, delivery_id)))


def _detail(delivery: Delivery) -> dict[str, Any]:
    attempts = delivery.attempts.order_by("pk")
    return {
        **DeliveryOut(delivery).data,
        "payload": delivering.payload(delivery.event).decode(),
        "attempts": AttemptOut(attempts, many=True).data,
    }


class Redeliver(ApiView):
    scopes = {"POST": "webhooks:write"}

    @describe(request=None, responses={202: DeliveryOut})
    def post(self, request: Request, delivery_id: uuid.UUID) -> Response:
        """Try again from the first try on, with the same `webhook-id`."""
        delivery = selectors.delivery_for(self.user, delivery_id)
        return Response(DeliveryOut(services.redeliver(actor=self.user, delivery=delivery)).data, status=202)
