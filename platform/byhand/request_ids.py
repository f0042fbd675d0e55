"""One id for each request: in the answer's `X-Request-Id`, in every problem+json and in every log line.

Made here, never taken from the client: what stands in a log is ours. Imports nothing of ours.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-Id"
_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """Return the id of the request that this thread answers; blank outside of one."""
    return _current.get()


class RequestIds:
    """Gives every request its id before any other middleware runs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        mark = _current.set(secrets.token_hex(10))
        try:
            response = self.get_response(request)
            response[HEADER] = current()
            return response
        finally:
            _current.reset(mark)
