"""Domain errors and how they are shown. Every refusal has a stable code; services raise, this module renders.

Packages raise subclasses of `DomainError`; nothing else knows how an error becomes a page or a
problem+json body (RFC 9457).
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader

from byhand import request_ids


class DomainError(Exception):
    """A refusal that a person can act on. `code` is stable; the message says what to do."""

    code = "refused"
    status = 409

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class NotAllowed(DomainError):
    code = "not_allowed"
    status = 403


class NotFound(DomainError):
    code = "not_found"
    status = 404


class Invalid(DomainError):
    """Input that can't be used. `problems` lists each one with its field or line."""

    code = "invalid"
    status = 422

    def __init__(self, message: str, problems: list[str] | None = None, **details: Any) -> None:
        super().__init__(message, problems=problems or [], **details)
        self.problems = problems or []


def problem(error: DomainError) -> dict[str, Any]:
    """Return the RFC 9457 body of an error."""
    return problem_body(error.code, error.status, error.message, **error.details)


def problem_body(code: str, status: int, detail: str, **more: Any) -> dict[str, Any]:
    """Return a problem+json body. `request_id` leads to our log lines about this request."""
    body = {"type": f"/problems/{code}", "title": code, "status": status, "code": code, "detail": detail}
    return {**body, "request_id": request_ids.current(), **more}


def wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or "application/json" in request.headers.get("Accept", "")


def render_error(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Show a refusal: JSON where the client asked for it, else a page in plain words."""
    if wants_json(request):
        return JsonResponse(problem(error), status=error.status, content_type="application/problem+json")
    return render(request, "errors/refused.html", {"error": error}, status=error.status)


_PLAIN = {
    400: ("bad_request", "The request can't be read."),
    403: ("not_allowed", "Not allowed."),
    404: ("not_found", "There is nothing at this address."),
    500: ("internal", "Something broke on our side."),
}


_FORM_TOO_OLD = ("form_too_old", "You signed in or out since this page was opened. Load it again.")


def _plain(
    request: HttpRequest, status: int, template: str = "", said: tuple[str, str] | None = None
) -> HttpResponse:
    if wants_json(request):
        code, detail = said or _PLAIN[status]
        body = problem_body(code, status, detail)
        return JsonResponse(body, status=status, content_type="application/problem+json")
    return render(request, template or f"errors/{status}.html", status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _plain(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _plain(request, 403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _plain(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer without the database and without a context processor: either may be what broke."""
    if wants_json(request):
        return _plain(request, 500)
    return HttpResponse(loader.render_to_string("errors/500.html"), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _plain(request, 403, "errors/csrf.html", _FORM_TOO_OLD)
