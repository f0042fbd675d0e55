"""Refusals of annotation. Each has a stable code and says what the person can do."""

from __future__ import annotations

from byhand.errors import DomainError, Invalid, NotAllowed


class InvalidProject(Invalid):
    code = "invalid_project"


class BadImport(Invalid):
    """A prompts file that can't be used; `problems` lists the bad lines and nothing was imported."""

    code = "bad_import"


class BadSource(Invalid):
    """Answers about a source that are missing or can't be; nothing was written."""

    code = "bad_source"


class NoRoom(DomainError):
    code = "no_room"
    status = 507


class ImportRunning(DomainError):
    """Another import of the same project moves; one at a time, so that it sees no unfinished rows."""

    code = "import_running"


class AlreadyImported(DomainError):
    code = "already_imported"


class TooLateToCancel(DomainError):
    code = "too_late_to_cancel"


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


class NoOffer(DomainError):
    """Nothing is offered to this person now: a cap, a target that is reached, a pilot that is complete.

    `reason` is stable; `possible_at` (ISO 8601, or null) says from when on an offer is possible again.
    """

    code = "no_offer"


class BallotFrozen(DomainError):
    code = "ballot_frozen"


class BallotWithdrawn(DomainError):
    """Its author has taken the ranking back; it is in no later dataset and can't be changed."""

    code = "ballot_withdrawn"


class LeaseEnded(DomainError):
    code = "lease_ended"


class ClockStopped(DomainError):
    code = "clock_stopped"


class KeyReused(DomainError):
    code = "key_reused"


class AlreadyAnswered(DomainError):
    code = "already_answered"


class StaleDraft(DomainError):
    """Another tab or device saved a newer draft; `content` and `revision` are its."""

    code = "stale_draft"


class GoldTaken(DomainError):
    code = "gold_taken"


class WarningChanged(DomainError):
    """The content warning is another one than the page showed."""

    code = "warning_changed"


class SettingBound(Invalid):
    """A setting that binds what was collected already; `problems` says which and why."""

    code = "setting_bound"
    status = 409


class ExportNotReady(DomainError):
    code = "export_not_ready"


class ExportGone(DomainError):
    """The files are gone; the record of the export is not."""

    code = "export_gone"
    status = 410


class NotReviewer(NotAllowed):
    code = "not_reviewer"


class InvalidDecision(Invalid):
    """A review that can't be decided as it was sent; nothing was stored."""

    code = "invalid_decision"


class ReviewEnded(DomainError):
    """The item is not this reviewer's any more: somebody else has it, or has decided it."""

    code = "review_ended"


class RemovalStands(DomainError):
    """A proposal about this person stands already."""

    code = "removal_stands"


class NotDecidable(DomainError):
    """There is nothing to decide here, or it was decided already."""

    code = "not_decidable"
