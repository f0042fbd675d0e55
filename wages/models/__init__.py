"""The tables of wages. Rules that must always hold are constraints and triggers, see the migrations."""

from wages.models.cases import (
    Case,
    CaseDecision,
    CaseEvent,
    CaseKind,
    CaseOutcome,
    CaseRemedy,
    CaseWords,
)
from wages.models.clock import Beat, Interval, WorkerClock
from wages.models.closing import DraftLeaf, PeriodClose
from wages.models.hours import WorkedHour
from wages.models.ledger import AccountKind, Entry, EntryKind, LedgerAccount, Posting
from wages.models.payouts import PayoutAccount, PayoutBatch, PayoutIdentity, PayoutLine, PayoutMethod
from wages.models.periods import Accrual, LeafName, Period, SliceLeaf
from wages.models.places import WorkPlace
from wages.models.pools import Intermediary, Pool, PoolMember, PoolVersion
from wages.models.projects import Basis, Deposit, PaidProject, Payer, RateCard, Relation
from wages.models.refunds import Refund
from wages.models.releases import GapQuestion, Release
from wages.models.retiring import LegalHold, RetiredPeriod
from wages.models.settlements import (
    Outcome,
    PayoutReceipt,
    Settlement,
    SettlementEvidence,
    SettlementFile,
    UnmatchedSettlement,
)
from wages.models.statements import Statement, StatementAnswer
from wages.models.terms import PayTerms

__all__ = [
    "AccountKind",
    "Accrual",
    "Basis",
    "Beat",
    "Case",
    "CaseDecision",
    "CaseEvent",
    "CaseKind",
    "CaseOutcome",
    "CaseRemedy",
    "CaseWords",
    "Deposit",
    "DraftLeaf",
    "Entry",
    "EntryKind",
    "GapQuestion",
    "Intermediary",
    "Interval",
    "LeafName",
    "LedgerAccount",
    "LegalHold",
    "Outcome",
    "PaidProject",
    "PayTerms",
    "Payer",
    "PayoutAccount",
    "PayoutBatch",
    "PayoutIdentity",
    "PayoutLine",
    "PayoutMethod",
    "PayoutReceipt",
    "Period",
    "PeriodClose",
    "Pool",
    "PoolMember",
    "PoolVersion",
    "Posting",
    "RateCard",
    "Refund",
    "Relation",
    "Release",
    "RetiredPeriod",
    "Settlement",
    "SettlementEvidence",
    "SettlementFile",
    "SliceLeaf",
    "Statement",
    "StatementAnswer",
    "UnmatchedSettlement",
    "WorkPlace",
    "WorkedHour",
    "WorkerClock",
]
