"""Refusals of annotation. Each has a stable code and says what the person can do."""

from __future__ import annotations

from byhand.errors import DomainError, Invalid, NotAllowed


class InvalidProject(Invalid):
    code = "invalid_project"


class BadImport(Invalid):
    """A prompts file that can't be used; `problems` lists the bad lines and nothing was imported."""

    code = "bad_import"


class BadCompletions(Invalid):
    code = "bad_completions"


class NotInvited(NotAllowed):
    code = "not_invited"


class SimulatedMismatch(NotAllowed):
    code = "simulated_mismatch"


class NotAccepted(DomainError):
    code = "not_accepted"


class NotOpen(DomainError):
    code = "project_not_open"


class NothingToDo(DomainError):
    code = "nothing_to_do"


class ClockStopped(DomainError):
    code = "clock_stopped"


class KeyReused(DomainError):
    code = "key_reused"


class AlreadyAnswered(DomainError):
    code = "already_answered"
