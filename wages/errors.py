"""The refusals of wages. Each has a stable code; the message says what to do."""

from __future__ import annotations

from byhand.errors import DomainError, Invalid


class NotPublishable(Invalid):
    """The project may not be published yet; `problems` lists every reason with its figures."""

    code = "not_publishable"
    status = 409


class NoRateInForce(DomainError):
    """Nobody can be asked to work before there is a rate for it."""

    code = "no_rate_in_force"


class KeyReused(DomainError):
    """The same idempotency key came with another content."""

    code = "key_reused"


class RateOverlaps(DomainError):
    code = "rate_overlaps"


class SecondStewardNeeded(DomainError):
    """Whoever recorded a deposit, or made a batch, can't approve it."""

    code = "second_steward_needed"
    status = 403


class SimulatedMix(DomainError):
    """Simulated and real people, projects and money never touch."""

    code = "simulated_mix"


class NothingToClose(DomainError):
    """No period has ended and none may be closed early."""

    code = "nothing_to_close"


class BadClockToken(DomainError):
    """The clock token is missing, forged or too old; reload the page to get a new one."""

    code = "bad_clock_token"
    status = 403


class NotAnswerable(DomainError):
    """The gap was answered already, or is no gap."""

    code = "not_answerable"


class ClockStopped(DomainError):
    """There is no open session to take a break in."""

    code = "clock_stopped"


class NotReversible(DomainError):
    code = "not_reversible"


class LedgerMismatch(DomainError):
    """Two records of the same money differ. Nothing is closed on top of that; run verify_ledger."""

    code = "ledger_mismatch"
    status = 500


class NothingToPay(Invalid):
    """Nobody in the project has pay that can be sent now; `problems` says of each why not."""

    code = "nothing_to_pay"
    status = 409


class BatchDecided(DomainError):
    """The batch was approved or cancelled already; neither is taken back."""

    code = "batch_decided"


class BatchWaits(DomainError):
    """A project has one batch at a time that waits for approval."""

    code = "batch_waits"


class StaleBatch(Invalid):
    """What would be paid is not what the batch says any more; cancel it and make a new one. Nothing was posted."""

    code = "stale_batch"
    status = 409


class FileGone(DomainError):
    """The payout file can't be made again, since an identity in it was erased or differs."""

    code = "file_gone"
    status = 410


class SettlementRefused(Invalid):
    """A settlement file is taken in whole or not at all; `problems` lists every bad cell by line and field."""

    code = "settlement_refused"


class TimeTaken(DomainError):
    """The stretch overlaps time that is paid, runs now, or is claimed already; the message names it."""

    code = "time_taken"


class CaseSettled(DomainError):
    """The case has its decision, or the time for this act is over."""

    code = "case_settled"


class NoticeRuns(DomainError):
    """A proposed cut waits for its notice, or for the decision on an objection."""

    code = "notice_runs"


class DeciderBarred(DomainError):
    """Nobody decides about their own pay, a rate they set, or an act of their own."""

    code = "decider_barred"
    status = 403


class TooMuchToRefund(DomainError):
    """A refund leaves what is owed, and what running work may still cost, in the reservation."""

    code = "too_much_to_refund"
