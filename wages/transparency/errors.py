"""What the log refuses."""

from __future__ import annotations

from byhand.errors import DomainError, Invalid, NotFound


class EntryTooLarge(Invalid):
    code = "log_entry_too_large"


class LogRefuses(DomainError):
    """The rows contradict what the log has published; signing would be a lie."""

    code = "log_refuses_to_sign"


class NotInLog(NotFound):
    code = "not_in_log"
