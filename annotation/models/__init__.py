"""Tables of annotation: projects and their texts, prompts and completions, leases and ballots.

Knows nothing of money: what a lease was worth is in `wages`, under the work id `rank:<lease id>`.
"""

from annotation.models.projects import (
    Acceptance,
    Document,
    DocumentKind,
    Participation,
    Project,
    ProjectState,
)
from annotation.models.prompts import Completion, Generation, Item, Prompt, PromptImport, WorkKind
from annotation.models.work import Ballot, BallotNote, CurrentBallot, Lease, LeaseState, Skip, SkipReason

__all__ = [
    "Acceptance",
    "Ballot",
    "BallotNote",
    "Completion",
    "CurrentBallot",
    "Document",
    "DocumentKind",
    "Generation",
    "Item",
    "Lease",
    "LeaseState",
    "Participation",
    "Project",
    "ProjectState",
    "Prompt",
    "PromptImport",
    "Skip",
    "SkipReason",
    "WorkKind",
]
