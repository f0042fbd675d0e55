"""The refusals of this package."""

from __future__ import annotations

from byhand.errors import DomainError


class NotYet(DomainError):
    """The copy is still being made."""

    code = "bundle_not_ready"


class BundleGone(DomainError):
    """The copy was kept for its time; ask for a new one."""

    code = "bundle_gone"
    status = 410


class ErasureRuns(DomainError):
    """The erasure has begun and can't be called back any more."""

    code = "erasure_runs"
