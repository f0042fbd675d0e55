"""What the reports refuse."""

from __future__ import annotations

from byhand.errors import DomainError, Invalid, NotFound


class BadSubject(Invalid):
    code = "bad_report_subject"


class MixedWork(DomainError):
    """Simulated and real work, or two currencies, would have met in one total."""

    code = "mixed_work"


class NothingClosed(DomainError):
    code = "no_closed_period"


class NoSuchReport(NotFound):
    code = "no_such_report"
