"""Strong ETags: the hash of a representation, so that the same tag always means the same bytes."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http import HttpRequest
from django.utils.http import parse_etags
from rest_framework.renderers import JSONRenderer

from byhand.rest.errors import ChangedMeanwhile


def etag_of(representation: Any) -> str:
    """Return the ETag of what a GET answers: the serialised data, before it is bytes."""
    return f'"{hashlib.sha256(JSONRenderer().render(representation)).hexdigest()[:32]}"'


def known_already(request: HttpRequest, etag: str) -> bool:
    """Whether If-None-Match says that the client has this representation. Weak comparison, as RFC 9110 asks."""
    given = parse_etags(request.headers.get("If-None-Match", ""))
    return given == ["*"] or etag in {one.removeprefix("W/") for one in given}


def require_match(request: HttpRequest, representation: Any) -> None:
    """Raise ChangedMeanwhile where If-Match names another state. Without the header nothing is asked.

    Call it with the row locked, in the transaction that writes.
    """
    given = request.headers.get("If-Match", "")
    if not given or given.strip() == "*":
        return
    if etag_of(representation) not in parse_etags(given):
        raise ChangedMeanwhile(
            "Somebody changed this since you read it. Read it again, then send your change."
        )
