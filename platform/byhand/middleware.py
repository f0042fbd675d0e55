"""Middleware of our own: what every answer needs and no view should have to remember."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers

from byhand.errors import DomainError, render_error

Handler = Callable[[HttpRequest], HttpResponse]


# Where annotators read; every other page is in English whatever the browser asks for.
TRANSLATED = (
    "/work/",
    "/accounts/",
    "/invitation/",
    "/earnings/",
    "/statements/",
    "/cases/",
    "/timeline/",
    "/monitoring/",
    "/my-data/",
    "/clock/",
    "/inbox/",
    "/profile/",
    "/api/v1/work/",
)


def is_translated(request: HttpRequest) -> bool:
    return request.path_info.startswith(TRANSLATED)


class Language(LocaleMiddleware):
    """The reader's language on annotators' pages, English on all others.

    A page half in English and half in another language would be read out wrongly by a screen reader, and the
    public record has to be the same bytes for everybody.
    """

    def process_request(self, request: HttpRequest) -> None:
        if self._is_translated(request):
            super().process_request(request)
        else:
            translation.activate("en")

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return super().process_response(request, response) if self._is_translated(request) else response

    def _is_translated(self, request: HttpRequest) -> bool:
        return request.path_info == "/" or is_translated(request)


class SignInRequired(LoginRequiredMiddleware):
    """Every view asks who it is unless it is marked `login_not_required`.

    Django's own looks at the session even for those; here the public record is the same bytes for everybody,
    with no query and nothing that keeps a cache from holding it.
    """

    def process_view(self, request: HttpRequest, view_func: Any, *args: Any) -> Any:
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, *args)


class NoStoreWhenSignedIn:
    """A signed-in page is never kept by a browser or proxy: the next user of a shared computer sees nothing.

    An answer for which nobody looked at the session is the same for everybody and stays cacheable; for it,
    the session is not read here either.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.session.accessed:
            return response
        patch_vary_headers(response, ["Cookie"])
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store" if request.user.is_authenticated else "no-cache"
        return response


class DomainErrors:
    """Turns a DomainError that a view let through into its page or its problem+json."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return render_error(request, exception) if isinstance(exception, DomainError) else None
