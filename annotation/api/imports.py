"""The API of imports: send a file, say where it comes from and how it is read, start, follow, cancel."""

from __future__ import annotations

import uuid
from urllib.parse import unquote

from django.http import HttpRequest
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from annotation.api import import_shapes as shapes
from annotation.models import Project, Upload
from annotation.selectors.imports import first_problems, sources_of, upload_for, uploads_of
from annotation.selectors.projects import project_for_engineer
from annotation.services import imports, uploads
from annotation.services.import_files import BLOCK, Stored, store
from annotation.views.incoming import ToDisk
from byhand.errors import Invalid
from byhand.rest.parsing import StrictJson
from byhand.rest.schema import describe, page_of
from byhand.rest.views import ApiView

READ, WRITE = "imports:read", "imports:write"


class RawBytes(BaseParser):
    """The bytes of the file itself. They are never parsed: the view reads them as they come."""

    media_type = "application/octet-stream"


class ImportView(ApiView):
    """A view of one project's imports, which do not exist for who is no engineer of its organisation."""

    def project(self, project_id: uuid.UUID) -> Project:
        return project_for_engineer(self.user, project_id)

    def upload(self, project_id: uuid.UUID, upload_id: uuid.UUID) -> Upload:
        return upload_for(self.project(project_id), upload_id)

    def shown(self, upload: Upload, status: int = 200) -> Response:
        fresh = upload_for(upload.project, upload.pk)
        return Response(shapes.ImportOut(fresh).data, status=status)


class Imports(ImportView):
    scopes = {"GET": READ, "POST": WRITE}
    paged = True
    parser_classes = [MultiPartParser, RawBytes]

    def initialize_request(self, request: HttpRequest, *args: object, **kwargs: object) -> Request:
        self.handler = ToDisk(request)
        request.upload_handlers = [self.handler]
        return super().initialize_request(request, *args, **kwargs)

    @describe(responses=page_of(shapes.ImportOut))
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        """The project's imports, newest first, finished or not."""
        return self.page(uploads_of(self.project(project_id)), shapes.ImportOut)

    @describe(
        request={"multipart/form-data": shapes.FileIn, "application/octet-stream": bytes},
        responses={201: shapes.ImportOut},
    )
    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        """Send a file. Nothing is imported before its source is known and its import is started."""
        project = self.project(project_id)
        try:
            name, stored = self._received(request)
            upload = uploads.begin_upload(actor=self.user, project=project, filename=name, stored=stored)
        finally:
            for left in self.handler.kept:
                left.drop()
        return self.shown(upload, status=201)

    def _received(self, request: Request) -> tuple[str, Stored]:
        if (request.content_type or "").startswith("application/octet-stream"):
            name = unquote(request.headers.get("X-Filename", ""))
            if not name:
                raise Invalid("The file has no name.", ["X-Filename: name the file in this header."])
            return name, store(iter(lambda: request._request.read(BLOCK), b""))
        file = request.FILES.get("file")
        if self.handler.refused:
            raise self.handler.refused
        if file is None:
            raise Invalid("The request has no file.", ["file: required."])
        return file.name or "file", file.stored


class ImportDetail(ImportView):
    scopes = {"GET": READ}

    @describe(responses=shapes.ImportOut)
    def get(self, request: Request, project_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
        return self.shown(self.upload(project_id, upload_id))


class ImportSource(ImportView):
    scopes = {"POST": WRITE}
    parser_classes = [StrictJson]

    @describe(request=shapes.SourceIn, responses=shapes.ImportOut)
    def post(self, request: Request, project_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
        """Say where the file's texts come from, once. Without consent a reason is needed."""
        upload = self.upload(project_id, upload_id)
        body = self.checked(shapes.SourceIn)
        return self.shown(uploads.answer_source(actor=self.user, upload=upload, answers=shapes.answers(body)))


class ImportReading(ImportView):
    scopes = {"PUT": WRITE}

    @describe(request=shapes.ReadingIn, responses=shapes.ImportOut)
    def put(self, request: Request, project_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
        """Say how the file is read, until its import begins."""
        upload = self.upload(project_id, upload_id)
        body = self.checked(shapes.ReadingIn)
        return self.shown(uploads.set_reading(actor=self.user, upload=upload, reading=shapes.reading(body)))


class ImportPreview(ImportView):
    scopes = {"GET": READ}

    @describe(responses=shapes.PreviewOut)
    def get(self, request: Request, project_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
        """The first rows as they would be read, and how many of the first 500 are bad."""
        return Response(shapes.PreviewOut(uploads.preview(self.upload(project_id, upload_id))).data)


class ImportStart(ImportView):
    scopes = {"POST": WRITE}

    @describe(request=None, responses=shapes.ImportOut)
    def post(self, request: Request, project_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
        """Begin. Again, or while it runs: changes nothing."""
        return self.shown(imports.start_import(actor=self.user, upload=self.upload(project_id, upload_id)))


class ImportResume(ImportView):
    scopes = {"POST": WRITE}

    @describe(request=None, responses=shapes.ImportOut)
    def post(self, request: Request, project_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
        """Go on with an import whose job ended before it did."""
        return self.shown(imports.resume_import(actor=self.user, upload=self.upload(project_id, upload_id)))


class ImportCancel(ImportView):
    scopes = {"POST": WRITE}

    @describe(request=None, responses=shapes.ImportOut)
    def post(self, request: Request, project_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
        """Stop, and remove all that it brought; refused once its rows are seen."""
        return self.shown(imports.cancel_import(actor=self.user, upload=self.upload(project_id, upload_id)))


class ImportProblems(ImportView):
    scopes = {"GET": READ}

    @describe(responses=shapes.ProblemsOut)
    def get(self, request: Request, project_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
        """How many rows are bad, and the first 100 of them. The page of the import has the list of all."""
        upload = self.upload(project_id, upload_id)
        first = [
            {"line": line, "field": field, "reason": reason} for line, field, reason in first_problems(upload)
        ]
        return Response(shapes.ProblemsOut({"count": upload.counts.get("bad", 0), "first": first}).data)


class Sources(ImportView):
    scopes = {"GET": READ}
    paged = True

    @describe(responses=page_of(shapes.SourceOut))
    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        """The project's source register, newest first."""
        return self.page(sources_of(self.project(project_id)), shapes.SourceOut)
