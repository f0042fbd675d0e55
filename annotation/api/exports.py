"""The API of exports: what there is, asking for one, following it, fetching its files in parts.

A token needs `exports:read` for the public class and `exports:internal` for what is internal.
"""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.exports.catalogue import FORMATS
from annotation.exports.options import ADJUDICATED, CLASSES, EXTRAS, SPLIT_RULES
from annotation.formats.pairs import MARGINS, POLICIES
from annotation.formats.writers.label_studio import SHAPES
from annotation.formats.writers.pairwise import MARKERS
from annotation.models import Export
from annotation.selectors.exports import (
    OPEN_FOR,
    export_for_engineer,
    exports_of,
    file_to_send,
    files,
    result_of,
)
from annotation.selectors.projects import project_for_engineer
from annotation.services.exports import allow_download, begin_export
from byhand import ranged
from byhand.jobs.services import request_cancel
from byhand.rest.authentication import Bearer
from byhand.rest.errors import ScopeMissing
from byhand.rest.schema import describe, page_of
from byhand.rest.views import ApiView

Shape = serializers.Serializer[Any]
INTERNAL = "exports:internal"


class ExportIn(Shape):
    """Options that a format has no use for are refused by their name, unless they are left out."""

    key = serializers.CharField(min_length=8, max_length=64, help_text="the same key is the same export")
    format = serializers.ChoiceField(choices=list(FORMATS))
    seed = serializers.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1, help_text="salt of the split"
    )
    splits = serializers.ChoiceField(choices=list(SPLIT_RULES), required=False)
    include = serializers.ListField(child=serializers.ChoiceField(choices=list(EXTRAS)), required=False)
    adjudicated = serializers.ChoiceField(choices=list(ADJUDICATED), required=False)
    outside = serializers.BooleanField(required=False, help_text="labels made elsewhere, marked as such")
    free_text_reason = serializers.CharField(
        required=False, allow_blank=True, max_length=300,
        help_text="why notes and flags go into a public release; blank: they don't",
    )  # fmt: skip
    pairs = serializers.ChoiceField(choices=list(POLICIES), required=False)
    margin = serializers.ChoiceField(choices=list(MARGINS), required=False)
    shape = serializers.ChoiceField(choices=list(SHAPES), required=False)
    markers = serializers.ChoiceField(choices=list(MARKERS), required=False)

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        fields["class"] = serializers.ChoiceField(choices=list(CLASSES))
        return fields


class ExportFileOut(Shape):
    name = serializers.CharField()
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField(allow_blank=True, help_text="blank for the file that holds all others")


class ExportOut(Shape):
    id = serializers.UUIDField()
    project = serializers.UUIDField(source="project_id")
    format = serializers.CharField(source="file_format")
    simulated = serializers.BooleanField()
    options = serializers.JSONField()
    state = serializers.CharField(help_text="queued, running, succeeded, failed or cancelled")
    done = serializers.IntegerField(source="job.done", help_text="ballots written so far")
    total = serializers.IntegerField(source="job.total")
    error = serializers.CharField(source="job.error", allow_blank=True)
    created_at = serializers.DateTimeField()

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        fields["class"] = serializers.CharField(source="export_class")
        return fields


class ExportDetailOut(ExportOut):
    manifest = serializers.JSONField(allow_null=True)
    manifest_sha256 = serializers.CharField(allow_null=True)
    kept_until = serializers.DateTimeField(allow_null=True)
    files = ExportFileOut(many=True)


class DownloadIn(Shape):
    file = serializers.CharField(max_length=200)


class DownloadOut(Shape):
    id = serializers.UUIDField()
    file = serializers.CharField()
    url = serializers.URLField()
    expires_at = serializers.DateTimeField()


def _require(view: ApiView, export_class: str) -> None:
    """Raise ScopeMissing where a token may not see exports of this class."""
    token = cast(Bearer | None, view.request.auth)
    if token is not None and export_class == "internal" and INTERNAL not in token.scopes:
        raise ScopeMissing(f"This token lacks the scope {INTERNAL}.", scope=INTERNAL)


def _found(view: ApiView, export_id: uuid.UUID) -> Export:
    export = export_for_engineer(view.user, export_id)
    _require(view, export.export_class)
    return export


def _detail(export: Export, status: int = 200) -> Response:
    result = result_of(export)
    shown: Any = export
    shown.manifest = result and result.manifest
    shown.manifest_sha256 = result and result.manifest_sha256
    shown.kept_until = result and result.kept_until
    shown.files = files(result) if result else []
    return Response(ExportDetailOut(shown).data, status=status)


class ProjectExports(ApiView):
    scopes = {"GET": "exports:read", "POST": "exports:read"}
    paged = True

    @describe(responses=page_of(ExportOut))
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        """List the exports of a project. A token without `exports:internal` sees the public ones."""
        found = exports_of(self.user, project_for_engineer(self.user, project_id).pk)
        token = cast(Bearer | None, request.auth)
        if token is not None and INTERNAL not in token.scopes:
            found = found.filter(export_class="public")
        return self.page(found, ExportOut)

    @describe(request=ExportIn, responses={202: ExportDetailOut})
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        """Ask for an export. The answer comes at once; the files come when the job is done."""
        project = project_for_engineer(self.user, project_id)
        body = self.checked(ExportIn)
        _require(self, body["class"])
        key = body.pop("key")
        return _detail(begin_export(actor=self.user, project=project, body=body, key=key), status=202)


class ExportDetail(ApiView):
    scopes = {"GET": "exports:read"}

    @describe(responses=ExportDetailOut)
    def get(self, request: Request, export_id: uuid.UUID) -> Response:
        return _detail(_found(self, export_id))


class CancelExport(ApiView):
    scopes = {"POST": "exports:read"}

    @describe(request=None, responses=ExportDetailOut)
    def post(self, request: Request, export_id: uuid.UUID) -> Response:
        """Stop an export at its next safe point. One that has ended stays as it is."""
        export = _found(self, export_id)
        request_cancel(actor=self.user, job=export.job)
        return _detail(_found(self, export_id))


class Downloads(ApiView):
    scopes = {"POST": "exports:read"}

    @describe(request=DownloadIn, responses={201: DownloadOut})
    def post(self, request: Request, export_id: uuid.UUID) -> Response:
        """Record that you fetch a file; the address in the answer gives it to you for a day, also in parts."""
        _found(self, export_id)
        made = allow_download(actor=self.user, export_id=export_id, filename=self.checked(DownloadIn)["file"])
        url = request.build_absolute_uri(reverse("api-export-file", args=[made.pk]))
        answer = {
            "id": made.pk,
            "file": made.filename,
            "url": url,
            "expires_at": made.created_at + OPEN_FOR,
        }
        return Response(DownloadOut(answer).data, status=201)


class DownloadFile(ApiView):
    scopes = {"GET": "exports:read"}

    @describe(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, download_id: uuid.UUID) -> HttpResponseBase:
        """Fetch a file that you asked for. `Range` gives a part of it."""
        path, allowed = file_to_send(self.user, download_id)
        _require(self, allowed.export.export_class)
        return send_file(request._request, path, allowed)


def send_file(request: HttpRequest, path: Any, allowed: Any) -> HttpResponseBase:
    """Send the file under a name that says which export it is of."""
    digest = allowed.export.result.manifest_sha256
    name = f"{digest[:12]}-{allowed.filename.replace('/', '-')}"
    return ranged.send(request, path, name=name, etag=f'"{digest}-{allowed.filename}"')
