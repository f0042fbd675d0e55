"""A small API over messages and organisations, for the tests of the base: nothing here is part of the site."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from byhand.accounts.models import InboxMessage, User
from byhand.rest.views import ApiView


class MessageOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    subject = serializers.CharField()


class MessageFilters(serializers.Serializer[Any]):
    subject = serializers.CharField(required=False)
    unread = serializers.BooleanField(required=False, allow_null=True, default=None)


class Rows(serializers.Serializer[Any]):
    better = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
    name = serializers.CharField(max_length=5)


class Named(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=20)


class Messages(ApiView):
    scopes = {"GET": "items:read", "POST": "items:write"}
    filters = MessageFilters
    paged = True

    def get(self, request: Request) -> Response:
        found = InboxMessage.objects.filter(user=self.user)
        if subject := self.query().get("subject"):
            found = found.filter(subject=subject)
        return self.page(found, MessageOut)

    def post(self, request: Request) -> Response:
        return Response(self.checked(Rows))


class Mixed(ApiView):
    paged = True

    def get(self, request: Request) -> Response:
        return self.page(InboxMessage.objects.filter(user=self.user), MessageOut, ordering=("subject", "-id"))


class Me(ApiView):
    scopes = {"GET": "projects:read", "PATCH": "projects:write"}

    def get(self, request: Request) -> Response:
        return Response({"name": self.user.name})

    def patch(self, request: Request) -> Response:
        name = self.checked(Named)["name"]
        with transaction.atomic():
            user = User.objects.select_for_update(no_key=True).get(pk=self.user.pk)
            self.require_match({"name": user.name})
            user.name = name
            user.save(update_fields=["name"])
        return Response({"name": name})

    def delete(self, request: Request) -> Response:
        return Response(status=204)


class Broken(ApiView):
    scopes = {"GET": "items:read"}

    def get(self, request: Request) -> Response:
        raise RuntimeError("a secret of ours")


urlpatterns = [
    path("api/v1/messages/", Messages.as_view(), name="messages"),
    path("api/v1/mixed/", Mixed.as_view(), name="mixed"),
    path("api/v1/me/", Me.as_view(), name="me"),
    path("api/v1/broken/", Broken.as_view(), name="broken"),
    path("profile/", Me.as_view(), name="profile"),
]

handler400 = "byhand.errors.bad_request"
handler403 = "byhand.errors.permission_denied"
handler404 = "byhand.errors.page_not_found"
handler500 = "byhand.errors.server_error"
