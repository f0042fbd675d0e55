"""Takes uploaded files straight to their disk, hashed and capped while they come, instead of through memory and /tmp.

A view that uses it decides who may send before a byte is read, and drops what nobody claimed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from annotation.services.import_files import Incoming, Stored
from byhand.errors import DomainError

MOST_FILES = 3


class IncomingFile(UploadedFile):  # type: ignore[type-arg]
    """What a form sees of a file that lies on the disk already."""

    stored: Stored


class ToDisk(FileUploadHandler):
    """Writes each file of a request by `Incoming`. What is refused is read to its end and kept nowhere."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self.refused: DomainError | None = None
        self.kept: list[Stored] = []
        self._incoming: Incoming | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._incoming = None
        if len(self.kept) < MOST_FILES and self.refused is None:
            try:
                self._incoming = Incoming()
            except DomainError as error:
                self.refused = error

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self._incoming is None:
            raise SkipFile
        try:
            self._incoming.write(raw_data)
        except DomainError as error:
            self.refused, self._incoming = error, None
            raise SkipFile from error

    def file_complete(self, file_size: int) -> IncomingFile | None:
        if self._incoming is None:
            return None
        stored, self._incoming = self._incoming.finish(), None
        self.kept.append(stored)
        file = IncomingFile(file=None, name=self.file_name, size=stored.size)
        file.stored = stored
        return file

    def upload_interrupted(self) -> None:
        if self._incoming is not None:
            self._incoming.drop()


def takes_files(
    allowed: Callable[..., Any],
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Let a view take files to disk. `allowed(request, **names)` raises before a byte of the body is read."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        protected = csrf_protect(view)

        @csrf_exempt  # the token is in the body: checked by `protected`, once the handler is in place
        @wraps(view)
        def take(request: HttpRequest, **names: Any) -> HttpResponse:
            allowed(request, **names)
            handler = ToDisk(request)
            request.upload_handlers = [handler]
            try:
                return protected(request, **names)
            finally:
                for stored in handler.kept:
                    stored.drop()

        return take

    return decorate


def refusal(request: HttpRequest) -> DomainError | None:
    """Return why a file of this request was not taken."""
    request.FILES  # noqa: B018  reads the body
    return next(
        (one.refused for one in request.upload_handlers if isinstance(one, ToDisk) and one.refused), None
    )
