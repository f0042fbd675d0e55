"""Why a job stops before its end. `Cancelled` and `Fenced` are control flow of the worker, not refusals."""

from __future__ import annotations

from byhand.errors import DomainError, NotFound


class Cancelled(Exception):
    """Somebody asked this job to stop."""


class Fenced(Exception):
    """The lease was lost: another worker holds the job now, so nothing more may be written for it."""


class NoSuchJob(NotFound):
    code = "job_not_found"


class NoHandler(DomainError):
    code = "job_kind_unknown"
    status = 500
