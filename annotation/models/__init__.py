"""Tables of annotation: projects and their texts, prompts and completions, leases and ballots.

Knows nothing of money: what a lease was worth is in `wages`, under the work id `rank:<lease id>`.
"""

from annotation.models.assignment import QueuePlace
from annotation.models.drafts import Draft
from annotation.models.exports import Export, ExportClass, ExportDownload, ExportFormat, ExportResult
from annotation.models.freezing import FrozenBallot
from annotation.models.projects import (
    Acceptance,
    Document,
    DocumentKind,
    Participation,
    Project,
    ProjectState,
)
from annotation.models.prompts import (
    Completion,
    Generation,
    GoldAnswer,
    Item,
    ItemRole,
    Prompt,
    WorkKind,
)
from annotation.models.quality import AnnotatorQuality, ItemQuality, QualitySnapshot
from annotation.models.removals import Removal, RemovalStep, RemovalWords
from annotation.models.reviews import (
    Adjudication,
    AdjudicationReason,
    Decision,
    Review,
    Reviewer,
    ReviewRequest,
    ReviewState,
)
from annotation.models.setup import (
    QualificationAnswer,
    QualificationResult,
    SettingChange,
    StateChange,
    TimeEstimate,
    WarningAcceptance,
)
from annotation.models.sources import (
    BadRows,
    Compensated,
    Consent,
    OutsideLabel,
    PersonalData,
    PromptImport,
    Source,
    SourceEvidence,
    Upload,
    UploadState,
)
from annotation.models.withdrawals import Withdrawal, WithdrawnBallot
from annotation.models.work import Ballot, BallotNote, CurrentBallot, Lease, LeaseState, Skip, SkipReason

__all__ = [
    "Acceptance",
    "Adjudication",
    "AdjudicationReason",
    "AnnotatorQuality",
    "BadRows",
    "Ballot",
    "BallotNote",
    "Compensated",
    "Completion",
    "Consent",
    "CurrentBallot",
    "Decision",
    "Document",
    "DocumentKind",
    "Draft",
    "Export",
    "ExportClass",
    "ExportDownload",
    "ExportFormat",
    "ExportResult",
    "FrozenBallot",
    "Generation",
    "GoldAnswer",
    "Item",
    "ItemQuality",
    "ItemRole",
    "Lease",
    "LeaseState",
    "OutsideLabel",
    "Participation",
    "PersonalData",
    "Project",
    "ProjectState",
    "Prompt",
    "PromptImport",
    "QualificationAnswer",
    "QualificationResult",
    "QualitySnapshot",
    "QueuePlace",
    "Removal",
    "RemovalStep",
    "RemovalWords",
    "Review",
    "ReviewRequest",
    "ReviewState",
    "Reviewer",
    "SettingChange",
    "Skip",
    "SkipReason",
    "Source",
    "SourceEvidence",
    "StateChange",
    "TimeEstimate",
    "Upload",
    "UploadState",
    "WarningAcceptance",
    "Withdrawal",
    "WithdrawnBallot",
    "WorkKind",
]
