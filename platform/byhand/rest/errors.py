"""What the API refuses before any service is asked, each with its stable code."""

from __future__ import annotations

from byhand.errors import DomainError, Invalid, NotAllowed


class BadQuery(Invalid):
    """The part of the address after `?` holds what this address does not know, or can't use."""

    code = "bad_query"
    status = 400


class ScopeMissing(NotAllowed):
    """The token was not given the scope that this act needs."""

    code = "scope_missing"


class SessionNeeded(NotAllowed):
    """No token may do this, whatever its scopes: the person must be signed in."""

    code = "session_needed"


class ChangedMeanwhile(DomainError):
    """If-Match names another state than the one that is there."""

    code = "changed_meanwhile"
    status = 412


class TooManyFailures(DomainError):
    code = "too_many_failures"
    status = 429
