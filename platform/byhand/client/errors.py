"""What the site refuses, as exceptions. `code` is stable; `problems` names each field; `request_id` is for support."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """The site refused, or broke. Subclasses say how; catch this one for all of them."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(body.get("code", "unknown"))
        self.detail = str(body.get("detail", f"The site answered {status}."))
        self.problems = [str(one) for one in body.get("problems", [])]
        self.request_id = str(body.get("request_id", ""))
        self.body = dict(body)
        lines = [f"{self.code}: {self.detail}", *(f"  {problem}" for problem in self.problems)]
        super().__init__("\n".join(lines))


class UnknownToken(ApiError):
    """401: the token is not known, has ended, or was revoked."""


class NotAllowed(ApiError):
    """403: the token lacks a scope, or its owner the role."""


class NotFound(ApiError):
    """404: there is no such thing, or not for this token's owner."""


class Changed(ApiError):
    """412: somebody changed it since it was read. Read it again."""


class Invalid(ApiError):
    """400 or 422: `problems` names each field."""


class TooManyRequests(ApiError):
    """429, also after waiting."""


class NotReached(Exception):
    """No answer came, also after trying again."""


_OF = {
    400: Invalid,
    401: UnknownToken,
    403: NotAllowed,
    404: NotFound,
    412: Changed,
    422: Invalid,
    429: TooManyRequests,
}


def error_of(status: int, body: Any) -> ApiError:
    return _OF.get(status, ApiError)(status, body if isinstance(body, Mapping) else {})
