"""What webhooks refuse, each with its stable code."""

from __future__ import annotations

from byhand.errors import DomainError, Invalid, NotFound


class BadEndpoint(Invalid):
    code = "bad_endpoint"


class NoSuchEndpoint(NotFound):
    code = "no_such_endpoint"


class NotDeliverable(DomainError):
    """The endpoint is paused or removed; nothing is sent to it."""

    code = "endpoint_paused"


class Unreachable(Exception):
    """No answer came; the message is for the delivery's page and holds no inner address."""
