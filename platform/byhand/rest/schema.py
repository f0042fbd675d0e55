"""How API views are described in the OpenAPI document: `describe`, pages, security, problems, headers.

What holds for every address is added here, so that no view can forget it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers

from byhand.rest import paging
from byhand.rest.problems import MEDIA_TYPE

View = TypeVar("View", bound=Callable[..., Any])
_CURSOR = OpenApiParameter("cursor", str, description="from `next` or `previous` of another page")
_LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": paging.MOST, "default": paging.USUAL},
    description="rows of one page",
)
_TAG = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="an ETag: 304 where nothing changed since"
)


def describe(**options: Any) -> Callable[[View], View]:
    """Say in the OpenAPI document what a view takes and gives. `extend_schema`, with the type that it has."""
    return cast(Callable[[View], View], extend_schema(**options))


def page_of(shape: type[serializers.BaseSerializer[Any]]) -> Any:
    """Return the shape of one page of `shape`, for `describe(responses=...)`."""
    return inline_serializer(
        name=f"{shape.__name__.removesuffix('Out')}Page",
        fields={
            "results": shape(many=True),
            "next": serializers.URLField(
                allow_null=True, help_text="the following page; null: this is the last"
            ),
            "previous": serializers.URLField(
                allow_null=True, help_text="the page before; null: this is the first"
            ),
        },
    )


class Schema(AutoSchema):  # type: ignore[misc]
    """Adds to each operation what its view declares: scopes, filters, pages."""

    def get_override_parameters(self) -> list[Any]:
        if self.method != "GET":
            return []
        filters = getattr(self.view, "filters", None)
        paged = [_CURSOR, _LIMIT] if getattr(self.view, "paged", False) else []
        return [*([filters] if filters else []), *paged, _TAG]

    def get_operation_id(self) -> str:
        name: str = super().get_operation_id()
        paged = self.method == "GET" and getattr(self.view, "paged", False)
        return name.removesuffix("_retrieve") + "_list" if paged else name

    def get_description(self) -> str:
        said = (
            getattr(self.view, self.method.lower()).__doc__ or type(self.view).__dict__.get("__doc__") or ""
        )
        said = inspect.cleandoc(said)
        scope = self._scope()
        asked = f"Scope of a token: `{scope}`." if scope else "Not for tokens: the person must be signed in."
        return f"{said}\n\n{asked}".strip()

    def get_auth(self) -> list[dict[str, list[str]]]:
        found: list[dict[str, list[str]]] = super().get_auth()
        return found if self._scope() else [one for one in found if BearerScheme.name not in one]

    def _scope(self) -> str | None:
        return cast("str | None", getattr(self.view, "scopes", {}).get(self.method))


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[misc]
    target_class = "byhand.rest.authentication.BearerToken"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API token, made on the page of your account. It has scopes and an end.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[misc]
    target_class = "byhand.rest.authentication.Session"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "byhand_session",
            "description": "A signed-in browser; over https the cookie is `__Host-session`. Writes carry the "
            "CSRF token in `X-CSRFToken`.",
        }


_PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; `detail` is for people; `problems` names each field.",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "request_id": {"type": "string", "description": "also in `X-Request-Id`; name it when you ask us"},
        "problems": {"type": "array", "items": {"type": "string"}},
    },
    "example": {
        "type": "/problems/bad_query", "title": "bad_query", "status": 400, "code": "bad_query",
        "detail": "The query can't be used.", "request_id": "6f1d0c9ab8e24d3a7c51",
        "problems": ["limit: a number from 1 to 200."],
    },
}  # fmt: skip
_TEXTS = {
    "400": "The query can't be used, or the body is no JSON.",
    "401": "Who asks is not known.",
    "403": "Not allowed; or the token lacks the scope.",
    "404": "There is no such thing, or not for you.",
    "409": "The state refuses it; `code` says why.",
    "412": "If-Match names another state.",
    "415": "The body has another media type than this address reads.",
    "422": "The body can't be used; `problems` names each field.",
    "429": "Too many requests.",
}
_OF_WRITES = {"409", "412", "415", "422"}


def problems_everywhere(result: dict[str, Any], **_context: Any) -> dict[str, Any]:
    """Add the problems, the ETag and the request id to every operation: a hook of drf-spectacular."""
    components = result["components"]
    components.setdefault("schemas", {})["Problem"] = _PROBLEM
    components["responses"] = {f"Problem{status}": _response(text) for status, text in _TEXTS.items()}
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            for status in _TEXTS:
                fits = "{" in path if status == "404" else method != "get" or status not in _OF_WRITES
                if fits:
                    problem = {"$ref": f"#/components/responses/Problem{status}"}
                    operation["responses"].setdefault(status, problem)
            if method == "get":
                _tagged(operation["responses"])
    return result


def _response(text: str) -> dict[str, Any]:
    return {
        "description": text,
        "headers": {"X-Request-Id": {"schema": {"type": "string"}}},
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _tagged(responses: dict[str, Any]) -> None:
    responses["304"] = {"description": "Nothing changed since the ETag that you sent."}
    if "200" in responses:
        responses["200"]["headers"] = {
            "ETag": {
                "schema": {"type": "string"},
                "description": "strong; changes with any byte of the answer",
            }
        }
