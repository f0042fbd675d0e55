"""Middleware of our own: what every answer needs and no view should have to remember."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from byhand.errors import DomainError, render_error

Handler = Callable[[HttpRequest], HttpResponse]


class NoStoreWhenSignedIn:
    """A signed-in page is never kept by a browser or proxy: the next user of a shared computer sees nothing."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated and "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response


class DomainErrors:
    """Turns a DomainError that a view let through into its page or its problem+json."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return render_error(request, exception) if isinstance(exception, DomainError) else None
