"""Every API error as problem+json, and what serializers say as lines that name the field, however deep it lies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from byhand.errors import DomainError, problem, problem_body

MEDIA_TYPE = "application/problem+json"


def api_exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Render every API error as problem+json; None leaves what nobody foresaw to the 500 page."""
    if isinstance(exc, DomainError):
        return Response(problem(exc), status=exc.status, content_type=MEDIA_TYPE)
    response = exception_handler(exc, context)
    if response is None:
        return None
    code = exc.default_code if isinstance(exc, exceptions.APIException) else _CODES[response.status_code]
    said = response.data.get("detail") if isinstance(response.data, dict) else None
    problems = {} if said else {"problems": named_problems(response.data)}
    detail = str(said or "The request can't be used.")
    response.data = problem_body(code, response.status_code, detail, **problems)
    response.content_type = MEDIA_TYPE
    return response


_CODES = {403: "not_allowed", 404: "not_found"}  # Django's own PermissionDenied and Http404


def named_problems(errors: Any, path: str = "") -> list[str]:
    """Return one line per field, such as `better[2][0]: A valid integer is required.`"""
    if isinstance(errors, Mapping):
        lines = []
        for name, inner in errors.items():
            at = "" if name == "non_field_errors" else f"[{name}]" if isinstance(name, int) else f".{name}"
            lines += named_problems(inner, (path + at).lstrip("."))
        return lines
    if isinstance(errors, list) and any(isinstance(one, Mapping | list) for one in errors):
        return [
            line
            for index, inner in enumerate(errors)
            if inner
            for line in named_problems(inner, f"{path}[{index}]")
        ]
    texts = errors if isinstance(errors, list) else [errors]
    said = " ".join(map(str, texts))
    return [f"{path}: {said}" if path else said]
