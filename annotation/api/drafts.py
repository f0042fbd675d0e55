"""The draft of an item in hand: kept while it is being ranked, resumed on another device."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.selectors.drafts import NO_DRAFT, draft_of
from annotation.selectors.work import project_for_worker
from annotation.services.drafts import LAST_REVISION, save_draft
from byhand.rest.schema import describe
from byhand.rest.views import ApiView


class DraftIn(serializers.Serializer[Any]):
    """`content` has the fields of an answer as far as it has come, and the note."""

    content = serializers.DictField(child=serializers.JSONField(), allow_empty=True)
    revision = serializers.IntegerField(
        min_value=1, max_value=LAST_REVISION, help_text="one more than the revision that this page has seen"
    )


class DraftSavedOut(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    saved_at = serializers.DateTimeField(allow_null=True)
    lease = serializers.CharField(
        source="lease.state",
        default=None,
        help_text="live; expired: offered to others too, still yours to answer",
    )


class DraftOut(DraftSavedOut):
    content = serializers.JSONField(allow_null=True, help_text="null: nothing was kept yet")


class WorkDraft(ApiView):
    scopes = {"GET": "work", "PUT": "work"}

    @describe(responses=DraftOut)
    def get(self, request: Request, project_id: uuid.UUID, lease_id: uuid.UUID) -> Response:
        project_for_worker(self.user, project_id)
        return Response(DraftOut(draft_of(lease_id, self.user) or NO_DRAFT).data)

    @describe(request=DraftIn, responses=DraftSavedOut)
    def put(self, request: Request, project_id: uuid.UUID, lease_id: uuid.UUID) -> Response:
        project_for_worker(self.user, project_id)
        body = self.checked(DraftIn)
        draft = save_draft(
            worker=self.user, lease_id=lease_id, content=body["content"], revision=body["revision"]
        )
        return Response(DraftSavedOut(draft).data)
